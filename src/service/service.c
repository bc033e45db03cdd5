/* The table of services, from the list in meson.build; exam/ and serve look here. */
#include "service/service.h"

#define SERVICE(name) extern const struct tw_service tw_service_##name;
#include "service/services.def"
#undef SERVICE

const struct tw_service *const tw_services[] = {
#define SERVICE(name) &tw_service_##name,
#include "service/services.def"
#undef SERVICE
	NULL
};

const struct tw_service *
tw_service_by_name(const char *name)
{
	for (size_t i = 0; tw_services[i] != NULL; i++)
		if (strcmp(tw_services[i]->name, name) == 0)
			return tw_services[i];
	return NULL;
}

const struct tw_service *
tw_service_by_greeting_but(struct tw_bytes greeting, const struct tw_service *not_this)
{
	const struct tw_service *best = NULL;
	unsigned sure = 0;

	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];
		unsigned n = s->greets == NULL || s == not_this ? 0 : s->greets(greeting);

		if (n > sure) {
			sure = n;
			best = s;
		}
	}
	return best;
}

const struct tw_service *
tw_service_by_greeting(struct tw_bytes greeting)
{
	return tw_service_by_greeting_but(greeting, NULL);
}

/* The policies by name: one file a family, one row each here. See policy.h. */
#include "data/policy.h"

#include <strings.h>

const struct tw_policy *const tw_policies[] = {
	&tw_policy_tlswright_2026_11,
	&tw_policy_mozilla_6_0_intermediate,
	&tw_policy_mozilla_6_0_modern,
	NULL
};

const struct tw_policy *
tw_policy_by_name(const char *name)
{
	for (const struct tw_policy *const *p = tw_policies; *p != NULL; p++)
		if (strcasecmp((*p)->name, name) == 0 || strcasecmp((*p)->short_name, name) == 0)
			return *p;
	return NULL;
}

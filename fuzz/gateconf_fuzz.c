/*
 * The gateway's configuration, text in. It ends, it refuses or gives a whole one, what it
 * says can be shown, stands at a line that is there, and is the same the second time.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/config_inside.h"

#define NOW	INT64_C(1795000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
hold(const struct tw_config_remarks *r, unsigned lines)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct tw_config_remark *v = &r->v[i];

		struct tw_buf shown;

		assert(v->where.line >= 1 && v->where.line <= lines && v->text[0] != '\0');
		tw_buf_init(&shown, 8192);
		tw_text_escape(&shown, tw_bytes_of(v->text));
		assert(strcmp(tw_buf_cstr(&shown), v->text) == 0);	/* it was escaped already */
		tw_buf_clear(&shown);
	}
}

/* Whoever uses it takes these for granted. */
static void
whole(const struct tw_config *c)
{
	assert(c->workers >= 1 && c->workers <= 64 && c->listens_n + c->redirects_n > 0);
	for (size_t i = 0; i < c->certificates_n; i++)
		assert(c->certificates[i].chain != NULL && c->certificates[i].key != NULL);
	for (size_t i = 0; i < c->backends_n; i++)
		assert(c->backends[i].addresses_n > 0 && c->backends[i].addresses[0].size > 0);
	for (size_t i = 0; i < c->listens_n; i++) {
		const struct tw_config_listen *l = &c->listens[i];

		assert(l->port != NULL && l->backend != NULL && l->limit != NULL);
		assert(l->mode != TW_MODE_NONE && (l->mode == TW_IMPLICIT || l->service != NULL));
		assert(l->certificates_n > 0 && l->certificates[0] != NULL);
		assert(l->limit->handshake_timeout_ms > 0 && l->limit->idle_timeout_ms > 0);
		assert(l->passive_first <= l->passive_last);
		for (size_t j = 0; j < l->routes_n; j++)
			assert(l->routes[j].backend != NULL);
		for (size_t j = 0; j < l->also_n; j++)
			assert(l->also[j] != NULL && l->also[j] != l);
		assert(l->legacy == NULL || (!l->legacy->expired && l->legacy->until > NOW));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tw_config_remarks first, second;
	struct tw_config *c, *again;
	char *text = malloc(size + 1);
	unsigned lines = 1;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	c = tw_config_read("f", text, NOW, &first);
	again = tw_config_read("f", text, NOW, &second);
	hold(&first, lines);
	assert((c == NULL) == (again == NULL) && first.n == second.n);
	for (size_t i = 0; i < first.n; i++)
		assert(first.v[i].where.line == second.v[i].where.line &&
		    strcmp(first.v[i].text, second.v[i].text) == 0);
	if (c != NULL)
		whole(c);
	tw_config_free(c);
	tw_config_free(again);
	tw_config_clear_remarks(&first);
	tw_config_clear_remarks(&second);
	free(text);
	return 0;
}

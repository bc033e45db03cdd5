/*
 * Configurations: whatever a text says, it is read or refused, and judged; every contradiction
 * has a place and words, and the same text gives the same ones. The first byte chooses whose.
 */
#include <assert.h>
#include <stdio.h>

#include "conf/check.h"
#include "data/suite.h"
#include "report/contradict.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* No TLS library here: of a cipher string the names of suites count. */
static size_t
expand(const char *string, uint16_t *ret, size_t max)
{
	char word[128];
	size_t n = 0;

	while (*string != '\0' && n < max) {
		size_t length = strcspn(string, ": ,");
		const struct tw_suite *s;

		snprintf(word, sizeof(word), "%.*s", (int)(length < 127 ? length : 127), string);
		s = tw_suite_by_name(word);
		if (s != NULL && s->code <= 0xffff)
			ret[n++] = (uint16_t)s->code;
		string += length + (string[length] != '\0');
	}
	return n;
}

static size_t
judge(const char *name, struct tw_bytes text)
{
	struct tw_conf conf = { .arena = tw_arena_new() };
	struct tw_arena *a = conf.arena;
	struct tw_conf_question q = { .policy = tw_policies[0], .version = "2.4", .openssl = "3.5.4",
		.expand = expand };
	struct tw_config config = { .target = tw_target_by_name(name != NULL ? name : "nginx"),
		.policy = tw_policies[0], .version = "2.4", .openssl = "3.5.4" };
	tw_contradictions found = { 0 };
	struct tw_buf out;
	struct tw_err e;

	if (tw_conf_read(a, text, "x", name != NULL ? config.target : NULL, &conf, &e) != 0) {
		assert(e.text[0] != '\0');
		tw_arena_free(a);
		return SIZE_MAX;
	}
	for (size_t i = 0; i < conf.lines.n; i++)
		assert(conf.lines.v[i].block < conf.blocks.n && conf.lines.v[i].n > 0);
	for (size_t i = 1; i < conf.blocks.n; i++)
		assert(conf.blocks.v[i].parent < i);
	tw_check_conf(&conf, &q, &found);
	for (size_t i = 0; i < found.n; i++)
		assert(found.v[i].file != NULL && found.v[i].evidence != NULL &&
		    tw_target_by_name(found.v[i].target) != NULL &&
		    (i == 0 || found.v[i - 1].at <= found.v[i].at));
	tw_buf_init(&out, 1 << 24);
	assert(tw_contradict_text(&conf, &found, &config, &out, &e) == 0);
	for (size_t i = 0; i < out.n; i++)
		assert(out.p[i] >= ' ' || out.p[i] == '\n');
	tw_buf_clear(&out);
	tw_arena_free(a);
	return found.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *const names[] = { "nginx", "apache", "postfix", "dovecot", "haproxy", NULL };
	const char *name;

	if (n == 0 || n > 16384)
		return 0;
	name = names[p[0] % TW_COUNT(names)];
	assert(judge(name, (struct tw_bytes){ p + 1, n - 1 }) ==
	    judge(name, (struct tw_bytes){ p + 1, n - 1 }));
	return 0;
}

/*
 * Configuration: the language of templates, the table of servers, and what each server's
 * template comes to. The texts for newest versions are kept in tests/golden/config/.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>

#include "base/template.h"
#include "base/text.h"
#include "data/finding.h"
#include "data/suite.h"
#include "golden.h"
#include "report/config.h"

#define AT	INT64_C(1795478400)	/* 2026-11-24T00:00:00Z */

/* A small world: name is "www", on and off are flags, v is 2.3.1, ab is the list a, b. */
static bool
put(void *ctx, struct tw_bytes name, struct tw_buf *out)
{
	(void)ctx;
	if (!tw_bytes_equal(name, TW_BYTES("name")))
		return false;
	tw_buf_str(out, "www");
	return true;
}

static int
flag(void *ctx, struct tw_bytes name)
{
	(void)ctx;
	return tw_bytes_equal(name, TW_BYTES("on")) ? 1
	    : tw_bytes_equal(name, TW_BYTES("off")) ? 0 : -1;
}

static const char *
number(void *ctx, struct tw_bytes name)
{
	(void)ctx;
	return tw_bytes_equal(name, TW_BYTES("v")) ? "2.3.1" : NULL;
}

static int
member(void *ctx, struct tw_bytes list, size_t i, struct tw_buf *out)
{
	(void)ctx;
	if (!tw_bytes_equal(list, TW_BYTES("ab")) && !tw_bytes_equal(list, TW_BYTES("none")))
		return -1;
	if (i > 1 || tw_bytes_equal(list, TW_BYTES("none")))
		return 0;
	tw_buf_str(out, i == 0 ? "a" : "b");
	return 1;
}

static const struct tw_template_world world = { NULL, put, flag, number, member };

static void
test_language(void **state)
{
	static const struct { const char *text, *want; } rows[] = {
		{ "", "" },
		{ "a {{name}}, {{name}}\n", "a www, www\n" },
		{ "no end of line", "no end of line\n" },
		{ "@if on\n yes\n@else\n no\n@end\nafter\n", " yes\nafter\n" },
		{ "@if off\nyes\n@elif on\nelif\n@elif on\ntwo\n@else\nno\n@end\n", "elif\n" },
		{ "@if off\n@if on\nx\n@else\ny\n@end\n@else\nz\n@end\n", "z\n" },
		{ "\t@if on and not off\n\tx\n  @end\n", "\tx\n" },
		{ "@if off and off or on\nx\n@end\n", "x\n" },
		{ "@if on or off and off\nx\n@end\n", "x\n" },
		{ "@if v >= 2.3 and v < 2.4\nx\n@end\n@if v == 2.3.1.0\ny\n@end\n", "x\ny\n" },
		{ "@if v > 2.3.1 or v != 2.3.1 or not v <= 2.10\nx\n@end\n", "" },
		{ "@each ab\n- {{item}} of {{name}}\n@end\n", "- a of www\n- b of www\n" },
		{ "@each ab\n@each ab\n{{item}}\n@end\n.{{item}}\n@end\n", "a\nb\n.a\na\nb\n.b\n" },
		{ "@each none\n{{item}}\n@end\nx\n", "x\n" },
		{ "@@if\n @@each\nx@y\n", "@if\n @each\nx@y\n" },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_buf b;
		struct tw_err e = { .text = "" };

		tw_buf_init(&b, 4096);
		if (tw_template_render(rows[i].text, &world, &b, &e) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_string_equal(tw_buf_cstr(&b), rows[i].want);
		tw_buf_clear(&b);
	}
}

/* What is wrong is found with its line, also where nothing is copied. */
static void
test_language_errors(void **state)
{
	static const struct { const char *text, *line; } rows[] = {
		{ "a\n{{nam}}\n", "line 2: " }, { "{{name\n", "line 1: " },
		{ "@if off\n{{nam}}\n@end\n", "line 2: " }, { "@if offf\n@end\n", "line 1: " },
		{ "@if on\n@elif w > 1\n@end\n", "line 2: " }, { "@if v > x\n@end\n", "line 1: " },
		{ "@if v => 1\n@end\n", "line 1: " }, { "@if\n@end\n", "line 1: " },
		{ "@if on on\n@end\n", "line 1: " }, { "@if on and\n@end\n", "line 1: " },
		{ "x\n@if on\nx\n", "line 2: " }, { "@end\n", "line 1: " },
		{ "@else\n", "line 1: " }, { "@if on\n@else\n@else\n@end\n", "line 3: " },
		{ "@each abc\n@end\n", "line 1: " }, { "@each ab\n@else\n@end\n", "line 2: " },
		{ "{{item}}\n", "line 1: " }, { "@unless on\n", "line 1: " },
		{ "@if on\n@if on\n@if on\n@if on\n@if on\n@if on\n@if on\n@if on\n@if on\n",
		    "line 9: " },
		{ "@each ab\n@each ab\n@each ab\n@each ab\n@each ab\n@each ab\n@each ab\n@each ab\n"
		  "x\n@end\n@end\n@end\n@end\n@end\n@end\n@end\n@end\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_buf b;
		struct tw_err e = { .text = "" };
		int status;

		tw_buf_init(&b, 4096);
		status = tw_template_render(rows[i].text, &world, &b, &e);
		assert_int_equal(status, rows[i].line != NULL ? -1 : 0);
		if (rows[i].line != NULL && strncmp(e.text, rows[i].line, 8) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		tw_buf_clear(&b);
	}
}

static void
test_table(void **state)
{
	(void)state;
	assert_true(tw_targets_n > 0);
	for (size_t i = 0; i < tw_targets_n; i++) {
		const struct tw_target *t = &tw_targets[i];
		const char *ends = t->ends;
		char alias[64];
		int at = 0, n;

		if (i > 0 && strcmp(tw_targets[i - 1].name, t->name) >= 0)
			fail_msg("%s does not stand in order", t->name);
		if (tw_template_text(t->name) == NULL)
			fail_msg("%s has no template", t->name);
		assert_ptr_equal(tw_target_by_name(t->name), t);
		if (t->title == NULL || t->aliases == NULL || t->oldest == NULL ||
		    t->newest == NULL || ends == NULL || t->ask == NULL || t->software == NULL ||
		    t->services == NULL || t->comment == NULL || t->docs == NULL)
			fail_msg("%s: a field is missing", t->name);
		assert_true(strncmp(t->docs, "https://", 8) == 0);
		assert_true(tw_template_compare(t->oldest, t->newest) <= 0);
		while (sscanf(t->aliases + at, " %63s%n", alias, &n) == 1) {
			if (tw_target_by_name(alias) != t)
				fail_msg("alias %s of %s leads elsewhere", alias, t->name);
			at += n;
		}
		/* Every part of .ends is read to its end. */
		while (*ends != '\0') {
			char branch[24], date[12];
			int64_t day;

			if (sscanf(ends, "%23s %11[0-9-]%n", branch, date, &n) != 2 ||
			    !tw_text_parse_time(date, &day))
				fail_msg("%s: .ends is wrong at %s", t->name, ends);
			ends += n;
			ends += strspn(ends, ", ");
		}
	}
	for (size_t i = 0; i < tw_template_texts_n; i++)
		if (tw_target_by_name(tw_template_texts[i].name) == NULL)
			fail_msg("%s.tmpl has no row", tw_template_texts[i].name);
	assert_null(tw_target_by_name(""));
	assert_null(tw_target_like("no server at all"));
	assert_string_equal(tw_target_like("ngnix")->name, "nginx");
}

static void
test_ends(void **state)
{
	static const char ends[] = "<2.4 2018-01-01, 2.4 2020-05-06, 2.6 2031-01-01";
	struct tw_target_end end;

	(void)state;
	assert_true(tw_target_end(ends, "2.2.34", &end));
	assert_string_equal(end.branch, "<2.4");
	assert_string_equal(end.date, "2018-01-01");
	assert_true(tw_target_end(ends, "2.4.1", &end));
	assert_string_equal(end.date, "2020-05-06");
	assert_false(tw_target_end(ends, "2.46", &end));
	assert_false(tw_target_end(ends, "3.0", &end));
	assert_true(tw_target_end(ends, "2.6", &end));
	assert_false(tw_target_end("", "2.6", &end));
}

/* Whether the policy has a suite in one of its lists of those to offer. */
static bool
wants(const struct tw_policy *p, uint32_t code)
{
	for (size_t i = 0; i < p->suites.n; i++)
		if (p->suites.v[i] == code)
			return true;
	return false;
}

/* No gap or directive is left, and no suite the policy does not want. */
static void
check_text(const struct tw_config *c, const char *text)
{
	if (strstr(text, "{{") != NULL || strstr(text, "}}") != NULL)
		fail_msg("%s: a gap is left:\n%s", c->target->name, text);
	for (const char *p = text; (p = strstr(p, "\t#")) != NULL; p++)
		if (p > text && strchr("\t\n", p[-1]) == NULL)
			fail_msg("%s: a tab before %.20s, which YAML does not take",
			    c->target->name, p + 1);
	for (const char *p = text; *p != '\0';) {
		const char *line = p + strspn(p, " \t");
		size_t n;

		if (p == text || p[-1] == '\n')
			if (strncmp(line, "@if", 3) == 0 || strncmp(line, "@end", 4) == 0 ||
			    strncmp(line, "@el", 3) == 0 || strncmp(line, "@each", 5) == 0)
				fail_msg("%s: a directive is left: %.40s", c->target->name, line);
		n = 0;
		while (isalnum((unsigned char)p[n]) || p[n] == '_' || p[n] == '-')
			n++;
		if (n > 0 && n < 100) {
			char word[100];
			const struct tw_suite *s;

			snprintf(word, sizeof(word), "%.*s", (int)n, p);
			s = tw_suite_by_name(word);
			/* "NULL" alone is a word of Java's. */
			if (s != NULL && strpbrk(word, "-_") != NULL &&
			    !wants(c->policy, s->code))
				fail_msg("%s: %s is not in %s", c->target->name, word,
				    c->policy->name);
		}
		p += n > 0 ? n : 1;
	}
}

static void
render(const struct tw_config *c, struct tw_buf *b)
{
	struct tw_err e = { .text = "" };

	tw_buf_init(b, 1 << 20);
	if (tw_config_render(c, b, &e) != 0)
		fail_msg("%s %s: %s", c->target->name, c->version != NULL ? c->version : "", e.text);
	assert_true(b->n > 0);
}

/* Every server, under every policy, newest and oldest, on an old and a new library. */
static void
test_every_target(void **state)
{
	static const char *const openssl[] = { "3.5.4", "3.0.17", "1.1.1w" };

	(void)state;
	for (size_t i = 0; i < tw_targets_n; i++)
		for (size_t p = 0; tw_policies[p] != NULL; p++)
			for (size_t k = 0; k < 2 * TW_COUNT(openssl); k++) {
				const struct tw_target *t = &tw_targets[i];
				bool old = k % 2 == 1;
				struct tw_config c = { .target = t, .policy = tw_policies[p],
					.version = old ? t->oldest : t->newest,
					.openssl = openssl[k / 2], .now = AT,
					.no_hsts = old, .no_redirect = old,
					.chain = old ? "/etc/ssl/chain.pem" : NULL,
					.acme = old ? NULL : "/var/www/acme" };
				struct tw_buf b;

				/* The oldest may be too old for a policy of TLS 1.3 alone. */
				if (old && t->tls13 != NULL &&
				    !tw_policies[p]->versions[TW_TLS12])
					continue;
				render(&c, &b);
				check_text(&c, tw_buf_cstr(&b));
				tw_buf_clear(&b);
			}
}

static void
test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < tw_targets_n; i++) {
		struct tw_config c = { .target = &tw_targets[i], .policy = tw_policies[0],
			.openssl = "3.5.4", .now = AT };
		struct tw_buf b;
		char name[100];

		render(&c, &b);
		snprintf(name, sizeof(name), "config/%s.txt", c.target->name);
		check_golden(name, tw_buf_cstr(&b));
		tw_buf_clear(&b);
	}
}

/* Bytes in lines that are no comments. */
static size_t
count_code(const struct tw_target *t, const char *text)
{
	size_t count = 0;

	while (*text != '\0') {
		const char *line = text + strspn(text, " \t");
		size_t n = strcspn(line, "\n");

		if (strncmp(line, t->comment, strlen(t->comment)) != 0)
			count += n;
		text = line + n + (line[n] == '\n');
	}
	return count;
}

/* An exception stands with its date and reason; it is allowed where it can be limited. */
static void
test_exceptions(void **state)
{
	static const struct tw_config_exception x = { TW_TLS10, "10.1.2.0/24", "2027-06-30",
		"scales in \"hall\" 3", 0 };

	(void)state;
	for (size_t i = 0; i < tw_targets_n; i++) {
		const struct tw_target *t = &tw_targets[i];
		struct tw_config with = { .target = t, .policy = tw_policies[0], .openssl = "3.5.4",
			.exception = &x, .now = AT };
		struct tw_config without = with;
		struct tw_buf a, b;
		const char *text;

		without.exception = NULL;
		render(&with, &a);
		render(&without, &b);
		text = tw_buf_cstr(&a);
		assert_non_null(strstr(text, "2027-06-30"));
		assert_non_null(strstr(text, "scales in \"hall\" 3"));
		assert_non_null(strstr(text, "10.1.2.0/24"));
		if (t->limit == TW_LIMIT_NONE) {
			assert_non_null(strstr(text, "stays off here"));
			assert_null(strstr(text, "\"finding\""));
			check_text(&with, text);
		} else {
			/* More than comments has changed. */
			char mark[] = "\"finding\":\"tls10-offered\"";

			if (strstr(text, mark) == NULL)
				fail_msg("%s prints no waiver", t->name);
			if (count_code(t, text) <= count_code(t, tw_buf_cstr(&b)))
				fail_msg("%s: @if legacy adds nothing", t->name);
		}
		assert_null(strstr(tw_buf_cstr(&b), "2027"));
		tw_buf_clear(&a);
		tw_buf_clear(&b);
	}
}

static void
test_notes(void **state)
{
	struct tw_config c = { .target = tw_target_by_name("nginx"), .policy = tw_policies[0],
		.version = "1.18.0", .openssl = "1.1.1w", .now = AT };
	struct tw_err e;
	struct tw_buf b;

	(void)state;
	tw_buf_init(&b, 1 << 16);
	tw_config_notes(&c, &b);
	assert_non_null(strstr(tw_buf_cstr(&b), "nginx before 1.28 is past its end of life"));
	assert_non_null(strstr(tw_buf_cstr(&b), "OpenSSL 1.1.1 is past its end of life"));
	assert_non_null(strstr(tw_buf_cstr(&b), "No post-quantum group"));
	tw_buf_clear(&b);
	c.version = c.openssl = NULL;
	tw_config_notes(&c, &b);
	assert_string_equal(tw_buf_cstr(&b), "");
	tw_buf_clear(&b);
	/* A policy of TLS 1.3 alone, and a library that has none. */
	c.policy = tw_policy_by_name("modern");
	c.openssl = "1.0.2u";
	assert_int_equal(tw_config_render(&c, &b, &e), -1);
	assert_non_null(strstr(e.text, "no TLS 1.3"));
	tw_buf_clear(&b);
}

/* Words behind @mends are ids of findings, in every template. */
static void
test_marks(void **state)
{
	size_t seen = 0;

	(void)state;
	for (size_t i = 0; i < tw_template_texts_n; i++)
		for (const char *at = tw_template_texts[i].text;
		    (at = strstr(at, "@mends ")) != NULL;) {
			char line[512], *rest = line;

			at += strlen("@mends ");
			snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
			for (char *word; (word = strsep(&rest, " ")) != NULL; seen++)
				if (tw_finding_by_id(word) < 0)
					fail_msg("%s.tmpl: no finding is called \"%s\"",
					    tw_template_texts[i].name, word);
		}
	assert_true(seen > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_language),
		cmocka_unit_test(test_language_errors),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_every_target),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_exceptions),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

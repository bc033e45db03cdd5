/*
 * Policies are dated and never change: what each expands to is kept in tests/golden/.
 * And none of them may want what is not in the tables, or is wrong by its own rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/group.h"
#include "data/policy.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "golden.h"

#include "base/buf.h"

static const char *
suite_name(uint16_t code)
{
	const struct tw_suite *s = tw_suite_by_code(code);

	return s != NULL ? s->name : NULL;
}

static const char *
group_name(uint16_t code)
{
	const struct tw_group *g = tw_group_by_code(code);

	return g != NULL ? g->name : NULL;
}

static const char *
scheme_name(uint16_t code)
{
	const struct tw_scheme *s = tw_scheme_by_code(code);

	return s != NULL ? s->name : NULL;
}

static void
expand_list(struct tw_buf *b, const char *title, struct tw_u16s list,
    const char *(*name)(uint16_t))
{
	tw_buf_fmt(b, "%s:%s\n", title, list.n == 0 ? " none" : "");
	for (size_t i = 0; i < list.n; i++) {
		const char *text = name(list.v[i]);

		assert_non_null(text);
		/* gcc 14 does not know that the line above ends the test. */
		tw_buf_fmt(b, "  0x%04X %s\n", list.v[i], text != NULL ? text : "");
	}
}

static void
expand(const struct tw_policy *p, struct tw_buf *b)
{
	tw_buf_fmt(b, "%s (%s): %s\nversions:\n", p->name, p->short_name, p->title);
	for (int v = 0; v < TW_VERSIONS; v++)
		if (p->versions[v])
			tw_buf_fmt(b, "  %s%s\n", tw_versions[v].id,
			    p->required[v] ? ", must be offered" : "");
	tw_buf_fmt(b, "order: the %s's\n", p->client_order ? "client" : "server");
	expand_list(b, "suites", p->suites, suite_name);
	expand_list(b, "tolerated suites", p->tolerated_suites, suite_name);
	expand_list(b, "groups", p->groups, group_name);
	expand_list(b, "tolerated groups", p->tolerated_groups, group_name);
	expand_list(b, "signature schemes", p->schemes, scheme_name);
	tw_buf_fmt(b, "keys: RSA %u, EC %u, DH %u bits\n", p->rsa_bits, p->ec_bits, p->dh_bits);
	if (p->max_validity_days == 0)
		tw_buf_str(b, "validity: the CA/Browser Forum's limit\n");
	else
		tw_buf_fmt(b, "validity: %u days\n", p->max_validity_days);
	tw_buf_fmt(b, "HSTS: %ld seconds\nseverities:\n", p->hsts_seconds);
	for (int id = 0; id < TW_FINDINGS; id++) {
		enum tw_severity severity = tw_findings[id].severity;
		bool own = false;

		for (size_t i = 0; i < p->severities_n; i++)
			if (p->severities[i].id == (enum tw_finding_id)id) {
				severity = p->severities[i].severity;
				own = true;
			}
		tw_buf_fmt(b, "  %-8s %s%s\n", tw_severity_names[severity], tw_findings[id].id,
		    own ? " (its own)" : "");
	}
}

static void
test_expansions(void **state)
{
	(void)state;
	for (size_t i = 0; tw_policies[i] != NULL; i++) {
		struct tw_buf b;
		char name[100];

		tw_buf_init(&b, 1 << 16);
		expand(tw_policies[i], &b);
		snprintf(name, sizeof(name), "policy-%s.txt", tw_policies[i]->name);
		check_golden(name, tw_buf_cstr(&b));
		tw_buf_clear(&b);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(tw_policy_by_name("tlswright")->name, "tlswright-2026.11");
	assert_string_equal(tw_policy_by_name("intermediate")->name, "mozilla-6.0-intermediate");
	assert_string_equal(tw_policy_by_name("Modern")->name, "mozilla-6.0-modern");
	for (size_t i = 0; tw_policies[i] != NULL; i++)
		assert_ptr_equal(tw_policy_by_name(tw_policies[i]->name), tw_policies[i]);
	assert_null(tw_policy_by_name("old"));
	assert_null(tw_policy_by_name(""));
}

/* Everything a policy prefers is forward secret, authenticated, and allowed in its versions. */
static void
test_preferred_is_good(void **state)
{
	(void)state;
	for (size_t i = 0; tw_policies[i] != NULL; i++) {
		const struct tw_policy *p = tw_policies[i];

		for (size_t k = 0; k < p->suites.n; k++) {
			const struct tw_suite *s = tw_suite_by_code(p->suites.v[k]);

			assert_true(s->aead && (s->tls13 || s->forward_secrecy));
			assert_true(p->versions[s->tls13 ? TW_TLS13 : TW_TLS12]);
			assert_true(s->bits >= 128);
		}
		for (size_t k = 0; k < p->groups.n; k++)
			assert_true(tw_group_by_code(p->groups.v[k])->bits >= 224);
		for (int v = 0; v < TW_VERSIONS; v++) {
			assert_true(!p->versions[v] || tw_versions[v].status == TW_CURRENT);
			assert_true(!p->required[v] || p->versions[v]);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expansions),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_preferred_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * json.c -- one endpoint as the JSON object of `audit --json`, and back. The tables
 * below are its shape, in its order; a field is added by a row. See report.h.
 */
#include "report/json.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/group.h"
#include "data/scheme.h"
#include "data/suite.h"
#include "report/report.h"

#define SCHEMA	1
#define READ_BYTES (16u << 20)	/* longest object read: a hundred large chains fit */

#define FACT(name, kind, member)	{ name, kind, offsetof(struct tw_facts, member) }
#define CERT(name, kind, member)	{ name, kind, offsetof(struct tw_certificate, member) }
#define SHAPE(type, fields)	{ sizeof(type), fields, TW_COUNT(fields), NULL }

/* Lists of one kind of value each. */
static const struct tw_field str_field = { NULL, TW_KIND_STR };
static const struct tw_shape str_shape = { sizeof(const char *), &str_field, 1, NULL };
static const struct tw_field text_field = { NULL, TW_KIND_TEXT };
static const struct tw_shape text_shape = { sizeof(struct tw_bytes), &text_field, 1, NULL };
static const struct tw_field mode_field = { NULL, TW_KIND_WORD, .words = tw_mode_names,
	.count = 4 };
static const struct tw_shape mode_shape = { sizeof(enum tw_mode), &mode_field, 1, NULL };

/* Codes of suites, groups and schemes: written with what is known of them, read by code. */

static int
read_code(struct tw_shape_reader *r, const json_t *v, uint32_t most, uint32_t *ret)
{
	const char *s = json_string_value(json_is_object(v) ? json_object_get(v, "code") : v);
	char *end;
	unsigned long code;

	if (s == NULL || strncmp(s, "0x", 2) != 0)
		return tw_shape_refuse(r, "not a code like 0xC02F");
	code = strtoul(s + 2, &end, 16);
	if (*end != '\0' || end == s + 2 || code > most)
		return tw_shape_refuse(r, "not a code like 0xC02F");
	*ret = (uint32_t)code;
	return 0;
}

/* A key and a value of our own tables. */
static void
put_own(struct tw_shape_writer *w, const char *key, const char *value)
{
	tw_shape_key(w, key);
	tw_shape_own(w, value);
}

static void
put_bool(struct tw_shape_writer *w, const char *key, bool value)
{
	tw_shape_key(w, key);
	tw_shape_bool(w, value);
}

/* What is not known of a suite is null. */
static void
write_suite(struct tw_shape_writer *w, const void *p)
{
	static const char *const keys[] = { "name", "openssl", "key_exchange", "authentication",
		"bits", "forward_secrecy", "aead" };
	uint32_t code = *(const uint32_t *)p;
	const struct tw_suite *s = tw_suite_by_code(code);
	char hex[16];

	snprintf(hex, sizeof(hex), code > 0xffff ? "0x%06X" : "0x%04X", code);
	tw_buf_u8(w->out, '{');
	put_own(w, "code", hex);
	if (s == NULL) {
		for (size_t i = 0; i < TW_COUNT(keys); i++)
			put_own(w, keys[i], NULL);
	} else {
		put_own(w, keys[0], s->name);
		put_own(w, keys[1], s->openssl);
		put_own(w, keys[2], s->key_exchange);
		put_own(w, keys[3], s->authentication);
		tw_shape_key(w, keys[4]);
		tw_shape_int(w, s->bits);
		put_bool(w, keys[5], s->forward_secrecy || s->tls13);
		put_bool(w, keys[6], s->aead);
	}
	tw_buf_u8(w->out, '}');
}

static int
read_suite(struct tw_shape_reader *r, const json_t *v, void *p)
{
	return read_code(r, v, 0xffffff, p);
}

static void
write_group(struct tw_shape_writer *w, const void *p)
{
	uint32_t code = *(const uint32_t *)p;
	const struct tw_group *g = tw_group_by_code((uint16_t)code);
	char hex[16];

	snprintf(hex, sizeof(hex), "0x%04X", code);
	tw_buf_u8(w->out, '{');
	put_own(w, "code", hex);
	put_own(w, "name", g != NULL ? g->name : NULL);
	put_bool(w, "post_quantum", g != NULL && g->post_quantum);
	tw_buf_u8(w->out, '}');
}

static int
read_group(struct tw_shape_reader *r, const json_t *v, void *p)
{
	return read_code(r, v, 0xffff, p);
}

static void
write_scheme(struct tw_shape_writer *w, const void *p)
{
	uint16_t code = *(const uint16_t *)p;
	const struct tw_scheme *s = tw_scheme_by_code(code);
	char hex[16];

	snprintf(hex, sizeof(hex), "0x%04X", code);
	tw_shape_own(w, s != NULL ? s->name : hex);
}

static int
read_scheme(struct tw_shape_reader *r, const json_t *v, void *p)
{
	const char *name = json_string_value(v);
	const struct tw_scheme *s = name != NULL ? tw_scheme_by_name(name) : NULL;
	uint32_t code = 0;

	if (s == NULL && read_code(r, v, 0xffff, &code) != 0)
		return -1;
	*(uint16_t *)p = s != NULL ? s->code : (uint16_t)code;
	return 0;
}

static const struct tw_field suite_field = { NULL, TW_KIND_CODEC, .write = write_suite,
	.read = read_suite };
static const struct tw_shape suite_shape = { sizeof(uint32_t), &suite_field, 1, NULL };
static const struct tw_field group_field = { NULL, TW_KIND_CODEC, .write = write_group,
	.read = read_group };
static const struct tw_shape group_shape = { sizeof(uint32_t), &group_field, 1, NULL };
static const struct tw_field scheme_field = { NULL, TW_KIND_CODEC, .write = write_scheme,
	.read = read_scheme };
static const struct tw_shape scheme_shape = { sizeof(uint16_t), &scheme_field, 1, NULL };

#define PREFERENCE { "preference", TW_KIND_WORD, offsetof(struct tw_chosen, preference), \
	.words = tw_preference_names, .count = TW_PREF_SINGLE + 1 }

static const struct tw_field suites_fields[] = {
	PREFERENCE,
	{ "list", TW_KIND_LIST, offsetof(struct tw_chosen, codes), &suite_shape },
};
static const struct tw_shape suites_shape = SHAPE(struct tw_chosen, suites_fields);
static const struct tw_field groups_fields[] = {
	PREFERENCE,
	{ "list", TW_KIND_LIST, offsetof(struct tw_chosen, codes), &group_shape },
};
static const struct tw_shape groups_shape = SHAPE(struct tw_chosen, groups_fields);
static const struct tw_field schemes_field = { NULL, TW_KIND_LIST, 0, &scheme_shape };
static const struct tw_shape schemes_shape = {
	sizeof(((struct tw_facts *)NULL)->schemes[0]), &schemes_field, 1, NULL };

/* Suites of what is offered; groups and schemes where there is something to say. */
static bool
has_suites(const void *facts, int v)
{
	const struct tw_facts *f = facts;

	return f->protocols[v] == TW_YES || f->suites[v].codes.n > 0;
}

static bool
has_groups(const void *facts, int v)
{
	const struct tw_facts *f = facts;

	return f->groups[v].codes.n > 0;
}

static bool
has_schemes(const void *facts, int v)
{
	const struct tw_facts *f = facts;

	return f->schemes[v].n > 0;
}

/* Certificates. */

static void
write_version(struct tw_shape_writer *w, const void *p)
{
	tw_shape_own(w, tw_versions[*(const enum tw_version *)p].id);
}

static int
read_version(struct tw_shape_reader *r, const json_t *v, void *p)
{
	const char *s = json_string_value(v);
	int version = s != NULL ? tw_version_by_name(s) : -1;

	if (version < 0)
		return tw_shape_refuse(r, "not a TLS version");
	*(enum tw_version *)p = (enum tw_version)version;
	return 0;
}

static void
write_days_left(struct tw_shape_writer *w, const void *p)
{
	int64_t not_after = *(const int64_t *)p;
	double tenths = ((double)not_after - (double)w->at) / 8640;

	if (not_after == 0)
		tw_shape_own(w, NULL);
	else
		tw_shape_tenths(w, (double)(int64_t)(tenths < 0 ? tenths - 0.5 : tenths + 0.5) / 10);
}

static const struct { unsigned bit; const char *word; } chain_words[] = {
	{ TW_CHAIN_INCOMPLETE, "incomplete" },
	{ TW_CHAIN_ORDER, "order" },
	{ TW_CHAIN_EXTRA, "extra" },
	{ TW_CHAIN_ROOT_SENT, "root-sent" },
	{ TW_CHAIN_INTERMEDIATE_EXPIRED, "intermediate-expired" },
	{ TW_CHAIN_EXPIRED_OFF_PATH, "expired-off-path" },
	{ TW_CHAIN_LARGE, "large" },
};

static void
write_chain_issues(struct tw_shape_writer *w, const void *p)
{
	tw_buf_u8(w->out, '[');
	for (size_t i = 0; i < TW_COUNT(chain_words); i++)
		if ((*(const unsigned *)p & chain_words[i].bit) != 0) {
			tw_shape_next(w);
			tw_shape_own(w, chain_words[i].word);
		}
	tw_buf_u8(w->out, ']');
}

static int
read_chain_issues(struct tw_shape_reader *r, const json_t *v, void *p)
{
	unsigned bits = 0;

	if (!json_is_array(v))
		return tw_shape_refuse(r, "not a list");
	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *s = json_string_value(json_array_get(v, i));
		unsigned bit = 0;

		for (size_t k = 0; s != NULL && k < TW_COUNT(chain_words); k++)
			if (strcmp(chain_words[k].word, s) == 0)
				bit = chain_words[k].bit;
		if (bit == 0)
			return tw_shape_refuse(r, "not a list of words known here");
		bits |= bit;
	}
	*(unsigned *)p = bits;
	return 0;
}

static const char *const trust_words[] = { "trusted", "untrusted-root", "self-signed",
	"chain-broken", "chain-out-of-date", "leaf-out-of-date", "name-constraint",
	"bad-signature", "wrong-purpose", "other" };
static const char *const name_words[] = { "dns", "ip", "email", "uri", "other" };

static const struct tw_field served_fields[] = {
	{ "sni", TW_KIND_WORD, offsetof(struct tw_served, sni), .words = tw_sni_kind_names,
	    .count = TW_SNI_UNKNOWN + 1 },
	{ "protocol", TW_KIND_CODEC, offsetof(struct tw_served, protocol),
	    .write = write_version, .read = read_version },
	{ "authentication", TW_KIND_STR, offsetof(struct tw_served, authentication) },
};
static const struct tw_shape served_shape = SHAPE(struct tw_served, served_fields);

static const struct tw_field key_fields[] = {
	CERT("type", TW_KIND_STR, cert.key_type),
	CERT("bits", TW_KIND_UINT, cert.key_bits),
	CERT("curve", TW_KIND_STR, cert.curve),
};
static const struct tw_shape key_shape = SHAPE(struct tw_certificate, key_fields);

static const struct tw_field name_fields[] = {
	{ "type", TW_KIND_WORD, offsetof(struct tw_name, kind), .words = name_words,
	    .count = TW_COUNT(name_words) },
	{ "value", TW_KIND_TEXT, offsetof(struct tw_name, value), .needed = true },
};
static const struct tw_shape name_shape = SHAPE(struct tw_name, name_fields);

static const struct tw_field staple_fields[] = {
	{ "present", TW_KIND_WORD, offsetof(struct tw_certificate, staple_present),
	    .words = tw_check_names, .count = TW_NOT_APPLICABLE + 1 },
	CERT("status", TW_KIND_STR, staple_status),
	CERT("next_update", TW_KIND_TIME, staple_next_update),
};
static const struct tw_shape staple_shape = SHAPE(struct tw_certificate, staple_fields);

static const struct tw_field link_fields[] = {
	{ "subject", TW_KIND_TEXT, offsetof(struct tw_link, subject) },
	{ "issuer", TW_KIND_TEXT, offsetof(struct tw_link, issuer) },
	{ "sha256", TW_KIND_SHA256, offsetof(struct tw_link, sha256) },
	{ "not_after", TW_KIND_TIME, offsetof(struct tw_link, not_after) },
	{ "der", TW_KIND_BASE64, offsetof(struct tw_link, der) },
};
static const struct tw_shape link_shape = SHAPE(struct tw_link, link_fields);

static const struct tw_field trust_fields[] = {
	{ "verdict", TW_KIND_WORD, offsetof(struct tw_certificate, trust.verdict),
	    .words = trust_words, .count = TW_COUNT(trust_words) },
	CERT("public_root", TW_KIND_BOOL, trust.public_root),
	CERT("weak_signature", TW_KIND_BOOL, trust.weak_signature),
	CERT("weak_hash", TW_KIND_STR, trust.weak_hash),
};
static const struct tw_shape trust_shape = SHAPE(struct tw_certificate, trust_fields);

/*
 * What the object does not spell out (constraints, usage, ROCA, …) stands in the
 * DER. An object whose DER is no certificate keeps what its own words say.
 */
static void
reread(struct tw_arena *a, void *p)
{
	struct tw_certificate *c = p;
	struct tw_cert cert = { 0 };

	if (c->cert.der.p != NULL)
		tw_cert_read(a, c->cert.der, &cert);
	if (cert.parsed) {
		c->cert = cert;
		return;
	}
	c->cert.parsed = c->cert.subject.p != NULL;
	c->cert.server_usage = true;
	c->cert.self_signed = tw_bytes_equal(c->cert.subject, c->cert.issuer);
	for (size_t i = 0; i < c->cert.names.n; i++)
		if (c->cert.names.v[i].kind == TW_NAME_DNS &&
		    tw_bytes_begin_with(c->cert.names.v[i].value, "*."))
			c->cert.wildcard = true;
}

#define CHECK(name, type, member) { name, TW_KIND_WORD, offsetof(type, member), \
	.words = tw_check_names, .count = TW_NOT_APPLICABLE + 1 }

static const struct tw_field certificate_fields[] = {
	{ "served", TW_KIND_LIST, offsetof(struct tw_certificate, served), &served_shape },
	{ "key", TW_KIND_OBJECT, 0, &key_shape },
	CERT("signature", TW_KIND_STR, cert.signature),
	CERT("subject", TW_KIND_TEXT, cert.subject),
	CERT("issuer", TW_KIND_TEXT, cert.issuer),
	CERT("serial", TW_KIND_TEXT, cert.serial),
	CERT("sha256", TW_KIND_SHA256, cert.sha256),
	CERT("spki_sha256", TW_KIND_SHA256, cert.spki_sha256),
	CERT("not_before", TW_KIND_TIME, cert.not_before),
	CERT("not_after", TW_KIND_TIME, cert.not_after),
	{ "days_left", TW_KIND_CODEC, offsetof(struct tw_certificate, cert.not_after),
	    .write = write_days_left },
	{ "names", TW_KIND_LIST, offsetof(struct tw_certificate, cert.names), &name_shape },
	CHECK("matches_host", struct tw_certificate, matches_host),
	CHECK("trusted", struct tw_certificate, trusted),
	CERT("trust_error", TW_KIND_STR, trust_error),
	CERT("must_staple", TW_KIND_BOOL, cert.must_staple),
	CERT("scts", TW_KIND_UINT, scts),
	CHECK("revoked", struct tw_certificate, revoked),
	{ "ocsp_staple", TW_KIND_OBJECT, 0, &staple_shape },
	CERT("der", TW_KIND_BASE64, cert.der),
	{ "chain", TW_KIND_LIST, offsetof(struct tw_certificate, chain), &link_shape },
	{ "chain_issues", TW_KIND_CODEC, offsetof(struct tw_certificate, trust.issues),
	    .write = write_chain_issues, .read = read_chain_issues },
	{ "trust", TW_KIND_OBJECT, 0, &trust_shape },
};
static const struct tw_shape certificate_shape = { sizeof(struct tw_certificate),
	certificate_fields, TW_COUNT(certificate_fields), reread };

/* The endpoint. */

static const struct tw_field software_fields[] = {
	FACT("name", TW_KIND_TEXT, software),
	FACT("version", TW_KIND_TEXT, software_version),
	FACT("banner", TW_KIND_TEXT, banner),
};
static const struct tw_shape software_shape = SHAPE(struct tw_facts, software_fields);

static const struct tw_field dialogue_fields[] = {
	CHECK("offered", struct tw_facts, starttls_offered),
	{ "capabilities", TW_KIND_LIST, offsetof(struct tw_facts, capabilities), &text_shape },
	FACT("reply", TW_KIND_TEXT, reply),
	CHECK("plaintext_auth_refused", struct tw_facts, plaintext_auth_refused),
	FACT("plaintext_auth_tried", TW_KIND_BOOL, plaintext_auth_tried),
	FACT("response_injected", TW_KIND_BOOL, response_injected),
	FACT("preauth", TW_KIND_BOOL, preauth),
};
static const struct tw_shape dialogue_shape = SHAPE(struct tw_facts, dialogue_fields);

static const struct tw_field reach_fields[] = {
	{ "tcp", TW_KIND_WORD, offsetof(struct tw_facts, tcp), .words = tw_tcp_names,
	    .count = TW_TCP_LOCAL_ERROR + 1 },
	{ "tls", TW_KIND_WORD, offsetof(struct tw_facts, tls), .words = tw_reach_tls_names,
	    .count = TW_REACH_ALERT + 1 },
	FACT("ms", TW_KIND_TENTHS, reach_ms),
	FACT("detail", TW_KIND_STR, detail),
};
static const struct tw_shape reach_shape = SHAPE(struct tw_facts, reach_fields);

static const struct tw_field dh_fields[] = {
	{ "bits", TW_KIND_UINT, offsetof(struct tw_dh, bits) },
	{ "prime", TW_KIND_STR, offsetof(struct tw_dh, prime) },
	CHECK("reused", struct tw_dh, reused),
};
static const struct tw_shape dh_shape = SHAPE(struct tw_dh, dh_fields);

static const struct tw_field untested_fields[] = {
	{ "path", TW_KIND_STR, offsetof(struct tw_untested, path), .needed = true },
	CHECK("state", struct tw_untested, state),
	{ "reason", TW_KIND_STR, offsetof(struct tw_untested, reason), .needed = true },
};
static const struct tw_shape untested_shape = SHAPE(struct tw_untested, untested_fields);

static const char *
version_name(size_t i)
{
	return tw_versions[i].id;
}

static const char *
feature_name(size_t i)
{
	return tw_feature_names[i];
}

static const char *
attack_name(size_t i)
{
	return tw_attack_names[i];
}

static const struct tw_field protocols_fields[] = {
	{ NULL, TW_KIND_CHECKS, offsetof(struct tw_facts, protocols), .count = TW_VERSIONS,
	    .name_of = version_name },
};
static const struct tw_shape protocols_shape = SHAPE(struct tw_facts, protocols_fields);
static const struct tw_field features_fields[] = {
	{ "alpn", TW_KIND_LIST, offsetof(struct tw_facts, alpn), &text_shape },
	{ NULL, TW_KIND_CHECKS, offsetof(struct tw_facts, features), .count = TW_FEATURES,
	    .name_of = feature_name },
};
static const struct tw_shape features_shape = SHAPE(struct tw_facts, features_fields);
static const struct tw_field attacks_fields[] = {
	{ NULL, TW_KIND_CHECKS, offsetof(struct tw_facts, attacks), .count = TW_ATTACKS,
	    .name_of = attack_name },
};
static const struct tw_shape attacks_shape = SHAPE(struct tw_facts, attacks_fields);

static void
write_null(struct tw_shape_writer *w, const void *p)
{
	(void)p;
	tw_shape_own(w, NULL);
}

static const struct tw_field facts_fields[] = {
	FACT("target", TW_KIND_STR, target),
	FACT("host", TW_KIND_STR, host),
	FACT("address", TW_KIND_STR, address),
	{ "addresses", TW_KIND_LIST, offsetof(struct tw_facts, addresses), &str_shape },
	FACT("port", TW_KIND_PORT, port),
	FACT("sni", TW_KIND_STR, sni),
	FACT("service", TW_KIND_STR, service),
	{ "mode", TW_KIND_WORD, offsetof(struct tw_facts, mode), .words = tw_mode_names,
	    .count = 4 },
	{ "modes", TW_KIND_LIST, offsetof(struct tw_facts, modes), &mode_shape },
	{ "software", TW_KIND_OBJECT, 0, &software_shape },
	{ "dialogue", TW_KIND_MAYBE, 0, &dialogue_shape,
	    .flag = offsetof(struct tw_facts, has_dialogue) },
	{ "reach", TW_KIND_OBJECT, 0, &reach_shape },
	FACT("started", TW_KIND_TIME, started),
	FACT("elapsed_ms", TW_KIND_INT64, elapsed_ms),
	FACT("connections", TW_KIND_UINT, connections),
	FACT("quick", TW_KIND_BOOL, quick),
	{ "protocols", TW_KIND_OBJECT, 0, &protocols_shape },
	{ "suites", TW_KIND_BY_VERSION, offsetof(struct tw_facts, suites), &suites_shape,
	    .holds = has_suites },
	{ "groups", TW_KIND_BY_VERSION, offsetof(struct tw_facts, groups), &groups_shape,
	    .holds = has_groups },
	{ "signature_schemes", TW_KIND_BY_VERSION, offsetof(struct tw_facts, schemes),
	    &schemes_shape, .holds = has_schemes },
	{ "dh", TW_KIND_LIST, offsetof(struct tw_facts, dh), &dh_shape },
	{ "certificates", TW_KIND_LIST, offsetof(struct tw_facts, certificates),
	    &certificate_shape },
	{ "features", TW_KIND_OBJECT, 0, &features_shape },
	{ "http", TW_KIND_CODEC, 0, .write = write_null },
	{ "vulnerabilities", TW_KIND_OBJECT, 0, &attacks_shape },
	{ "untested", TW_KIND_LIST, offsetof(struct tw_facts, untested), &untested_shape },
};
static const struct tw_shape facts_shape = SHAPE(struct tw_facts, facts_fields);
/* The last key of the object, behind what the judgement says. */
static const struct tw_field tail_fields[] = { FACT("error", TW_KIND_STR, error) };
static const struct tw_shape tail_shape = SHAPE(struct tw_facts, tail_fields);

/* "RFC 8996; RFC 9325 3.1.1" as a list. */
static void
write_references(struct tw_shape_writer *w, const char *s)
{
	tw_buf_u8(w->out, '[');
	while (*s != '\0') {
		size_t n = strcspn(s, ";");

		tw_shape_next(w);
		tw_shape_text(w, (struct tw_bytes){ (const uint8_t *)s, n });
		s += n;
		s += strspn(s, "; ");
	}
	tw_buf_u8(w->out, ']');
}

static void
write_waiver(struct tw_shape_writer *w, const struct tw_waiver *waiver)
{
	tw_shape_key(w, "waiver");
	if (waiver == NULL) {
		tw_buf_str(w->out, "null");
		return;
	}
	tw_buf_u8(w->out, '{');
	tw_shape_key(w, "reason");
	tw_shape_str(w, waiver->reason);
	put_own(w, "until", waiver->until);
	if (waiver->network != NULL) {
		tw_shape_key(w, "network");
		tw_shape_str(w, waiver->network);
	}
	tw_buf_u8(w->out, '}');
}

static void
write_finding(struct tw_shape_writer *w, const struct tw_finding *f)
{
	const struct tw_finding_row *row = &tw_findings[f->id];

	tw_buf_u8(w->out, '{');
	put_own(w, "id", row->id);
	put_own(w, "severity", tw_severity_names[f->severity]);
	put_own(w, "proof", f->proven ? "proven" : "inferred");
	tw_shape_key(w, "subject");
	tw_shape_str(w, f->subject);
	put_own(w, "title", row->title);
	put_own(w, "why", row->why);
	put_own(w, "fix", row->fix);
	tw_shape_key(w, "evidence");
	tw_shape_str(w, f->evidence);
	tw_shape_key(w, "references");
	write_references(w, row->references);
	put_own(w, "fingerprint", f->fingerprint);
	write_waiver(w, f->waiver);
	tw_buf_u8(w->out, '}');
}

static void
write_judgement(struct tw_shape_writer *w, const struct tw_judgement *j)
{
	tw_shape_key(w, "findings");
	tw_buf_u8(w->out, '[');
	for (size_t i = 0; i < j->findings.n; i++) {
		tw_shape_next(w);
		write_finding(w, &j->findings.v[i]);
	}
	tw_buf_u8(w->out, ']');
	tw_shape_key(w, "grades");
	tw_buf_str(w->out, "[]");
	put_own(w, "policy", j->policy->name);
	put_own(w, "verdict", tw_verdict_names[j->verdict]);
}

json_t *
tw_json_facts(const struct tw_facts *f, int64_t at)
{
	struct tw_buf text;
	struct tw_shape_writer w = { .out = &text, .at = at };
	json_t *object;

	tw_buf_init(&text, READ_BYTES);
	tw_buf_u8(&text, '{');
	tw_shape_write(&w, &facts_shape, f);
	tw_buf_u8(&text, '}');
	object = text.failed ? NULL : json_loadb((const char *)text.p, text.n, 0, NULL);
	tw_buf_clear(&text);
	return object;
}

void
tw_report_json(const struct tw_facts *f, const struct tw_judgement *j, struct tw_buf *out)
{
	struct tw_shape_writer w = { .out = out, .at = j->at };
	size_t start = out->n;

	tw_buf_u8(out, '{');
	tw_shape_key(&w, "schema");
	tw_shape_int(&w, SCHEMA);
	put_own(&w, "tool", "tlswright " TW_VERSION);
	tw_shape_write(&w, &facts_shape, f);
	write_judgement(&w, j);
	tw_shape_write(&w, &tail_shape, f);
	tw_buf_str(out, "}\n");
	if (out->failed)	/* all of it or nothing */
		out->n = start;
}

static int
read_head(struct tw_shape_reader *r, const json_t *object)
{
	json_int_t schema = json_integer_value(json_object_get(object, "schema"));

	if (!json_is_object(object) || !json_is_integer(json_object_get(object, "schema")) ||
	    !json_is_string(json_object_get(object, "target")))
		return tw_err_set(r->err, TW_ERR_FORMAT,
		    "not an object that `audit --json` writes: it has no schema or no target");
	if (schema != SCHEMA)
		return tw_err_set(r->err, TW_ERR_FORMAT,
		    "its schema is %lld; this version reads schema %d", (long long)schema, SCHEMA);
	return 0;
}

/* The parser quotes what it met: escaped, like all that comes from outside. */
static int
refuse_syntax(const json_error_t *where, struct tw_err *err)
{
	struct tw_buf b;

	tw_buf_init(&b, 2048);
	tw_text_escape(&b, tw_bytes_of(where->text));
	tw_err_set(err, TW_ERR_FORMAT, "line %d, column %d: %s", where->line, where->column,
	    tw_buf_cstr(&b));
	tw_buf_clear(&b);
	return -1;
}

int
tw_report_read_json(const char *line, size_t n, struct tw_facts **ret, struct tw_err *err)
{
	struct tw_shape_reader r = { .err = err };
	struct tw_facts *f = NULL;
	json_error_t where;
	json_t *object;
	int rc = -1;

	if (n > READ_BYTES)
		return tw_err_set(err, TW_ERR_FORMAT, "longer than %u MiB", READ_BYTES >> 20);
	object = json_loadb(line, n, JSON_REJECT_DUPLICATES, &where);
	if (object == NULL)
		return refuse_syntax(&where, err);
	if (read_head(&r, object) != 0)
		goto out;
	f = tw_facts_new(json_string_value(json_object_get(object, "target")));
	r.arena = f->arena;
	if (tw_shape_read(&r, &facts_shape, object, f) != 0 ||
	    tw_shape_read(&r, &tail_shape, object, f) != 0)
		goto out;
	*ret = f;
	f = NULL;
	rc = 0;
out:
	tw_facts_free(f);
	json_decref(object);
	return rc;
}

/*
 * Reports: the object of `audit --json` goes out and comes back the same, texts are
 * the ones kept in tests/golden/, and nothing a peer sent gets anywhere as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "base/text.h"
#include "certs_make.h"
#include "golden.h"
#include "probe/probe.h"
#include "report/report.h"

#define AT	INT64_C(1795478400)	/* 2026-11-24T00:00:00Z */
#define DAY	INT64_C(86400)

static void
add_codes(struct tw_facts *f, struct tw_chosen *list, enum tw_preference preference,
    const uint32_t *codes)
{
	list->preference = preference;
	for (; *codes != 0; codes++)
		tw_facts_choose(f, list, *codes);
}

/* A certificate with everything in it, built by hand: its DER is no certificate. */
static void
add_certificate(struct tw_facts *f, const char *cn)
{
	static const struct tw_served met[] = { { TW_SNI_GIVEN, TW_TLS13, "RSA" },
		{ TW_SNI_GIVEN, TW_TLS12, "RSA" }, { TW_SNI_NONE, TW_TLS13, "RSA" } };
	struct tw_certificate c = { .staple_present = TW_YES, .staple_status = "good",
		.staple_next_update = AT + 2 * DAY, .scts = 2, .matches_host = TW_YES,
		.trusted = TW_YES, .revoked = TW_NOT_TESTED };
	struct tw_name names[] = { { TW_NAME_DNS, tw_bytes_of("mail.example.com") },
		{ TW_NAME_DNS, tw_bytes_of("m\xc3\xbcnchen.example") },
		{ TW_NAME_IP, tw_bytes_of("192.0.2.7") } };
	struct tw_link link = { .subject = tw_bytes_of("C=US, O=Example, CN=E1"),
		.issuer = tw_bytes_of("C=US, O=Example, CN=Root"), .not_after = AT + 900 * DAY,
		.der = tw_bytes_of("not a certificate"), .sha256 = { 0xab } };

	for (size_t i = 0; i < TW_COUNT(met); i++)
		TW_PUSH(f->arena, &c.served, met[i]);
	for (size_t i = 0; i < TW_COUNT(names); i++)
		TW_PUSH(f->arena, &c.cert.names, names[i]);
	c.cert.parsed = c.cert.server_usage = true;
	c.cert.subject = tw_bytes_of(tw_arena_fmt(f->arena, "CN=%s", cn));
	c.cert.issuer = tw_bytes_of("C=US, O=Example, CN=E1");
	c.cert.serial = tw_bytes_of("03AF");
	c.cert.key_type = "RSA";
	c.cert.key_bits = 2048;
	c.cert.signature = "sha256WithRSAEncryption";
	c.cert.not_before = AT - 40 * DAY;
	c.cert.not_after = AT + 50 * DAY - 1;
	c.cert.der = tw_bytes_of("nor this");
	memset(c.cert.sha256, 0x5a, sizeof(c.cert.sha256));
	c.trust.public_root = true;
	TW_PUSH(f->arena, &c.chain, link);
	TW_PUSH(f->arena, &f->certificates, c);
}

static void
add_dialogue(struct tw_facts *f)
{
	f->has_dialogue = true;
	f->starttls_offered = f->plaintext_auth_refused = TW_YES;
	f->software = tw_bytes_of("Dovecot");
	f->banner = tw_bytes_of("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready");
	f->reply = tw_bytes_of("a OK Begin TLS negotiation now.");
	TW_PUSH(f->arena, &f->capabilities, tw_bytes_of("STARTTLS"));
	TW_PUSH(f->arena, &f->capabilities, tw_bytes_of("LOGINDISABLED"));
}

/* An IMAP server with TLS 1.0 and static RSA still on. */
static struct tw_facts *
old_imap(void)
{
	static const uint32_t s13[] = { 0x1302, 0x1303, 0x1301, 0 };
	static const uint32_t s12[] = { 0xC02F, 0xC030, 0x009E, 0x0035, 0x002F, 0 };
	static const uint32_t s10[] = { 0x0035, 0x002F, 0 };
	static const uint32_t g13[] = { 0x11EC, 29, 23, 0 }, g12[] = { 29, 23, 0 };
	struct tw_facts *f = tw_facts_new("imap://mail.example.com");
	struct tw_dh dh = { 2048, "ffdhe2048", TW_NO };

	f->host = f->sni = "mail.example.com";
	f->address = "192.0.2.7";
	TW_PUSH(f->arena, &f->addresses, "192.0.2.7");
	TW_PUSH(f->arena, &f->addresses, "2001:db8::7");
	f->port = 143;
	f->service = "imap";
	f->mode = TW_EXPLICIT;
	TW_PUSH(f->arena, &f->modes, TW_EXPLICIT);
	f->tcp = TW_TCP_OPEN;
	f->tls = TW_REACH_TLS;
	f->reach_ms = 12.1;
	f->started = AT;
	f->elapsed_ms = 412;
	f->connections = 31;
	add_dialogue(f);
	for (int v = 0; v < TW_VERSIONS; v++)
		f->protocols[v] = v == TW_TLS10 || v >= TW_TLS12 ? TW_YES : TW_NO;
	f->protocols[TW_SSL2] = TW_COULD_NOT_TEST;
	add_codes(f, &f->suites[TW_TLS13], TW_PREF_SERVER_CHACHA, s13);
	add_codes(f, &f->suites[TW_TLS12], TW_PREF_SERVER, s12);
	add_codes(f, &f->suites[TW_TLS10], TW_PREF_SERVER, s10);
	add_codes(f, &f->groups[TW_TLS13], TW_PREF_SERVER, g13);
	add_codes(f, &f->groups[TW_TLS12], TW_PREF_CLIENT, g12);
	TW_PUSH(f->arena, &f->schemes[TW_TLS13], 0x0804);
	TW_PUSH(f->arena, &f->schemes[TW_TLS12], 0x0804);
	TW_PUSH(f->arena, &f->schemes[TW_TLS12], 0xFE01);	/* not assigned */
	TW_PUSH(f->arena, &f->dh, dh);
	TW_PUSH(f->arena, &f->alpn, tw_bytes_of("imap"));
	for (int i = 0; i < TW_FEATURES; i++)
		f->features[i] = i % 2 == 0 ? TW_YES : TW_NO;
	f->features[TW_FEAT_COMPRESSION] = f->features[TW_FEAT_EARLY_DATA] = TW_NO;
	f->features[TW_FEAT_SECURE_RENEGOTIATION] = TW_YES;
	add_certificate(f, "mail.example.com");
	tw_facts_untested(f, "protocols.SSLv2", TW_COULD_NOT_TEST,
	    "the server answered 421 after 3 connections");
	tw_facts_infer(f);
	return f;
}

static struct tw_facts *
filtered(void)
{
	struct tw_facts *f = tw_facts_new("db.example.com:5432");

	f->host = "db.example.com";
	f->port = 5432;
	TW_PUSH(f->arena, &f->addresses, "192.0.2.9");
	f->tcp = TW_TCP_FILTERED;
	f->detail = "nothing came back within 5 s";
	f->error = "db.example.com:5432 does not answer: filtered";
	f->started = AT;
	return f;
}

static struct tw_facts *
unresolved(void)
{
	struct tw_facts *f = tw_facts_new("no.example");

	f->host = "no.example";
	f->tcp = TW_TCP_UNRESOLVED;
	f->error = "no.example has no address";
	f->started = AT;
	return f;
}

static struct tw_facts *
not_offered(void)
{
	struct tw_facts *f = tw_facts_new("imap://plain.example");

	f->host = "plain.example";
	f->address = "192.0.2.8";
	f->port = 143;
	f->service = "imap";
	f->mode = TW_EXPLICIT;
	f->tcp = TW_TCP_OPEN;
	f->tls = TW_REACH_NOT_OFFERED;
	f->detail = "the server's capabilities name no STARTTLS";
	f->has_dialogue = true;
	f->starttls_offered = f->plaintext_auth_refused = TW_NO;
	f->plaintext_auth_tried = true;
	f->started = AT;
	return f;
}

/* A modern server with nothing to say against it. */
static struct tw_facts *
modern(void)
{
	struct tw_facts *f = old_imap();

	f->target = "imaps://mail.example.com";
	f->port = 993;
	f->mode = TW_IMPLICIT;
	f->has_dialogue = false;
	f->protocols[TW_SSL2] = f->protocols[TW_TLS10] = TW_NO;
	memset(&f->suites[TW_TLS10], 0, sizeof(f->suites[0]));
	f->suites[TW_TLS12].codes.n = 2;
	for (int i = 0; i < TW_FEATURES; i++)
		f->features[i] = TW_NOT_TESTED;
	f->untested.n = 0;
	memset(f->attacks, 0, sizeof(f->attacks));
	tw_facts_infer(f);
	return f;
}

static const struct { const char *name; struct tw_facts *(*build)(void); } fixtures[] = {
	{ "old-imap", old_imap }, { "modern", modern }, { "not-offered", not_offered },
	{ "filtered", filtered }, { "unresolved", unresolved },
};

static char *
json_of(struct tw_facts *f, int64_t at)
{
	struct tw_judgement j;
	struct tw_buf b;
	char *s;

	tw_buf_init(&b, 1 << 20);
	tw_judge(f, tw_policies[0], at, TW_HIGH, &j);
	tw_report_json(f, &j, &b);
	assert_false(b.failed);
	s = tw_arena_str(f->arena, tw_buf_cstr(&b));
	tw_buf_clear(&b);
	return s;
}

static char *
text_of(struct tw_facts *f, const struct tw_report_style *style)
{
	struct tw_judgement j;
	struct tw_buf b;
	char *s;

	tw_buf_init(&b, 1 << 20);
	tw_judge(f, tw_policies[0], AT, TW_HIGH, &j);
	tw_report_text(f, &j, style, &b);
	assert_false(b.failed);
	s = tw_arena_str(f->arena, tw_buf_cstr(&b));
	tw_buf_clear(&b);
	return s;
}

static struct tw_facts *
read_back(const char *json)
{
	struct tw_facts *f = NULL;
	struct tw_err err = { 0 };

	if (tw_report_read_json(json, strlen(json), &f, &err) != 0)
		fail_msg("%s", err.text);
	return f;
}

static void
check_round(struct tw_facts *f)
{
	const char *once = json_of(f, AT), *again;
	struct tw_facts *back = read_back(once);
	size_t at = 0;

	again = json_of(back, AT);
	while (once[at] != '\0' && once[at] == again[at])
		at++;
	if (strcmp(once, again) != 0)
		fail_msg("written: %.100s\nread and written: %.100s", once + at, again + at);
	tw_facts_free(back);
}

static void
test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(fixtures); i++) {
		struct tw_facts *f = fixtures[i].build();

		check_round(f);
		tw_facts_free(f);
	}
}

/* A real certificate: what JSON does not spell out comes back from its DER. */
static void
test_round_trip_of_a_certificate(void **state)
{
	const struct certs_row row = { .cn = "mail.example.com",
		.san = "DNS:mail.example.com,DNS:*.example.org,IP:192.0.2.7",
		.eku = "clientAuth", .basic = "CA:TRUE", .hash = "SHA1",
		.extra = { { "tlsfeature", "status_request" } } };
	const struct certs_row root = { .cn = "Root", .ca = true };
	struct certs_one *issuer = certs_make(&root, NULL), *made = certs_make(&row, issuer);
	struct tw_facts *f = old_imap();
	struct tw_certificate *c = &f->certificates.v[0];

	(void)state;
	tw_cert_read(f->arena, made->der, &c->cert);
	assert_true(c->cert.parsed);
	c->trusted = TW_NO;
	c->trust = (struct tw_trust_result){ .verdict = TW_UNTRUSTED_ROOT,
		.issues = TW_CHAIN_ORDER | TW_CHAIN_EXPIRED_OFF_PATH };
	c->trust_error = "its root is not known here";
	check_round(f);
	assert_non_null(strstr(json_of(f, AT), "\"ca-as-leaf\""));
	assert_non_null(strstr(json_of(f, AT), "\"no-server-usage\""));
	tw_facts_free(f);
	certs_free(made);
	certs_free(issuer);
}

static void
test_key_order(void **state)
{
	static const char *const keys[] = { "schema", "tool", "target", "host", "address",
		"addresses", "port", "sni", "service", "mode", "modes", "software", "dialogue",
		"reach", "started", "elapsed_ms", "connections", "quick", "protocols", "suites",
		"groups", "signature_schemes", "dh", "certificates", "features", "http",
		"vulnerabilities", "untested", "findings", "grades", "policy", "verdict", "error" };
	struct tw_facts *f = old_imap();
	const char *line = json_of(f, AT), *key;
	json_t *object = json_loads(line, 0, NULL), *v;
	size_t i = 0;

	(void)state;
	assert_non_null(object);
	json_object_foreach(object, key, v)
		assert_string_equal(key, keys[i++]);
	assert_int_equal(i, TW_COUNT(keys));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);	/* one line */
	json_decref(object);
	tw_facts_free(f);
}

/* The object without what findings.def says in words, which has a check of its own. */
static char *
without_words(struct tw_arena *a, const char *line)
{
	json_t *object = json_loads(line, 0, NULL), *finding;
	char *text, *kept;
	size_t i;

	json_object_set_new(object, "tool", json_string("tlswright"));
	json_array_foreach(json_object_get(object, "findings"), i, finding) {
		json_object_set_new(finding, "title", json_string("…"));
		json_object_set_new(finding, "why", json_string("…"));
		json_object_set_new(finding, "fix", json_string("…"));
		json_object_set_new(finding, "references", json_array());
	}
	text = json_dumps(object, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
	kept = tw_arena_fmt(a, "%s\n", text);
	free(text);
	json_decref(object);
	return kept;
}

static void
test_golden(void **state)
{
	struct tw_report_style style = { .width = 80 };
	char name[80];

	(void)state;
	for (size_t i = 0; i < TW_COUNT(fixtures); i++) {
		struct tw_facts *f = fixtures[i].build();

		snprintf(name, sizeof(name), "report-%s.txt", fixtures[i].name);
		check_golden(name, text_of(f, &style));
		snprintf(name, sizeof(name), "report-%s.json", fixtures[i].name);
		check_golden(name, without_words(f->arena, json_of(f, AT)));
		tw_facts_free(f);
	}
}

static size_t
columns(const char *line, size_t n)
{
	size_t c = 0;

	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)line[i] & 0xc0) != 0x80;
	return c;
}

/* It ends in three lines: verdict, worst, a command; all above fits the screen. */
static void
test_shape_of_text(void **state)
{
	struct tw_report_style style = { .width = 80 }, quiet = { .quiet = true };

	(void)state;
	for (size_t i = 0; i < TW_COUNT(fixtures); i++) {
		struct tw_facts *f = fixtures[i].build();
		const char *s = text_of(f, &style), *end = text_of(f, &quiet);
		const char *worst = strchr(end, '\n') + 1, *next = strchr(worst, '\n') + 1;

		assert_memory_equal(worst, "Worst: ", 7);
		assert_memory_equal(next, "tlswright ", 10);
		assert_int_equal(strcspn(next, "\n"), strlen(next) - 1);
		assert_string_equal(s + strlen(s) - strlen(end), end);
		for (const char *p = s; p < s + strlen(s) - strlen(end); p += strcspn(p, "\n") + 1)
			assert_true(columns(p, strcspn(p, "\n")) <= 80);
		tw_facts_free(f);
	}
}

/* Colour adds codes and nothing else. */
static void
test_color(void **state)
{
	struct tw_report_style plain = { .width = 80 }, color = { .width = 80, .color = true };
	struct tw_facts *f = old_imap();
	const char *p = text_of(f, &plain), *c = text_of(f, &color);
	size_t codes = 0;

	(void)state;
	while (*c != '\0') {
		if (*c == '\033') {
			c += strcspn(c, "m") + 1;
			codes++;
			continue;
		}
		assert_int_equal(*p, *c);
		p++;
		c++;
	}
	assert_int_equal(*p, '\0');
	assert_true(codes > 20);
	tw_facts_free(f);
}

/* What differs from run to run is only what may. */
static void
test_steady(void **state)
{
	static const char *const may[] = { "started", "elapsed_ms", "connections" };
	struct tw_facts *a = old_imap(), *b = old_imap();
	json_t *ja, *jb;

	(void)state;
	b->started += 3600;
	b->elapsed_ms = 7;
	b->connections = 40;
	b->reach_ms = 1;
	ja = json_loads(json_of(a, AT), 0, NULL);
	jb = json_loads(json_of(b, AT + 3 * DAY), 0, NULL);
	assert_false(json_equal(ja, jb));
	for (int side = 0; side < 2; side++) {
		json_t *j = side == 0 ? ja : jb;

		for (size_t i = 0; i < TW_COUNT(may); i++)
			json_object_del(j, may[i]);
		json_object_del(json_object_get(j, "reach"), "ms");
		json_object_del(json_array_get(json_object_get(j, "certificates"), 0), "days_left");
	}
	assert_true(json_equal(ja, jb));
	json_decref(ja);
	json_decref(jb);
	tw_facts_free(a);
	tw_facts_free(b);
}

/* Hostile text in everything that could come from a peer, or from a file. */

#define HOSTILE "\x1b[2J\x1b]0;owned\x07\r\nX: \x7f\xc2\x9b" "31m \xe2\x80\xae" "txt.exe \xe2\x81\xa6" \
	"\xe2\x80\xa8\xd8\x9c\xff\xc0\xaf M\xc3\xbcnchen \xe2\x9c\x93 <script>'\"&\\"

static struct tw_facts *
hostile(void)
{
	struct tw_facts *f = old_imap();
	struct tw_certificate *c = &f->certificates.v[0];
	struct tw_bytes text = tw_bytes_of(HOSTILE), nul = TW_BYTES("a\0b\x1b");
	struct tw_dh dh = { 1024, HOSTILE, TW_NO };

	f->target = f->host = f->sni = f->address = f->service = f->detail = HOSTILE;
	f->error = HOSTILE;
	TW_PUSH(f->arena, &f->addresses, HOSTILE);
	f->software = f->software_version = f->banner = f->reply = text;
	TW_PUSH(f->arena, &f->capabilities, text);
	TW_PUSH(f->arena, &f->capabilities, nul);
	TW_PUSH(f->arena, &f->alpn, text);
	TW_PUSH(f->arena, &f->alpn, nul);
	TW_PUSH(f->arena, &f->dh, dh);
	c->served.v[0].authentication = HOSTILE;
	c->cert.subject = c->cert.issuer = c->cert.common_name = c->cert.serial = text;
	c->cert.key_type = c->cert.curve = c->cert.signature = HOSTILE;
	c->cert.names.v[0].value = text;
	c->cert.names.v[1].value = nul;
	c->chain.v[0].subject = c->chain.v[0].issuer = text;
	c->staple_status = c->trust_error = c->trust.weak_hash = HOSTILE;
	c->trust.weak_signature = true;
	c->trust.verdict = TW_UNTRUSTED_ROOT;
	c->trusted = c->matches_host = TW_NO;
	tw_facts_untested(f, HOSTILE, TW_COULD_NOT_TEST, HOSTILE);
	return f;
}

/* INTERFACE: none of these code points as itself, and UTF-8 alone. */
static void
check_clean(const char *s, size_t n, bool lines)
{
	json_t *utf8 = json_stringn(s, n);	/* NULL: not UTF-8 */

	assert_non_null(utf8);
	json_decref(utf8);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i], d = i + 1 < n ? (unsigned char)s[i + 1] : 0;
		unsigned char e = i + 2 < n ? (unsigned char)s[i + 2] : 0;

		assert_true((c >= 0x20 && c != 0x7f) || (lines && c == '\n'));
		assert_false(c == 0xc2 && d < 0xa0);
		assert_false(c == 0xd8 && d == 0x9c);
		assert_false(c == 0xe2 && d == 0x80 && (e == 0x8e || e == 0x8f ||
		    (e >= 0xa8 && e <= 0xae)));
		assert_false(c == 0xe2 && d == 0x81 && e >= 0xa6 && e <= 0xa9);
	}
}

static void
check_values(const json_t *v)
{
	const char *key;
	json_t *inner;
	size_t i;

	if (json_is_string(v))
		check_clean(json_string_value(v), json_string_length(v), false);
	json_array_foreach((json_t *)(uintptr_t)v, i, inner)
		check_values(inner);
	json_object_foreach((json_t *)(uintptr_t)v, key, inner) {
		check_clean(key, strlen(key), false);
		check_values(inner);
	}
}

static void
test_nothing_hostile_gets_out(void **state)
{
	const struct tw_report_style styles[] = { { .width = 80 }, { .verbose = true },
		{ .quiet = true } };
	struct tw_facts *f = hostile(), *before = old_imap();
	struct tw_judgement j, bj;
	const char *line = json_of(f, AT);
	json_t *object = json_loads(line, 0, NULL);
	struct tw_buf b;

	(void)state;
	check_clean(line, strlen(line), true);
	check_values(object);
	json_decref(object);
	assert_non_null(strstr(line, "M\xc3\xbcnchen \xe2\x9c\x93"));	/* UTF-8 as it is */
	assert_non_null(strstr(line, "hostile-text"));
	for (size_t i = 0; i < TW_COUNT(styles); i++) {
		const char *s = text_of(f, &styles[i]);

		check_clean(s, strlen(s), true);
	}
	tw_judge(f, tw_policies[0], AT, TW_HIGH, &j);
	tw_judge(before, tw_policies[0], AT, TW_HIGH, &bj);
	tw_buf_init(&b, 1 << 20);
	tw_report_changes(before, &bj, f, &j, &styles[1], &b);
	check_clean((const char *)b.p, b.n, true);
	tw_buf_clear(&b);
	tw_facts_free(f);
	tw_facts_free(before);
}

/* Read from a file, hostile text stays what it was judged to be. */
static void
test_hostile_round_trip(void **state)
{
	struct tw_facts *f = hostile();

	(void)state;
	check_round(f);
	tw_facts_free(f);
}

static void
test_reader_refuses(void **state)
{
	static const struct { const char *json, *says; } cases[] = {
		{ "", "line 1, column 0" },
		{ "{", "line 1, column 1" },
		{ "{\"a\":1,\n\"a\":2}", "line 2, column" },
		{ "[1]", "no schema" },
		{ "{}", "no schema" },
		{ "{\"schema\":1}", "no target" },
		{ "{\"schema\":2,\"target\":\"x\"}", "schema is 2" },
		{ "{\"schema\":1,\"target\":7}", "no target" },
		{ "{\"schema\":1,\"target\":\"x\",\"port\":70000}", "port: not a whole number" },
		{ "{\"schema\":1,\"target\":\"x\",\"port\":\"25\"}", "port: not a whole number" },
		{ "{\"schema\":1,\"target\":\"x\",\"mode\":\"sideways\"}", "mode: not a word" },
		{ "{\"schema\":1,\"target\":\"x\",\"protocols\":{\"SSLv2\":\"maybe\"}}",
		    "protocols.SSLv2: not a word" },
		{ "{\"schema\":1,\"target\":\"x\",\"protocols\":null}", "protocols: null" },
		{ "{\"schema\":1,\"target\":\"x\",\"protocols\":[]}", "protocols: not an object" },
		{ "{\"schema\":1,\"target\":\"x\",\"addresses\":[null]}", "addresses[0]: null" },
		{ "{\"schema\":1,\"target\":\"x\",\"addresses\":\"y\"}", "addresses: not a list" },
		{ "{\"schema\":1,\"target\":\"x\",\"reach\":{\"ms\":1e300}}", "reach.ms: not a number" },
		{ "{\"schema\":1,\"target\":\"x\",\"suites\":{\"TLSv1.2\":{\"list\":[{}]}}}",
		    "suites.TLSv1.2.list[0]: not a code" },
		{ "{\"schema\":1,\"target\":\"x\",\"certificates\":[{\"der\":\"*\"}]}",
		    "certificates[0].der: not base64" },
		{ "{\"schema\":1,\"target\":\"x\",\"certificates\":[{\"sha256\":\"ab\"}]}",
		    "certificates[0].sha256: not 64 hex digits" },
		{ "{\"schema\":1,\"target\":\"x\",\"certificates\":[{\"not_after\":\"@5\"}]}",
		    "certificates[0].not_after: not a time" },
		{ "{\"schema\":1,\"target\":\"x\",\"certificates\":[{\"names\":[{\"type\":\"dns\"}]}]}",
		    "certificates[0].names[0] has no value" },
		{ "{\"schema\":1,\"target\":\"x\",\"untested\":[{\"path\":null}]}",
		    "untested[0].path: null" },
		{ "{\"schema\":1,\"target\":\"x\\u0000\"}", "line 1" },
		{ "{\"schema\":1,\"target\":\"\xff\"}", "line 1" },
		{ "{\"schema\":1 \x1b[2J", "\\u001B" },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(cases); i++) {
		struct tw_facts *f = NULL;
		struct tw_err err = { 0 };

		assert_int_equal(tw_report_read_json(cases[i].json, strlen(cases[i].json), &f,
		    &err), -1);
		if (strstr(err.text, cases[i].says) == NULL)
			print_error("%s: %s\n", cases[i].json, err.text);
		assert_non_null(strstr(err.text, cases[i].says));
		check_clean(err.text, strlen(err.text), false);
		assert_null(f);
	}
}

/* What a newer version may add is passed over; what an older one lacks is "not tested". */
static void
test_reader_bears(void **state)
{
	struct tw_facts *f = read_back("{\"schema\":1,\"target\":\"x\",\"new\":{\"deep\":[1]},"
	    "\"features\":{\"telepathy\":\"yes\"},\"dialogue\":null,\"port\":null}");

	(void)state;
	assert_string_equal(f->target, "x");
	assert_int_equal(f->port, 0);
	assert_false(f->has_dialogue);
	assert_int_equal(f->features[TW_FEAT_RESUMPTION], TW_NOT_TESTED);
	tw_facts_free(f);
}

static void
check_changes(const char *name, struct tw_facts *before, struct tw_facts *now)
{
	const struct tw_report_style style = { .width = 80 };
	struct tw_judgement bj, nj;
	struct tw_buf b;

	tw_judge(before, tw_policies[0], AT, TW_HIGH, &bj);
	tw_judge(now, tw_policies[0], AT, TW_HIGH, &nj);
	tw_buf_init(&b, 1 << 20);
	tw_report_changes(before, &bj, now, &nj, &style, &b);
	check_golden(name, tw_buf_cstr(&b));
	tw_buf_clear(&b);
}

static void
test_changes(void **state)
{
	struct tw_facts *before = old_imap(), *now = old_imap(), *same = old_imap();

	(void)state;
	now->protocols[TW_TLS10] = TW_NO;
	memset(&now->suites[TW_TLS10], 0, sizeof(now->suites[0]));
	now->suites[TW_TLS12].codes.n = 3;
	now->groups[TW_TLS13].codes.v[0] = 29;
	now->groups[TW_TLS13].codes.v[1] = 23;
	now->groups[TW_TLS13].codes.n = 2;
	now->certificates.v[0].cert.not_after = AT + 5 * DAY;
	now->certificates.v[0].cert.sha256[0] = 1;
	now->reach_ms = 99;
	now->started = AT + DAY;
	memset(now->attacks, 0, sizeof(now->attacks));
	now->untested.n = 1;
	tw_facts_infer(now);
	check_changes("changes.txt", before, now);
	same->started = AT + DAY;
	same->connections = 5;
	check_changes("changes-none.txt", before, same);
	tw_facts_free(before);
	tw_facts_free(now);
	tw_facts_free(same);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_of_a_certificate),
		cmocka_unit_test(test_key_order),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_shape_of_text),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_steady),
		cmocka_unit_test(test_nothing_hostile_gets_out),
		cmocka_unit_test(test_hostile_round_trip),
		cmocka_unit_test(test_reader_refuses),
		cmocka_unit_test(test_reader_bears),
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

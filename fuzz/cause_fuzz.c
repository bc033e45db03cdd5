/*
 * Any facts of a diagnosis are judged, and told, without a fault: the same twice; each cause
 * with its sentence and its steps filled in; the report holds no raw control character, the
 * JSON reads back.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/diagnosis.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What a byte chooses: 0 when there are no more. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

static unsigned
pick(struct bytes *in, unsigned most)
{
	unsigned v = 0;

	if (in->n > 0) {
		v = *in->p++ % most;
		in->n--;
	}
	return v;
}

static struct tw_bytes
words(struct tw_arena *a, struct bytes *in)
{
	static const char *const usual[] = { "421 too many", "* BYE",
	    "HTTP/1.1 302 Found\r\nLocation: http://x.example/\r\n\r\n", "HTTP/1.1 511 x\r\n\r\n", "HTTP/1.1 407 x\r\nVia: y\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2020 10:00:00 GMT\r\n\r\n", "HTTP/1.1 502 Bad\r\n\r\n" };
	unsigned kind = pick(in, 10), size = pick(in, 64);
	struct tw_bytes v = { in->p, size < in->n ? size : in->n };

	if (kind == 0)
		return (struct tw_bytes){ NULL, 0 };
	if (kind <= TW_COUNT(usual))
		return tw_bytes_of(usual[kind - 1]);
	in->p += v.n;
	in->n -= v.n;
	return tw_arena_bytes(a, v);
}

static const char *
word(struct tw_arena *a, struct bytes *in)
{
	struct tw_bytes v = words(a, in);

	return v.p == NULL ? NULL : tw_arena_str(a, tw_arena_fmt(a, "%.*s", (int)v.n, (const char *)v.p));
}

static void
add_certificate(struct tw_facts *f, struct bytes *in)
{
	static const int64_t dates[] = { 0, 1500000000, 1790000000, 1795478400, 1800000000, INT64_MAX };
	struct tw_certificate c = { 0 };
	struct tw_served met = { (enum tw_sni_kind)pick(in, 3), TW_TLS13, "RSA" };

	c.cert.parsed = pick(in, 8) != 0;
	c.cert.subject = words(f->arena, in);
	c.cert.issuer = pick(in, 3) == 0 ? TW_BYTES("CN=FortiGate CA") : words(f->arena, in);
	c.cert.common_name = words(f->arena, in);
	c.cert.not_before = dates[pick(in, TW_COUNT(dates))];
	c.cert.not_after = dates[pick(in, TW_COUNT(dates))];
	for (unsigned i = pick(in, 10); i > 0; i--) {
		struct tw_name name = { (enum tw_name_kind)pick(in, 5), words(f->arena, in) };

		if (name.value.p != NULL)
			TW_PUSH(f->arena, &c.cert.names, name);
	}
	c.matches_host = (enum tw_check)pick(in, 5);
	c.trusted = (enum tw_check)pick(in, 5);
	c.revoked = (enum tw_check)pick(in, 5);
	c.trust.verdict = (enum tw_trust_verdict)pick(in, TW_TRUST_OTHER + 1);
	c.trust.issues = pick(in, 128);
	c.trust.public_root = pick(in, 2) != 0;
	c.trust_error = word(f->arena, in);
	TW_PUSH(f->arena, &c.served, met);
	TW_PUSH(f->arena, &f->certificates, c);
}

static struct tw_facts *
look(const struct tw_diagnosis *d, const struct tw_spot *s, struct bytes *in)
{
	static const double ms[] = { 0, 0.1, 40, 3000, 5000 };
	struct tw_facts *f = tw_facts_new("x");

	f->host = tw_arena_str(f->arena, d->host);
	f->port = s->port;
	f->sni = pick(in, 3) != 0 ? f->host : NULL;
	f->address = pick(in, 3) != 0 ? "192.0.2.1" : NULL;
	f->tcp = pick(in, 4) != 0 ? TW_TCP_OPEN : (enum tw_tcp)pick(in, TW_TCP_LOCAL_ERROR + 1);
	f->tls = (enum tw_reach_tls)pick(in, TW_REACH_ALERT + 1);
	f->mode = (enum tw_mode)pick(in, 4);
	f->service = word(f->arena, in);
	f->detail = word(f->arena, in);
	f->error = word(f->arena, in);
	f->banner = words(f->arena, in);
	f->reply = words(f->arena, in);
	f->has_dialogue = pick(in, 2) != 0;
	f->starttls_offered = (enum tw_check)pick(in, 5);
	f->response_injected = pick(in, 4) == 1;
	f->preauth = pick(in, 4) == 1;
	f->throttled = pick(in, 4) == 1;
	f->course.greeting_ms = ms[pick(in, TW_COUNT(ms))];
	f->course.dialogue_ms = ms[pick(in, TW_COUNT(ms))];
	f->course.hello_ms = ms[pick(in, TW_COUNT(ms))];
	f->course.words_ms = ms[pick(in, TW_COUNT(ms))];
	f->course.shaken = pick(in, 2) != 0;
	f->course.alert = (int)pick(in, 255) - 1;
	f->course.words = words(f->arena, in);
	for (int i = 0; i < TW_TODAYS; i++) {
		f->today[i].fate = (enum tw_fate)pick(in, TW_FATE_GARBAGE + 1);
		f->today[i].alert = (uint8_t)pick(in, 255);
		f->today[i].version = pick(in, 2) != 0 ? 0x0304 : (uint16_t)pick(in, 255);
	}
	for (int v = 0; v < TW_VERSIONS; v++)
		f->protocols[v] = (enum tw_check)pick(in, 5);
	f->features[TW_FEAT_SNI_REQUIRED] = (enum tw_check)pick(in, 5);
	f->features[TW_FEAT_CLIENT_CERTIFICATE] = (enum tw_check)pick(in, 5);
	for (unsigned i = pick(in, 3); i > 0; i--)
		add_certificate(f, in);
	return f;
}

static struct tw_diagnosis *
build(struct bytes *in)
{
	static const char *const hosts[] = { "mail.example.com", "192.0.2.1", "2001:db8::1", "x", "a.local",
		"example.com" };
	static const uint16_t ports[] = { 0, 443, 25, 465, 587, 993, 143, 80, 22, 5432, 636, 389, 12345 };
	struct tw_diagnosis *d = tw_diagnosis_new("target");

	d->host = hosts[pick(in, TW_COUNT(hosts))];
	d->is_address = tw_cert_host_is_ip(d->host);
	d->port = ports[pick(in, TW_COUNT(ports))];
	d->through_proxy = pick(in, 8) == 1;
	d->connect = pick(in, 8) == 1 ? "192.0.2.9" : NULL;
	d->v4.state = (enum tw_lookup)pick(in, TW_LOOKUP_BAD_NAME + 1);
	d->v6.state = (enum tw_lookup)pick(in, TW_LOOKUP_BAD_NAME + 1);
	/* As exam/ asks: the parent is what stands behind the first dot. */
	d->parent = strncmp(d->host, "mail.", 5) == 0 ? d->host + 5 : NULL;
	d->parent_found.state = d->parent == NULL || d->connect != NULL ? TW_LOOKUP_NONE
	    : (enum tw_lookup)pick(in, TW_LOOKUP_BAD_NAME + 1);
	if (pick(in, 3) != 0)
		TW_PUSH(d->arena, &d->addresses, "192.0.2.1");
	d->http_asked = pick(in, 2) != 0;
	if (d->http_asked)
		d->http_head = words(d->arena, in);
	d->cloud = pick(in, 3) == 1 ? "Amazon EC2" : NULL;
	d->dark25 = pick(in, 3);
	d->lit25 = pick(in, 3);
	d->at = d->started = 1795478400;
	d->at_given = pick(in, 4) == 1;
	for (unsigned i = pick(in, 6) + 1; i > 0; i--) {
		struct tw_spot s = { .port = ports[1 + pick(in, TW_COUNT(ports) - 1)],
			.role = (enum tw_role)pick(in, 3) };

		if (tw_diagnosis_spot(d, s.port) != NULL)
			continue;
		s.row = tw_port_by_number(s.port);
		for (unsigned k = pick(in, 4); k > 0; k--) {
			struct tw_knock knock = { "192.0.2.1", pick(in, 2) != 0,
				(enum tw_tcp)pick(in, TW_TCP_LOCAL_ERROR + 1), pick(in, 4) == 1, pick(in, 200),
				pick(in, 2) != 0 ? "no route to host" : NULL };

			TW_PUSH(d->arena, &s.knocks, knock);
		}
		for (unsigned k = pick(in, 3); k > 0; k--)
			TW_PUSH(d->arena, &s.looks, look(d, &s, in));
		TW_PUSH(d->arena, &d->spots, s);
	}
	return d;
}

static void
check_causes(const struct tw_diagnosis *d)
{
	bool fault = false;

	for (size_t i = 0; i < d->causes.n; i++) {
		const struct tw_cause *x = &d->causes.v[i];

		fault |= x->fault;
		assert(x->sentence != NULL && x->sentence[0] != '\0');
		for (size_t k = 0; k < x->next.n; k++)
			assert(x->next.v[k][0] != '\0');
	}
	assert(fault == (d->verdict == TW_DIAGNOSIS_CAUSE));
	assert(tw_cause_sentence(d)[0] != '\0');
}

static void
check_reports(struct tw_diagnosis *d)
{
	struct tw_report_style style = { .width = 80, .verbose = true };
	struct tw_buf text, json;
	json_t *object;

	tw_buf_init(&text, 1 << 22);
	tw_buf_init(&json, 1 << 22);
	for (int quiet = 0; quiet < 2; quiet++) {
		style.quiet = quiet != 0;
		tw_report_diagnosis(d, &style, &text);
	}
	assert(!text.failed);
	for (size_t i = 0; i < text.n; i++)
		assert(text.p[i] >= ' ' || text.p[i] == '\n');
	tw_report_diagnosis_json(d, &json);
	assert(!json.failed);
	object = json_loadb((const char *)json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	assert(json_is_object(object));
	json_decref(object);
	tw_buf_clear(&text);
	tw_buf_clear(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct bytes in = { p, n };
	struct tw_diagnosis *d = build(&in);
	struct { enum tw_cause_id id; enum tw_sure sure; unsigned port; } was[TW_CAUSES * 8];
	size_t met;

	tw_cause_judge(d);
	met = d->causes.n < TW_COUNT(was) ? d->causes.n : TW_COUNT(was);
	for (size_t i = 0; i < met; i++) {
		was[i].id = d->causes.v[i].id;
		was[i].sure = d->causes.v[i].sure;
		was[i].port = d->causes.v[i].port;
	}
	check_causes(d);
	tw_cause_judge(d);
	check_causes(d);
	assert(d->causes.n >= met);
	for (size_t i = 0; i < met; i++)
		assert(d->causes.v[i].id == was[i].id && d->causes.v[i].sure == was[i].sure &&
		    d->causes.v[i].port == was[i].port);
	check_reports(d);
	tw_diagnosis_free(d);
	return 0;
}

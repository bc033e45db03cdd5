/*
 * Facts of a diagnosis -> causes: a healthy target has none; each row changes one thing and
 * says which cause comes first then, and how sure it is. And what the table promises of itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/explain.h"
#include "judge/cause.h"

#define AT	INT64_C(1795478400)	/* 2026-11-24T00:00:00Z */
#define DAY	INT64_C(86400)

static struct tw_spot *
add_spot(struct tw_diagnosis *d, uint16_t port, enum tw_role role, enum tw_tcp tcp)
{
	struct tw_spot s = { .port = port, .role = role, .row = tw_port_by_number(port) };
	struct tw_knock k = { .address = "192.0.2.1", .tcp = tcp, .ms = tcp == TW_TCP_FILTERED ? 5000 : 20 };

	TW_PUSH(d->arena, &s.knocks, k);
	TW_PUSH(d->arena, &d->spots, s);
	return &d->spots.v[d->spots.n - 1];
}

static struct tw_facts *
add_look(struct tw_diagnosis *d, uint16_t port)
{
	struct tw_spot *s = tw_diagnosis_spot(d, port);
	struct tw_facts *f = tw_facts_new("x");
	struct tw_certificate c = { 0 };
	struct tw_served met = { TW_SNI_GIVEN, TW_TLS13, "RSA" };
	struct tw_name name = { TW_NAME_DNS, tw_bytes_of("mail.example.com") };

	f->host = f->sni = "mail.example.com";
	f->address = "192.0.2.1";
	f->port = port;
	f->service = s->row->service;
	f->mode = s->row->mode;
	f->tcp = TW_TCP_OPEN;
	f->tls = TW_REACH_TLS;
	f->protocols[TW_TLS13] = TW_YES;
	f->course.hello_ms = 40;
	f->today[TW_TODAY_LARGE].fate = f->today[TW_TODAY_SMALL].fate = TW_FATE_ANSWERED;
	c.cert.parsed = true;
	c.cert.subject = tw_bytes_of("CN=mail.example.com");
	c.cert.issuer = tw_bytes_of("CN=R3");
	c.cert.not_before = AT - 30 * DAY;
	c.cert.not_after = AT + 60 * DAY;
	c.matches_host = c.trusted = TW_YES;
	TW_PUSH(f->arena, &c.cert.names, name);
	TW_PUSH(f->arena, &c.served, met);
	TW_PUSH(f->arena, &f->certificates, c);
	TW_PUSH(d->arena, &s->looks, f);
	return f;
}

static struct tw_diagnosis *
target(uint16_t port)
{
	struct tw_diagnosis *d = tw_diagnosis_new("mail.example.com");

	d->host = "mail.example.com";
	d->port = port;
	d->at = d->started = AT;
	d->v4 = (struct tw_looked_up){ TW_LOOKUP_FOUND, 10 };
	d->v6 = (struct tw_looked_up){ TW_LOOKUP_NO_ADDRESS, 10 };
	TW_PUSH(d->arena, &d->addresses, "192.0.2.1");
	return d;
}

/* A healthy 443 with nothing around it. */
static struct tw_diagnosis *
good(void)
{
	struct tw_diagnosis *d = target(443);

	add_spot(d, 443, TW_ROLE_ASKED, TW_TCP_OPEN);
	add_look(d, 443);
	return d;
}

static void
expect(struct tw_diagnosis *d, const char *id, enum tw_sure sure)
{
	const struct tw_cause *x;

	tw_cause_judge(d);
	x = tw_cause_first(d);
	if (id == NULL) {
		assert_int_equal(d->verdict, TW_DIAGNOSIS_WORKS);
		assert_true(x == NULL || !x->fault);
	} else {
		assert_int_equal(d->verdict, TW_DIAGNOSIS_CAUSE);
		assert_non_null(x);
		assert_string_equal(tw_causes[x->id].id, id);
		assert_int_equal(x->sure, sure);
		assert_true(x->next.n > 0);
		for (size_t i = 0; i < x->next.n; i++)
			assert_null(strchr(x->next.v[i], '{'));
	}
	tw_diagnosis_free(d);
}

static struct tw_certificate *
certificate(struct tw_diagnosis *d)
{
	return &d->spots.v[0].looks.v[0]->certificates.v[0];
}

static void
test_healthy(void **state)
{
	struct tw_diagnosis *d = good();

	(void)state;
	expect(d, NULL, TW_CERTAIN);
	d = good();
	add_spot(d, 80, TW_ROLE_SIBLING, TW_TCP_FILTERED);	/* a silent sibling is a note */
	expect(d, NULL, TW_CERTAIN);
	d = target(25);		/* nobody verifies an MX */
	add_spot(d, 25, TW_ROLE_ASKED, TW_TCP_OPEN);
	add_look(d, 25)->certificates.v[0].trusted = TW_NO;
	d->spots.v[0].looks.v[0]->certificates.v[0].trust.verdict = TW_SELF_SIGNED;
	expect(d, NULL, TW_CERTAIN);
}

static void
test_ports(void **state)
{
	struct tw_diagnosis *d = target(465);

	(void)state;
	add_spot(d, 465, TW_ROLE_ASKED, TW_TCP_FILTERED);
	add_spot(d, 587, TW_ROLE_SIBLING, TW_TCP_OPEN);
	expect(d, "implicit-port-blocked", TW_LIKELY);
	d = target(465);
	add_spot(d, 465, TW_ROLE_ASKED, TW_TCP_FILTERED);
	add_spot(d, 22, TW_ROLE_WITNESS, TW_TCP_CLOSED);
	expect(d, "port-filtered", TW_LIKELY);
	d = target(465);
	add_spot(d, 465, TW_ROLE_ASKED, TW_TCP_FILTERED);
	add_spot(d, 22, TW_ROLE_WITNESS, TW_TCP_FILTERED);
	expect(d, "host-dark", TW_LIKELY);
	d = target(465);
	add_spot(d, 465, TW_ROLE_ASKED, TW_TCP_CLOSED);
	expect(d, "port-closed", TW_CERTAIN);
	d = target(465);
	add_spot(d, 465, TW_ROLE_ASKED, TW_TCP_LOCAL_ERROR);
	expect(d, "local-refused", TW_CERTAIN);
}

static struct tw_diagnosis *
silent25(void)
{
	struct tw_diagnosis *d = target(25);

	add_spot(d, 25, TW_ROLE_ASKED, TW_TCP_FILTERED);
	add_spot(d, 587, TW_ROLE_SIBLING, TW_TCP_OPEN);
	return d;
}

static void
test_port_25(void **state)
{
	struct tw_diagnosis *d = silent25();

	(void)state;
	expect(d, "port-25-blocked", TW_LIKELY);
	d = silent25();
	d->dark25 = 1;
	expect(d, "port-25-blocked-here", TW_LIKELY);
	d = silent25();
	d->cloud = "Amazon EC2";
	expect(d, "port-25-blocked-here", TW_LIKELY);
	d = silent25();
	d->cloud = "Amazon EC2";
	d->dark25 = 2;
	expect(d, "port-25-blocked-here", TW_CERTAIN);
	d = silent25();
	d->cloud = "Amazon EC2";
	d->lit25 = 1;		/* another server's 25 answers: it is not here */
	expect(d, "port-25-blocked", TW_LIKELY);
}

static void
test_families(void **state)
{
	struct tw_knock k = { .address = "2001:db8::1", .v6 = true, .tcp = TW_TCP_FILTERED, .ms = 5000 };
	struct tw_diagnosis *d = good();

	(void)state;
	TW_PUSH(d->arena, &d->spots.v[0].knocks, k);
	expect(d, "ipv6-broken", TW_CERTAIN);
	d = good();
	k.tcp = TW_TCP_UNREACHABLE;
	k.here = true;		/* no IPv6 here: nothing to mend at the server */
	TW_PUSH(d->arena, &d->spots.v[0].knocks, k);
	expect(d, NULL, TW_CERTAIN);
}

static void
test_hellos(void **state)
{
	struct tw_diagnosis *d = good();
	struct tw_facts *f = d->spots.v[0].looks.v[0];

	(void)state;
	f->today[TW_TODAY_LARGE].fate = TW_FATE_SILENT;
	expect(d, "large-hello-lost", TW_LIKELY);
	d = good();
	d->spots.v[0].looks.v[0]->today[TW_TODAY_LARGE].fate = TW_FATE_CLOSED;
	expect(d, "large-hello-refused", TW_CERTAIN);
	d = good();
	f = d->spots.v[0].looks.v[0];
	f->today[TW_TODAY_LARGE].fate = f->today[TW_TODAY_SMALL].fate = TW_FATE_SILENT;
	f->today[TW_TODAY_TINY].fate = TW_FATE_ANSWERED;
	expect(d, "large-answer-lost", TW_LIKELY);
	d = good();
	f = d->spots.v[0].looks.v[0];
	f->protocols[TW_TLS13] = TW_NO;
	f->protocols[TW_TLS10] = TW_YES;
	f->today[TW_TODAY_LARGE].fate = f->today[TW_TODAY_SMALL].fate = TW_FATE_ALERT;
	expect(d, "old-version", TW_CERTAIN);
	d = good();
	f = d->spots.v[0].looks.v[0];
	f->today[TW_TODAY_LARGE].fate = f->today[TW_TODAY_SMALL].fate = TW_FATE_ALERT;
	expect(d, "old-suites", TW_CERTAIN);
}

static void
test_certificates(void **state)
{
	struct tw_diagnosis *d = good();

	(void)state;
	certificate(d)->cert.not_after = AT - DAY;
	expect(d, "certificate-expired", TW_CERTAIN);
	d = good();
	certificate(d)->matches_host = TW_NO;
	expect(d, "name-mismatch", TW_CERTAIN);
	d = good();
	certificate(d)->matches_host = TW_NO;
	d->is_address = true;
	d->host = "192.168.1.100";
	d->spots.v[0].looks.v[0]->sni = NULL;
	expect(d, "address-not-in-certificate", TW_CERTAIN);
	d = good();
	certificate(d)->trusted = TW_NO;
	certificate(d)->trust.verdict = TW_UNTRUSTED_ROOT;
	expect(d, "certificate-untrusted", TW_CERTAIN);
	d = good();
	certificate(d)->trusted = TW_NO;
	certificate(d)->trust.verdict = TW_UNTRUSTED_ROOT;
	certificate(d)->cert.issuer = tw_bytes_of("CN=Zscaler Intermediate Root CA, O=Zscaler Inc.");
	expect(d, "tls-inspected", TW_LIKELY);
}

static void
test_clock(void **state)
{
	struct tw_diagnosis *d = good();

	(void)state;
	/* Valid in November 2029, where port 80 says that we are. */
	certificate(d)->cert.not_before = AT + 1085 * DAY;
	certificate(d)->cert.not_after = AT + 1150 * DAY;
	d->http_asked = true;
	d->http_head = TW_BYTES("HTTP/1.1 200 OK\r\nDate: Fri, 23 Nov 2029 10:00:00 GMT\r\n\r\n");
	expect(d, "clock-wrong", TW_LIKELY);
	d = good();
	certificate(d)->cert.not_after = AT - DAY;
	d->http_asked = true;	/* the same day: it is the certificate */
	d->http_head = TW_BYTES("HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 01:00:00 GMT\r\n\r\n");
	expect(d, "certificate-expired", TW_CERTAIN);
	d = good();
	certificate(d)->cert.not_after = AT - DAY;
	d->at_given = true;	/* --at: nobody's clock is in question */
	d->http_asked = true;
	d->http_head = TW_BYTES("HTTP/1.1 200 OK\r\nDate: Fri, 24 Nov 2025 10:00:00 GMT\r\n\r\n");
	expect(d, "certificate-expired", TW_CERTAIN);
}

static void
test_names(void **state)
{
	struct tw_diagnosis *d = target(443);

	(void)state;
	d->addresses.n = 0;
	d->v4.state = d->v6.state = TW_LOOKUP_NO_NAME;
	expect(d, "name-unknown", TW_CERTAIN);
	d = target(443);
	d->addresses.n = 0;
	d->v4.state = d->v6.state = TW_LOOKUP_SILENT;
	expect(d, "resolver-silent", TW_CERTAIN);
	d = good();
	d->v6.state = TW_LOOKUP_SILENT;
	expect(d, "half-dns", TW_CERTAIN);
}

static void
test_http(void **state)
{
	static const struct { const char *head; unsigned status; int64_t date; const char *location; } rows[] = {
		{ "HTTP/1.1 302 Found\r\nLocation: http://x/\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n\r\n",
		    302, AT, "http://x/" },
		{ "HTTP/1.0 200\r\ndate:Tue, 24 Nov 2026 00:00:00 GMT", 200, AT, NULL },
		{ "HTTP/1.1 200 OK\r\nDate: Tuesday, 24-Nov-26 00:00:00 GMT\r\n\r\n", 200, 0, NULL },
		{ "HTTP/1.1 200 OK\r\nDate: Tue, 99 Nov 2026 00:00:00 GMT\r\n\r\n", 200, 0, NULL },
		{ "HTTP/1.1 2x0 OK\r\n\r\n", 0, 0, NULL },
		{ "HTTP/1.1 200 OK\r\n\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n", 200, 0, NULL },
		{ "SSH-2.0-x\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\n", 0, 0, NULL },
		{ "", 0, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		struct tw_http h;

		tw_http_read(tw_bytes_of(rows[i].head), &h);
		assert_int_equal(h.status, rows[i].status);
		assert_true(h.date == rows[i].date);
		assert_true(rows[i].location == NULL ? h.location.p == NULL
		    : tw_bytes_equal(h.location, tw_bytes_of(rows[i].location)));
	}
}

/* Ids are unique and kebab-case; each cause has steps in plain words and a topic there is. */
static void
test_table(void **state)
{
	(void)state;
	for (int i = 0; i < TW_CAUSES; i++) {
		const struct tw_cause_row *row = &tw_causes[i];

		assert_true(strspn(row->id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(row->id));
		assert_int_equal(tw_cause_by_id(row->id), i);
		assert_true(row->title[0] != '\0' && row->title[strlen(row->title) - 1] != '.');
		if (row->next[0] == '\0' || strchr(".?", row->next[strlen(row->next) - 1]) == NULL)
			fail_msg("%s: its steps end without a stop", row->id);
		if (row->topic != NULL && tw_explanation_by_id(row->topic) == NULL)
			fail_msg("%s: there is no topic %s", row->id, row->topic);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy), cmocka_unit_test(test_ports),
		cmocka_unit_test(test_port_25), cmocka_unit_test(test_families),
		cmocka_unit_test(test_hellos), cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_clock), cmocka_unit_test(test_names),
		cmocka_unit_test(test_http), cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

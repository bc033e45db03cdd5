/* told.c -- the story of a handshake; told_choice.c has what was offered and chosen. See told.h. */
#include "report/told.h"

#include "base/text.h"
#include "data/alert.h"
#include "data/scheme.h"
#include "data/version.h"
#include "report/told_inside.h"

#define WORDS_SHOWN	12	/* lines of dialogue of one turn */
#define HEX_SHOWN	24	/* bytes of a binary dialogue */
#define CHAIN_SHOWN	6

void
tw_told_init(struct tw_told *t, struct tw_arena *arena,
    const struct tw_report_style *style, struct tw_buf *out)
{
	*t = (struct tw_told){ .arena = arena };
	tw_page_init(&t->page, style, out);
	tw_flight_init(&t->flight, arena, TW_WANT_FLIGHT, (struct tw_bytes){ NULL, 0 }, NULL,
	    NULL, 0);
}

void
tw_told_clear(struct tw_told *t)
{
	tw_flight_clear(&t->flight);
}

/* "    12.3 ms  ->  ": the beginning of a line; who speaks is an arrow. */
static void
begin(struct tw_told *t, double ms, const char *arrow)
{
	tw_page_fmt(&t->page, TW_INK_DIM, "%9.1f ms  ", ms);
	tw_page_put(&t->page, TW_INK_NOTE, arrow);
	tw_page_to(&t->page, TW_TOLD_INDENT);
}

void
tw_told_row(struct tw_told *t, const char *label, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	tw_page_to(&t->page, TW_TOLD_INDENT);
	tw_page_put(&t->page, TW_INK_DIM, label);
	tw_page_to(&t->page, TW_TOLD_TEXT);
	tw_page_wrap(&t->page, TW_TOLD_TEXT, TW_INK_PLAIN, text);
}

void
tw_told_note(struct tw_told *t, double ms, const char *what)
{
	begin(t, ms, "--");
	tw_page_wrap(&t->page, TW_TOLD_INDENT, TW_INK_PLAIN, what);
}

static bool
is_text(struct tw_bytes v)
{
	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] < 0x20 && v.p[i] != '\r' && v.p[i] != '\n' && v.p[i] != '\t')
			return false;
	return v.n > 0;
}

static void
put_binary(struct tw_told *t, struct tw_bytes v)
{
	struct tw_bytes head = { v.p, v.n < HEX_SHOWN ? v.n : HEX_SHOWN };
	struct tw_buf hex;

	tw_buf_init(&hex, 2 * HEX_SHOWN + 1);
	tw_text_hex(&hex, head);
	tw_page_wrap(&t->page, TW_TOLD_INDENT, TW_INK_PLAIN, tw_arena_fmt(t->arena,
	    "%zu bytes: %s%s", v.n, tw_buf_cstr(&hex), head.n < v.n ? "…" : ""));
	tw_buf_clear(&hex);
}

void
tw_told_words(struct tw_told *t, double ms, bool by_server, struct tw_bytes words)
{
	unsigned lines = 0;

	if (words.n > 0 && !is_text(words)) {
		begin(t, ms, by_server ? "<-" : "->");
		put_binary(t, words);
		return;
	}
	while (words.n > 0 && lines++ < WORDS_SHOWN) {
		const uint8_t *nl = memchr(words.p, '\n', words.n);
		struct tw_bytes line = { words.p, nl != NULL ? (size_t)(nl - words.p) : words.n };

		words.n -= line.n + (nl != NULL);
		words.p += line.n + (nl != NULL);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		begin(t, ms, by_server ? "<-" : "->");
		tw_page_wrap(&t->page, TW_TOLD_INDENT, TW_INK_PLAIN,
		    tw_text_escaped(t->arena, line));
	}
	if (words.n > 0)
		tw_told_row(t, "…", "and more");
}

/* ---- what the server shows ---- */

static const char *
day(struct tw_told *t, int64_t seconds)
{
	char text[32];

	return tw_arena_fmt(t->arena, "%.10s", tw_text_time(seconds, text));
}

static const char *
names_of(struct tw_told *t, const struct tw_cert *c)
{
	const char *list = "";

	for (size_t i = 0; i < c->names.n && i < CHAIN_SHOWN; i++)
		list = tw_arena_fmt(t->arena, "%s%s%s", list, i == 0 ? "" : ", ",
		    tw_text_escaped(t->arena, c->names.v[i].value));
	return c->names.n > CHAIN_SHOWN ? tw_arena_fmt(t->arena, "%s and %zu more", list,
	    c->names.n - CHAIN_SHOWN) : list;
}

/* The two questions a client asks of a certificate, and its dates: the part that makes it trust. */
static void
put_verification(struct tw_told *t, const struct tw_cert *c)
{
	struct tw_trust_result result;
	double left = ((double)c->not_after - (double)t->at) / 86400;

	if (t->host != NULL)
		tw_told_row(t, "name", tw_arena_fmt(t->arena, tw_cert_fits(c, t->host)
		    ? "%s stands in the certificate: it fits"
		    : "%s does not stand in the certificate: a client stops here", t->host));
	tw_told_row(t, "dates", t->at < c->not_before ? "not yet valid: a client stops here (or "
	    "this machine's clock is wrong)" : left < 0 ? tw_arena_fmt(t->arena,
	    "expired %.1f days ago: a client stops here", -left) : tw_arena_fmt(t->arena,
	    "valid, %.1f days left", left));
	if (t->trust == NULL)
		return;
	tw_trust_judge(t->trust, t->arena, t->flight.chain, t->flight.chain_n, t->at, &result);
	tw_told_row(t, "trust", result.verdict == TW_TRUSTED ? result.public_root
	    ? "the chain leads to a root of this system: trusted"
	    : "the chain leads to a root given here: trusted"
	    : tw_arena_fmt(t->arena, "%s: a client stops here", result.reason));
}

void
tw_told_certificate(struct tw_told *t)
{
	struct tw_flight *f = &t->flight;
	struct tw_cert c;

	if (f->chain_n == 0) {
		tw_told_row(t, "none", "the list is empty");
		return;
	}
	tw_cert_read(t->arena, f->chain[0], &c);
	if (!c.parsed) {
		tw_told_row(t, "leaf", "it cannot be read");
		return;
	}
	tw_told_row(t, "leaf", tw_arena_fmt(t->arena, "%s, %s %u bits, signed with %s",
	    tw_text_escaped(t->arena, c.subject), c.key_type, c.key_bits, c.signature));
	tw_told_row(t, "names", names_of(t, &c));
	tw_told_row(t, "from, to", tw_arena_fmt(t->arena, "%s to %s", day(t, c.not_before),
	    day(t, c.not_after)));
	tw_told_row(t, "issuer", tw_text_escaped(t->arena, c.issuer));
	for (size_t i = 1; i < f->chain_n && i < CHAIN_SHOWN; i++) {
		struct tw_link link;

		tw_cert_read_link(t->arena, f->chain[i], &link);
		tw_told_row(t, i == 1 ? "chain" : "", tw_arena_fmt(t->arena, "%s, by %s",
		    tw_text_escaped(t->arena, link.subject),
		    tw_text_escaped(t->arena, link.issuer)));
	}
	put_verification(t, &c);
}

void
tw_told_scheme(struct tw_told *t, uint16_t code, const char *what)
{
	const struct tw_scheme *s = tw_scheme_by_code(code);

	tw_told_row(t, "signature", tw_arena_fmt(t->arena, "%s %s: the server holds the key of "
	    "that certificate", s != NULL ? s->name : "a scheme unknown to us,", what));
}

/* ---- messages ---- */

/* What is told of a message, once it has been read. by: 'c' the client, 's' the server. */
static const struct row {
	uint8_t type;
	char by;
	const char *name;
	void (*tell)(struct tw_told *t, struct tw_bytes body);
	const char *says;		/* where there is nothing to look at */
} rows[] = {
	{ 0, 's', "HelloRequest", NULL, "the server wants to negotiate again" },
	{ 1, 'c', "ClientHello", tw_told_client_hello, NULL },
	{ 2, 's', "ServerHello", tw_told_server_hello, NULL },
	{ 4, 's', "NewSessionTicket", tw_told_ticket, NULL },
	{ 8, 's', "EncryptedExtensions", tw_told_extensions, NULL },
	{ 11, 's', "Certificate", tw_told_server_certificate, NULL },
	{ 11, 'c', "Certificate", NULL, "empty: we have none to show" },
	{ 12, 's', "ServerKeyExchange", tw_told_key_exchange, NULL },
	{ 13, 's', "CertificateRequest", NULL,
	    "the server would like a certificate of the client" },
	{ 14, 's', "ServerHelloDone", NULL, "the server waits for the client's part" },
	{ 15, 's', "CertificateVerify", tw_told_verify, NULL },
	{ 16, 'c', "ClientKeyExchange", NULL, "the client's part of the key exchange: both "
	    "sides can now compute the keys" },
	{ 20, 's', "Finished", NULL, "its MAC over all messages is right: nobody changed the "
	    "handshake on the way" },
	{ 20, 'c', "Finished", NULL, "ours, for the server to compare" },
	{ 22, 's', "CertificateStatus", NULL, "an OCSP response, stapled" },
	{ 24, 's', "KeyUpdate", NULL, "the server changes its key" },
};

static const struct row *
row_of(uint8_t type, bool by_server)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (rows[i].type == type && rows[i].by == (by_server ? 's' : 'c'))
			return &rows[i];
	return NULL;
}

/* The flight's own reader reads what stands between ServerHello and Finished. */
static void
read_message(struct tw_told *t, struct tw_bytes message)
{
	static const uint8_t read[] = { 2, 8, 11, 12, 13, 14, 15, 22 };
	struct tw_flight *f = &t->flight;

	t->finished = t->finished || message.p[0] == 20;
	if (t->finished || memchr(read, message.p[0], sizeof(read)) == NULL)
		return;
	if (message.p[0] == 2 && f->retry && f->turn != TW_FLIGHT_MORE) {
		tw_flight_clear(f);
		tw_flight_init(f, t->arena, TW_WANT_FLIGHT, (struct tw_bytes){ NULL, 0 }, NULL,
		    NULL, 0);
		t->retried = true;
	}
	tw_flight_take(f, message);
}

void
tw_told_message(struct tw_told *t, double ms, bool by_server, struct tw_bytes message)
{
	const struct row *row;
	struct tw_bytes body = message;
	bool retry;

	if (!tw_bytes_take(&body, 4, &message))
		return;
	message = (struct tw_bytes){ message.p, body.n + 4 };
	if (by_server)
		read_message(t, message);
	retry = by_server && message.p[0] == 2 && t->flight.retry;
	row = row_of(message.p[0], by_server);
	begin(t, ms, by_server ? "<-" : "->");
	if (row == NULL) {
		tw_page_fmt(&t->page, TW_INK_BOLD, "message %u", message.p[0]);
		tw_page_fmt(&t->page, TW_INK_DIM, ", %zu bytes", message.n);
		tw_page_newline(&t->page);
		return;
	}
	tw_page_put(&t->page, TW_INK_BOLD, retry ? "HelloRetryRequest" : row->name);
	tw_page_fmt(&t->page, TW_INK_DIM, ", %zu bytes", message.n);
	tw_page_newline(&t->page);
	if (by_server && t->flight.why != NULL)
		tw_told_row(t, "broken", t->flight.why);
	else if (row->tell != NULL)
		row->tell(t, body);
	tw_told_row(t, "", row->says);
}

void
tw_told_alert(struct tw_told *t, double ms, bool by_server, struct tw_bytes alert)
{
	const struct tw_alert_row *row;
	uint8_t level, code;

	if (!tw_bytes_u8(&alert, &level) || !tw_bytes_u8(&alert, &code))
		return;
	row = tw_alert_by_code(code);
	begin(t, ms, by_server ? "<-" : "->");
	tw_page_fmt(&t->page, code == 0 ? TW_INK_BOLD : TW_INK_BAD, "%s alert %s (%u)",
	    level == 2 ? "fatal" : "warning", row != NULL ? row->name : "unknown", code);
	tw_page_newline(&t->page);
	if (row != NULL && code != 0)
		tw_told_row(t, "means", row->means);
	if (row != NULL && code != 0 && by_server)
		tw_told_row(t, "more", tw_arena_fmt(t->arena, "tlswright explain %s", row->name));
}

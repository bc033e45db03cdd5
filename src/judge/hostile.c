/*
 * Judges the text a peer sends about itself: control characters and text that is
 * turned around are there to deceive whoever reads a log or a terminal.
 */
#include <stdlib.h>

#include "base/text.h"
#include "judge/judgement.h"

/* A code point that tw_text_escape() hides; line ends and tabs are a dialogue's own. */
static bool
is_deceiving(unsigned long c, bool lines)
{
	if (lines && (c == '\r' || c == '\n' || c == '\t'))
		return false;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e ||
	    c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/*
 * Looks at the escaped form, so that facts read back from a file say the same as
 * fresh ones: what needed an escape \uXXXX deceives; \xHH, a byte that is no UTF-8
 * (an old Latin-1 banner), does not.
 */
static bool
is_hostile(struct tw_bytes v, bool lines)
{
	struct tw_buf b;
	const char *s;
	bool hostile = false;

	tw_buf_init(&b, v.n * 6 + 1);
	tw_text_escape(&b, v);
	for (s = tw_buf_cstr(&b); !hostile && (s = strstr(s, "\\u")) != NULL; s += 2) {
		char four[5] = { 0 }, *end;
		unsigned long c;

		strncpy(four, s + 2, 4);
		c = strtoul(four, &end, 16);
		/* Only what the escape itself writes: "\u0041" spelled out is just text. */
		hostile = end == four + 4 && strspn(four, "0123456789ABCDEF") == 4 &&
		    is_deceiving(c, lines);
	}
	tw_buf_clear(&b);
	return hostile;
}

static void
look_at_certificate(struct tw_judge *j, const struct tw_certificate *c)
{
	const struct { const char *what; struct tw_bytes v; } texts[] = {
		{ "subject", c->cert.subject }, { "issuer", c->cert.issuer },
		{ "common name", c->cert.common_name },
	};
	const char *where = NULL;

	for (size_t i = 0; i < TW_COUNT(texts); i++)
		if (where == NULL && is_hostile(texts[i].v, false))
			where = texts[i].what;
	for (size_t i = 0; where == NULL && i < c->cert.names.n; i++)
		if (is_hostile(c->cert.names.v[i].value, false))
			where = "names";
	if (where != NULL)
		tw_judge_find(j, TW_FINDING_HOSTILE_TEXT, tw_certificate_subject(j, c), true,
		    "It has control or direction-changing characters in its %s.", where);
}

/* A binary protocol's greeting is bytes, not text: only line protocols are looked at. */
static void
look_at_dialogue(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;
	const char *where = NULL;

	if (f->mode == TW_NEGOTIATED)
		return;
	if (is_hostile(f->banner, true))
		where = "greeting";
	else if (is_hostile(f->reply, true))
		where = "reply";
	for (size_t i = 0; where == NULL && i < f->capabilities.n; i++)
		if (is_hostile(f->capabilities.v[i], true))
			where = "capabilities";
	if (where != NULL)
		tw_judge_find(j, TW_FINDING_HOSTILE_TEXT, where, true,
		    "Control or direction-changing characters stand in the server's %s.", where);
}

void
tw_judge_hostile(struct tw_judge *j)
{
	for (size_t i = 0; i < j->facts->certificates.n; i++)
		look_at_certificate(j, &j->facts->certificates.v[i]);
	look_at_dialogue(j);
}

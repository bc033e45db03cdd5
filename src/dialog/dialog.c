/*
 * The driver of all dialogs: collects bytes into messages, hands them to the
 * side, and holds the guards once for every service: length of a message,
 * number of messages, bytes in all, and no byte between go-ahead and TLS.
 */
#include "dialog/dialog.h"

/* Where each note lies in d->notes, and the most it holds. */
#define BANNER_AT	0
#define BANNER_MOST	512
#define REPLY_AT	512
#define REPLY_MOST	512
#define CAPS_AT		1024
#define CAPS_MOST	(TW_DIALOG_NOTES - CAPS_AT)

enum tw_turn
tw_dialog_open(
    struct tw_dialog *d, const struct tw_side *side, const char *host, const char *me)
{
	return tw_dialog_open_given(d, side, host, me, (struct tw_bytes){ 0 });
}

enum tw_turn
tw_dialog_open_given(struct tw_dialog *d, const struct tw_side *side, const char *host,
    const char *me, struct tw_bytes given)
{
	memset(d, 0, offsetof(struct tw_dialog, in));
	d->given = given;
	d->side = side;
	d->host = host == NULL ? "" : host;
	d->me = me == NULL ? "" : me;
	if (side->open != NULL) {
		enum tw_turn turn = side->open(d);

		if (d->turn == TW_MORE)
			d->turn = turn;
	}
	return d->turn;
}

enum tw_turn
tw_dialog_flawed(struct tw_dialog *d, enum tw_dialog_flaw flaw, enum tw_turn turn)
{
	d->flaw = flaw;
	return turn;
}

/* The bound is on all that is said, sent or not: the cut must not matter. */
void
tw_dialog_say(struct tw_dialog *d, const void *p, size_t n)
{
	if (n > TW_DIALOG_OUT - d->said || n > sizeof(d->out) - d->out_n) {
		d->turn = tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
		return;
	}
	if (n == 0)
		return;
	memcpy(d->out + d->out_n, p, n);
	d->out_n += n;
	d->said += n;
}

/* v without blanks and line ends behind it. */
static struct tw_bytes
trimmed(struct tw_bytes v)
{
	while (v.n > 0 && v.p[v.n - 1] <= ' ')
		v.n--;
	return v;
}

void
tw_dialog_note(struct tw_dialog *d, struct tw_note *note, struct tw_bytes v)
{
	size_t at = note == &d->banner  ? BANNER_AT
	            : note == &d->reply ? REPLY_AT
	                                : CAPS_AT;
	size_t most = note == &d->banner ? BANNER_MOST :
	    note == &d->reply		 ? REPLY_MOST :
					   CAPS_MOST;

	v = trimmed(v);
	if (v.n > most)
		v.n = most;
	if (v.n > 0)
		memcpy(d->notes + at, v.p, v.n);
	*note = (struct tw_note){ (uint16_t)at, (uint16_t)v.n };
}

/* No capability is noted where a message is kept, so the two share a place. */
bool
tw_dialog_keep(struct tw_dialog *d, struct tw_bytes msg)
{
	if (msg.n > CAPS_MOST)
		return false;
	memcpy(d->notes + CAPS_AT, msg.p, msg.n);
	d->kept = (struct tw_note){ CAPS_AT, (uint16_t)msg.n };
	return true;
}

/* "XXXXXXXA": what a middlebox leaves of a word it does not want to be seen. */
static bool
is_mangled(struct tw_bytes w)
{
	size_t same = 0;

	while (same < w.n && (w.p[same] == 'X' || w.p[same] == '*'))
		same++;
	return same >= 5 && w.n <= 24 && same + 1 >= w.n;
}

void
tw_dialog_capability(struct tw_dialog *d, struct tw_bytes word)
{
	struct tw_note *c = &d->capabilities;
	size_t gap = c->n > 0;

	word = trimmed(word);
	if (is_mangled(word))
		d->mangled = true;
	if (word.n == 0 || c->n + gap + word.n > CAPS_MOST)
		return;
	c->at = CAPS_AT;
	if (gap)
		d->notes[CAPS_AT + c->n] = '\n';
	memcpy(d->notes + CAPS_AT + c->n + gap, word.p, word.n);
	c->n = (uint16_t)(c->n + gap + word.n);
}

struct tw_bytes
tw_dialog_noted(const struct tw_dialog *d, struct tw_note note)
{
	return (struct tw_bytes){ note.n == 0 ? NULL : d->notes + note.at, note.n };
}

/* The turn after a whole message of n bytes, which lies in d->in. */
static enum tw_turn
answer(struct tw_dialog *d, size_t n)
{
	enum tw_turn turn;

	d->heard += n;
	if (++d->steps > TW_DIALOG_STEPS || d->heard > TW_DIALOG_TOTAL)
		return tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
	turn = d->side->step(d, (struct tw_bytes){ d->in, n });
	if (d->turn != TW_MORE)		/* spoiled by tw_dialog_say() */
		return d->turn;
	if (turn == TW_NOT_OFFERED && d->mangled && d->flaw == TW_FLAW_NONE)
		d->flaw = TW_FLAW_STRIPPED;
	return turn;
}

/* Answers the first whole message in d->in; false when there is none, or no need. */
static bool
step_once(struct tw_dialog *d)
{
	ptrdiff_t n = d->side->frame(d, (struct tw_bytes){ d->in, d->in_n });

	if (n == 0)
		return false;
	if (n < 0) {
		d->turn = tw_dialog_flawed(d,
		    d->steps == 0 ? TW_FLAW_NOT_PROTOCOL : TW_FLAW_MALFORMED, TW_BAD);
		return false;
	}
	if ((size_t)n > d->in_n) {
		d->turn = tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
		return false;
	}
	d->turn = answer(d, (size_t)n);
	d->in_n -= (size_t)n;
	memmove(d->in, d->in + n, d->in_n);
	return d->in_n > 0;
}

/* Bytes behind the last message: the handshake's, or somebody's who put them there. */
static enum tw_turn
behind_tls(struct tw_dialog *d, struct tw_bytes in)
{
	if (!d->side->no_go_ahead)
		return tw_dialog_flawed(d, TW_FLAW_INJECTED, TW_BAD);
	if (in.n > sizeof(d->in) - d->in_n)
		return tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
	if (in.n > 0)
		memcpy(d->in + d->in_n, in.p, in.n);
	d->in_n += in.n;
	return TW_TLS;
}

enum tw_turn
tw_dialog_feed(struct tw_dialog *d, struct tw_bytes in)
{
	while (in.n > 0 && d->turn == TW_MORE) {
		size_t n = sizeof(d->in) - d->in_n;

		if (n == 0) {
			d->turn = tw_dialog_flawed(d, TW_FLAW_TOO_LONG, TW_BAD);
			break;
		}
		if (n > in.n)
			n = in.n;
		memcpy(d->in + d->in_n, in.p, n);
		d->in_n += n;
		in.p += n;
		in.n -= n;
		while (d->turn == TW_MORE && step_once(d))
			;
	}
	if (d->turn == TW_TLS && (in.n > 0 || d->in_n > 0))
		d->turn = behind_tls(d, in);
	return d->turn;
}

struct tw_bytes
tw_dialog_rest(const struct tw_dialog *d)
{
	return (struct tw_bytes){ d->in, d->turn == TW_TLS ? d->in_n : 0 };
}

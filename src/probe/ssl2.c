/* Is SSL 2.0 offered, and with which kinds? Its SERVER-HELLO lists them all. */
#include "probe/hail.h"

struct ssl2 {
	bool out, known;
	bool silent;
	const char *why;
};

/* ERROR-CODE of the draft, C.4 */
static const char *
name_of(uint16_t error)
{
	static const char *const names[] = { [1] = "NO-CIPHER-ERROR", [2] = "NO-CERTIFICATE-ERROR",
		[4] = "BAD-CERTIFICATE-ERROR", [6] = "UNSUPPORTED-CERTIFICATE-TYPE-ERROR" };

	return error < TW_COUNT(names) && names[error] != NULL ? names[error] : "an unknown one";
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct ssl2 *s = state;

	(void)p;
	if (s->out || s->known)
		return false;
	tw_hail_other(q, 1);
	s->out = true;
	return true;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct ssl2 *s = state;
	struct tw_facts *f = p->facts;

	(void)q;
	s->known = true;
	if (a->outcome == TW_GOT_FLIGHT && a->flight->ssl2) {
		f->protocols[TW_SSL2] = TW_YES;
		for (size_t i = 0; i < a->flight->ssl2_kinds_n; i++)
			tw_facts_choose(f, &f->suites[TW_SSL2], a->flight->ssl2_kinds[i]);
		f->suites[TW_SSL2].preference = TW_PREF_CLIENT;	/* the client picks, by design */
	} else if (a->flight->ssl2_refused) {
		/* It speaks SSL 2.0, though with none of our kinds: the draft has eight, and we offer all. */
		f->protocols[TW_SSL2] = TW_YES;
		tw_facts_untested(f, "suites.SSLv2", TW_COULD_NOT_TEST, tw_arena_fmt(p->arena,
		    "the server answers in SSL 2.0, but names no cipher kind: its error is %s (%u)",
		    name_of(a->flight->ssl2_error), a->flight->ssl2_error));
	} else if (a->outcome == TW_GOT_NOTHING || a->outcome == TW_GOT_SILENCE) {
		f->protocols[TW_SSL2] = TW_COULD_NOT_TEST;
		s->silent = a->outcome == TW_GOT_SILENCE;
		s->why = a->why;
	} else {
		f->protocols[TW_SSL2] = TW_NO;
	}
}

/*
 * What silence means hangs on the service, which may be known only at the end: one that
 * tells protocols apart by the first byte never took the hello for one of SSL.
 */
static void
end(struct tw_probing *p, void *state)
{
	struct ssl2 *s = state;
	struct tw_facts *f = p->facts;

	if (f->protocols[TW_SSL2] != TW_COULD_NOT_TEST)
		return;
	if (s->silent && p->row != NULL && p->row->no_ssl2 != NULL) {
		f->protocols[TW_SSL2] = TW_NOT_APPLICABLE;
		s->why = p->row->no_ssl2;
	}
	tw_facts_untested(f, "protocols.SSLv2", f->protocols[TW_SSL2], s->why);
}

const struct tw_probe tw_probe_ssl2 = { .name = "ssl2", .state_size = sizeof(struct ssl2),
	.ask = ask, .hear = hear, .close = end };

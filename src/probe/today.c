/*
 * What becomes of a hello of today's clients? In the size of a post-quantum one, which
 * no longer fits one segment, and small; where those stay unanswered, one to which the
 * answer is small too. Which of them fail tells a path that loses what is large from
 * a server that cannot, or will not. diagnose asks.
 */
#include "probe/hail.h"

#define LARGE_BYTES	1800	/* browsers with X25519MLKEM768 send 1750 to 1900 */

struct today {
	bool asked[TW_TODAYS];
	unsigned out;
};

/* What browsers and today's libraries offer by themselves. */
static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030,
	0xcca9, 0xcca8, 0x009e, 0x009f, 0xc013, 0xc014, 0xc009, 0xc00a, 0x009c, 0x009d, 0x002f,
	0x0035 };
static const uint16_t schemes[] = { 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603,
	0x0806, 0x0601, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b };
static const uint16_t versions[] = { 0x0304, 0x0303 };
static const uint16_t groups[] = { 29, 23, 24 };

static void
compose(struct tw_probing *p, struct tw_question *q, int size)
{
	static const uint16_t only13[] = { 0x0304 };

	*q = (struct tw_question){ .want = TW_WANT_FLIGHT, .sni = TW_SNI_GIVEN, .tag = size };
	q->hello.version = 0x0303;
	q->hello.suites = TW_U16S(suites);
	q->hello.versions = TW_U16S(versions);
	q->hello.groups = TW_U16S(groups);
	q->hello.schemes = TW_U16S(schemes);
	q->hello.alpn = p->alpn_n > 0 ? p->alpn : NULL;
	q->hello.alpn_n = p->alpn_n;
	q->hello.ems = q->hello.renegotiation_info = q->hello.psk_modes = true;
	q->hello.ticket = q->hello.point_formats = q->hello.status_request = true;
	q->shares = TW_SHARES_USUAL;
	if (size == TW_TODAY_LARGE)
		q->hello.pad_to = LARGE_BYTES;
	if (size == TW_TODAY_TINY) {	/* answered by a retry, or an alert */
		q->want = TW_WANT_HELLO;
		q->shares = TW_SHARES_NONE;
		q->hello.key_share = true;
		q->hello.versions = TW_U16S(only13);
		q->hello.groups.n = 1;
	}
}

static bool
is_stuck(const struct tw_hello_fate *f)
{
	return f->fate == TW_FATE_SILENT || f->fate == TW_FATE_CLOSED;
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct today *t = state;

	for (int size = TW_TODAY_LARGE; size <= TW_TODAY_TINY; size++) {
		if (t->asked[size] || (size == TW_TODAY_TINY &&
		    !is_stuck(&p->facts->today[TW_TODAY_SMALL])))
			continue;
		t->asked[size] = true;
		compose(p, q, size);
		return true;
	}
	return false;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	static const enum tw_fate fates[] = {
		[TW_GOT_FLIGHT] = TW_FATE_ANSWERED, [TW_GOT_ALERT] = TW_FATE_ALERT,
		[TW_GOT_CLOSED] = TW_FATE_CLOSED, [TW_GOT_SILENCE] = TW_FATE_SILENT,
		[TW_GOT_GARBAGE] = TW_FATE_GARBAGE, [TW_GOT_NOTHING] = TW_FATE_NONE,
	};
	struct tw_hello_fate *f;
	int v;

	(void)state;
	if (q->tag < 0 || q->tag >= TW_TODAYS)
		return;
	f = &p->facts->today[q->tag];
	f->fate = fates[a->outcome];
	f->alert = a->flight->alert;
	f->ms = a->ms;
	if (a->outcome != TW_GOT_FLIGHT || a->flight->retry)
		return;
	f->version = a->flight->version;
	f->suite = a->flight->suite;
	v = tw_version_by_wire(f->version);
	if (v >= 0)
		p->facts->protocols[v] = TW_YES;
}

const struct tw_probe tw_probe_today = { .name = "today", .state_size = sizeof(struct today),
	.ask = ask, .hear = hear };

extern const struct tw_probe tw_probe_lists;	/* hears the hail, and is told to be quick */

const struct tw_probe *const tw_diagnose_probes[] = { &tw_probe_lists, &tw_probe_today, NULL };

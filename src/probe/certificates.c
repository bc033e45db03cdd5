/*
 * What a server shows to a client that gives no name, or one it cannot know; for
 * each kind of key it has. Those for the right name lists.c has met: notes.c keeps
 * what the answers hold.
 */
#include "probe/hail.h"

struct certificates {
	bool asked[3][2];		/* tw_sni_kind × RSA, not RSA */
};

static bool
is_rsa(const struct tw_suite *s)
{
	return strcmp(s->authentication, "RSA") == 0;
}

static bool
is_not_rsa(const struct tw_suite *s)
{
	return !is_rsa(s) && strcmp(s->authentication, "anon") != 0 &&
	    strcmp(s->authentication, "PSK") != 0;
}

static bool
is_rsa_leaf(const struct tw_certificate *c)
{
	return c->cert.key_type != NULL && strncmp(c->cert.key_type, "RSA", 3) == 0;
}

static bool
has_leaf(const struct tw_facts *f, bool rsa)
{
	for (size_t i = 0; i < f->certificates.n; i++)
		if (is_rsa_leaf(&f->certificates.v[i]) == rsa)
			return true;
	return false;
}

static struct tw_u16s
schemes_for(bool rsa)
{
	static const uint16_t for_rsa[] = { 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401,
		0x0501, 0x0601, 0x0301, 0x0201 };
	static const uint16_t for_others[] = { 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x081a,
		0x081b, 0x081c, 0x0904, 0x0905, 0x0906, 0x0203, 0x0303, 0x0202 };

	return rsa ? TW_U16S(for_rsa) : TW_U16S(for_others);
}

/* Asks in the best version there is, for one kind of key. */
static void
compose(struct tw_probing *p, struct tw_question *q, enum tw_sni_kind sni, bool rsa)
{
	enum tw_version v = TW_TLS13;

	while (v > TW_SSL3 && p->facts->protocols[v] != TW_YES)
		v--;
	tw_hello_of_version(p, q, v);
	q->sni = v == TW_SSL3 ? TW_SNI_NONE : sni;
	q->tag = (int)sni << 1 | rsa;
	if (v == TW_TLS13)
		tw_hello_opened(p, q);
	else
		q->hello.suites = tw_suites_where(p->arena, q->hello.suites,
		    rsa ? is_rsa : is_not_rsa);
	if (v >= TW_TLS12)
		q->hello.schemes = schemes_for(rsa);
}

/* The best version is known; a kind of leaf that the lists meet later is asked for then. */
static bool
is_time(const struct tw_probing *p)
{
	bool any = false;

	for (int v = TW_SSL3; v <= TW_TLS13; v++)
		any |= p->facts->protocols[v] == TW_YES;
	return any && p->versions_known;
}

static bool
ask(struct tw_probing *p, void *state, struct tw_question *q)
{
	struct certificates *s = state;

	if (!is_time(p) || p->facts->certificates.n == 0)
		return false;
	for (int rsa = 1; rsa >= 0; rsa--)
		for (int sni = p->sni == NULL ? TW_SNI_UNKNOWN : TW_SNI_NONE; sni <= TW_SNI_UNKNOWN;
		    sni++) {
			if (s->asked[sni][rsa] || !has_leaf(p->facts, rsa))
				continue;
			s->asked[sni][rsa] = true;
			compose(p, q, (enum tw_sni_kind)sni, rsa);
			return true;
		}
	return false;
}

static void
hear(struct tw_probing *p, void *state, const struct tw_question *q, const struct tw_answer *a)
{
	struct tw_facts *f = p->facts;
	enum tw_sni_kind sni = (enum tw_sni_kind)(q->tag >> 1);
	bool refused = a->outcome == TW_GOT_ALERT || a->outcome == TW_GOT_CLOSED;
	bool lost = a->outcome == TW_GOT_NOTHING || a->outcome == TW_GOT_SILENCE;
	enum tw_feature feature = sni == TW_SNI_NONE ? TW_FEAT_SNI_REQUIRED : TW_FEAT_STRICT_SNI;
	enum tw_check was = f->features[feature];

	(void)state;
	if (refused && was != TW_NO)
		f->features[feature] = TW_YES;
	else if (a->outcome == TW_GOT_FLIGHT)
		f->features[feature] = TW_NO;
	else if (lost && was == TW_NOT_TESTED) {
		f->features[feature] = TW_COULD_NOT_TEST;
		tw_facts_untested(f, sni == TW_SNI_NONE ? "features.sni_required"
		    : "features.strict_sni", TW_COULD_NOT_TEST, a->why);
	}
}

const struct tw_probe tw_probe_certificates = { .name = "certificates",
	.state_size = sizeof(struct certificates), .ask = ask, .hear = hear };

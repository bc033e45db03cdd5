/* Judges what was sent beside the leaf: missing, disordered, needless, expired, large. */
#include "judge/judgement.h"

static const struct issue {
	enum tw_chain_issue bit;
	enum tw_finding_id id;
	const char *evidence;
} issues[] = {
	{ TW_CHAIN_INCOMPLETE, TW_FINDING_CHAIN_INCOMPLETE,
	    "an intermediate that leads to its issuer is missing" },
	{ TW_CHAIN_ORDER, TW_FINDING_CHAIN_ORDER,
	    "they do not each certify the one before" },
	{ TW_CHAIN_EXTRA, TW_FINDING_CHAIN_EXTRA,
	    "some of them no path from the leaf needs" },
	{ TW_CHAIN_ROOT_SENT, TW_FINDING_CHAIN_ROOT_SENT,
	    "the root is among them" },
	{ TW_CHAIN_INTERMEDIATE_EXPIRED, TW_FINDING_CHAIN_INTERMEDIATE_EXPIRED,
	    "one that the path needs has expired" },
	{ TW_CHAIN_EXPIRED_OFF_PATH, TW_FINDING_CHAIN_INTERMEDIATE_EXPIRED,
	    "one has expired, but the path does not need it" },
	{ TW_CHAIN_LARGE, TW_FINDING_CHAIN_LARGE,
	    "with the leaf they are larger than 10 KiB" },
};

static size_t
bytes_sent(const struct tw_certificate *c)
{
	size_t n = c->cert.der.n;

	for (size_t i = 0; i < c->chain.n; i++)
		n += c->chain.v[i].der.n;
	return n;
}

void
tw_judge_chain(struct tw_judge *j)
{
	for (size_t i = 0; i < j->facts->certificates.n; i++) {
		const struct tw_certificate *c = &j->facts->certificates.v[i];
		const char *subject = tw_certificate_subject(j, c);

		if (!c->cert.parsed || !tw_certificate_is_hosts(j->facts, c))
			continue;
		for (size_t k = 0; k < TW_COUNT(issues); k++) {
			struct tw_finding *f;

			if ((c->trust.issues & issues[k].bit) == 0)
				continue;
			f = tw_judge_find(j, issues[k].id, subject, true,
			    "It came with %zu more, %zu bytes in all: %s.",
			    c->chain.n, bytes_sent(c), issues[k].evidence);
			/* The needed one, judged first, is the worse. */
			if (issues[k].bit == TW_CHAIN_EXPIRED_OFF_PATH &&
			    (c->trust.issues & TW_CHAIN_INTERMEDIATE_EXPIRED) == 0)
				tw_judge_weigh(j, f, TW_LOW);
		}
	}
}

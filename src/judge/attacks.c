/* Judges attacks: those the probes tried, those that suites and versions lay open. */
#include "judge/judgement.h"
#include "probe/infer.h"

/*
 * proven: the server did what only a flawed one does. Else the facts lay it open,
 * and whether the attack would work nobody has tried.
 */
static const struct row {
	enum tw_attack attack;
	enum tw_finding_id id;
	bool proven;
	const char *evidence;
} rows[] = {
	{ TW_ATTACK_HEARTBLEED, TW_FINDING_HEARTBLEED, true,
	    "The server answered a heartbeat request with more than it was sent." },
	{ TW_ATTACK_CCS_INJECTION, TW_FINDING_CCS_INJECTION, true,
	    "The server took a ChangeCipherSpec before any key was agreed on." },
	{ TW_ATTACK_TICKETBLEED, TW_FINDING_TICKETBLEED, true,
	    "The server answered with bytes of its memory in the session id." },
	{ TW_ATTACK_ROBOT, TW_FINDING_ROBOT, true,
	    "The server's answers tell well-padded RSA messages from others." },
	{ TW_ATTACK_DROWN, TW_FINDING_DROWN, false,
	    "SSLv2 is offered with this server's key." },
	{ TW_ATTACK_POODLE_SSL, TW_FINDING_POODLE_SSL, false, NULL },
	{ TW_ATTACK_POODLE_TLS, TW_FINDING_POODLE_TLS, true,
	    "The server does not check the padding of its CBC records." },
	{ TW_ATTACK_FREAK, TW_FINDING_FREAK, false, NULL },
	{ TW_ATTACK_SWEET32, TW_FINDING_SWEET32, false, NULL },
	{ TW_ATTACK_BEAST, TW_FINDING_BEAST, false, NULL },
	{ TW_ATTACK_CRIME, TW_FINDING_CRIME, false,
	    "The server agreed to compress what it encrypts." },
	{ TW_ATTACK_LUCKY13, TW_FINDING_LUCKY13, false, NULL },
	{ TW_ATTACK_STARTTLS_INJECTION, TW_FINDING_STARTTLS_INJECTION, true,
	    "A command sent in the clear with the request for TLS was carried out after it." },
	{ TW_ATTACK_OPOSSUM, TW_FINDING_OPOSSUM, true,
	    "The server upgrades plain HTTP to TLS when asked to (RFC 2817)." },
	{ TW_ATTACK_ALPACA, TW_FINDING_ALPACA, true,
	    "The server goes on when no protocol of the client's ALPN list is its own." },
};

static bool
is_exposing(const void *ctx, enum tw_version v, const struct tw_suite *s)
{
	return tw_infer_exposes(*(const enum tw_attack *)ctx, v, s);
}

/* The suites that lay it open, in a sentence; NULL where none does. */
static const char *
suites_of(struct tw_judge *j, enum tw_attack attack)
{
	struct tw_suite_hits hits;

	tw_suites_collect(j->facts, is_exposing, &attack, &hits);
	return hits.n == 0 ? NULL : tw_suites_tell(j->arena, &hits);
}

static void
find_logjam(struct tw_judge *j)
{
	const char *suites = suites_of(j, TW_ATTACK_LOGJAM);

	if (j->facts->attacks[TW_ATTACK_LOGJAM] != TW_YES)
		return;
	for (size_t i = 0; i < j->facts->dh.n; i++) {
		const struct tw_dh *dh = &j->facts->dh.v[i];

		if (tw_infer_dh_is_breakable(dh)) {
			tw_judge_find(j, TW_FINDING_LOGJAM, "logjam", false,
			    "The server's Diffie-Hellman prime has %u bits (%s).", dh->bits,
			    dh->prime != NULL ? dh->prime : "unknown");
			return;
		}
	}
	tw_judge_find(j, TW_FINDING_LOGJAM, "logjam", false, "The server accepts %s.",
	    suites != NULL ? suites : "export-grade Diffie-Hellman");
}

void
tw_judge_attacks(struct tw_judge *j)
{
	const enum tw_check *features = j->facts->features;

	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		const char *suites;

		if (j->facts->attacks[rows[i].attack] != TW_YES)
			continue;
		suites = rows[i].evidence == NULL ? suites_of(j, rows[i].attack) : NULL;
		tw_judge_find(j, rows[i].id, tw_attack_names[rows[i].attack], rows[i].proven,
		    "%s%s%s", rows[i].evidence != NULL ? rows[i].evidence : "The server accepts ",
		    rows[i].evidence != NULL ? "" : suites != NULL ? suites : "what it needs",
		    rows[i].evidence != NULL ? "" : ".");
	}
	find_logjam(j);
	if (features[TW_FEAT_HEARTBEAT] == TW_YES)
		tw_judge_find(j, TW_FINDING_HEARTBEAT_OFFERED, "heartbeat", true,
		    "The server answers the heartbeat extension.");
	if (features[TW_FEAT_SECURE_RENEGOTIATION] == TW_NO)
		tw_judge_find(j, TW_FINDING_INSECURE_RENEGOTIATION, "renegotiation_info", true,
		    "The server does not answer the renegotiation_info extension (RFC 5746).");
	if (features[TW_FEAT_CLIENT_RENEGOTIATION] == TW_YES)
		tw_judge_find(j, TW_FINDING_CLIENT_RENEGOTIATION, "renegotiation", true,
		    "The server began a new handshake in a session because the client asked.");
	if (features[TW_FEAT_EARLY_DATA] == TW_YES)
		tw_judge_find(j, TW_FINDING_EARLY_DATA, "early_data", true,
		    "The server's tickets allow data before the handshake is over.");
}

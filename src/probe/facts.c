/* The facts of one endpoint: their words and their memory; see facts.h. */
#include "probe/facts.h"

const char *const tw_check_names[] = { "not-tested", "yes", "no", "could-not-test",
	"not-applicable", NULL };
const char *const tw_tcp_names[] = { NULL, "open", "closed", "filtered", "unreachable",
	"unresolved", "local-error" };
const char *const tw_reach_tls_names[] = { NULL, "tls", "plaintext", "refused", "not-offered",
	"stripped", "silent", "closed", "garbage", "alert" };
const char *const tw_fate_names[] = { NULL, "answered", "alert", "closed", "silent",
	"garbage" };
const char *const tw_preference_names[] = { NULL, "server", "client", "server-chacha",
	"single" };
const char *const tw_sni_kind_names[] = { "given", "none", "unknown-name" };
const char *const tw_feature_names[TW_FEATURES] = {
	[TW_FEAT_SESSION_TICKETS] = "session_tickets",
	[TW_FEAT_RESUMPTION] = "resumption",
	[TW_FEAT_SECURE_RENEGOTIATION] = "secure_renegotiation",
	[TW_FEAT_CLIENT_RENEGOTIATION] = "client_renegotiation",
	[TW_FEAT_EXTENDED_MASTER_SECRET] = "extended_master_secret",
	[TW_FEAT_ENCRYPT_THEN_MAC] = "encrypt_then_mac",
	[TW_FEAT_COMPRESSION] = "compression",
	[TW_FEAT_EARLY_DATA] = "early_data",
	[TW_FEAT_FALLBACK_SCSV] = "fallback_scsv",
	[TW_FEAT_HEARTBEAT] = "heartbeat",
	[TW_FEAT_CLIENT_CERTIFICATE] = "client_certificate",
	[TW_FEAT_GREASE_TOLERANT] = "grease_tolerant",
	[TW_FEAT_STRICT_ALPN] = "strict_alpn",
	[TW_FEAT_STRICT_SNI] = "strict_sni",
	[TW_FEAT_VERSION_TOLERANT] = "version_tolerant",
	[TW_FEAT_LONG_HELLO_TOLERANT] = "long_hello_tolerant",
	[TW_FEAT_SNI_REQUIRED] = "sni_required",
};
const char *const tw_attack_names[TW_ATTACKS] = {
	[TW_ATTACK_HEARTBLEED] = "heartbleed",
	[TW_ATTACK_CCS_INJECTION] = "ccs-injection",
	[TW_ATTACK_TICKETBLEED] = "ticketbleed",
	[TW_ATTACK_ROBOT] = "robot",
	[TW_ATTACK_DROWN] = "drown",
	[TW_ATTACK_POODLE_SSL] = "poodle-ssl",
	[TW_ATTACK_POODLE_TLS] = "poodle-tls",
	[TW_ATTACK_FREAK] = "freak",
	[TW_ATTACK_LOGJAM] = "logjam",
	[TW_ATTACK_SWEET32] = "sweet32",
	[TW_ATTACK_BEAST] = "beast",
	[TW_ATTACK_CRIME] = "crime",
	[TW_ATTACK_RC4] = "rc4",
	[TW_ATTACK_LUCKY13] = "lucky13",
	[TW_ATTACK_STARTTLS_INJECTION] = "starttls-injection",
	[TW_ATTACK_OPOSSUM] = "opossum",
	[TW_ATTACK_ALPACA] = "alpaca",
};

struct tw_facts *
tw_facts_new(const char *target)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_facts *f = tw_arena_alloc(a, sizeof(*f));

	f->arena = a;
	f->target = tw_arena_str(a, target);
	f->course.alert = -1;
	return f;
}

void
tw_facts_free(struct tw_facts *f)
{
	if (f != NULL)
		tw_arena_free(f->arena);
}

void
tw_facts_untested(struct tw_facts *f, const char *path, enum tw_check state,
    const char *reason)
{
	struct tw_untested row = { .state = state };

	for (size_t i = 0; i < f->untested.n; i++)
		if (strcmp(f->untested.v[i].path, path) == 0)
			return;
	row.path = tw_arena_str(f->arena, path);
	row.reason = tw_arena_str(f->arena, reason);
	TW_PUSH(f->arena, &f->untested, row);
}

bool
tw_facts_choose(struct tw_facts *f, struct tw_chosen *list, uint32_t code)
{
	for (size_t i = 0; i < list->codes.n; i++)
		if (list->codes.v[i] == code)
			return false;
	TW_PUSH(f->arena, &list->codes, code);
	return true;
}

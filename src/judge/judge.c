/*
 * judge.c -- runs every judgement over the facts of one endpoint, weighs each
 * finding by policy and context, sorts them, and has the verdict reached.
 */
#include "judge/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/text.h"
#include "judge/judgement.h"

const char *const tw_verdict_names[] = { "pass", "fail", "unknown" };

static void (*const judgements[])(struct tw_judge *) = {
#define X(name) tw_judge_##name,
#include "judge/judgements.def"
#undef X
};

/*
 * Between mail servers and between XMPP servers TLS is opportunistic: who cannot
 * check the peer would otherwise talk in the clear, so these are milder there.
 */
static const struct tw_policy_severity opportunistic[] = {
	{ TW_FINDING_ANONYMOUS_SUITE, TW_INFO },
	{ TW_FINDING_CERTIFICATE_UNTRUSTED, TW_MEDIUM },
	{ TW_FINDING_CERTIFICATE_SELF_SIGNED, TW_MEDIUM },
	{ TW_FINDING_NAME_MISMATCH, TW_MEDIUM },
	{ TW_FINDING_NO_SAN, TW_MEDIUM },	/* no name to match: a mismatch */
	{ TW_FINDING_STARTTLS_NOT_OFFERED, TW_MEDIUM },
};

static const struct tw_policy_severity *
row_of(const struct tw_policy_severity *v, size_t n, enum tw_finding_id id)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].id == id)
			return &v[i];
	return NULL;
}

enum tw_severity
tw_judge_severity(const struct tw_policy *policy, enum tw_finding_id id)
{
	const struct tw_policy_severity *row = row_of(policy->severities,
	    policy->severities_n, id);

	return row != NULL ? row->severity : tw_findings[id].severity;
}

enum tw_severity
tw_judge_severity_between(const struct tw_policy *policy, enum tw_finding_id id,
    bool between_servers)
{
	const struct tw_policy_severity *row = !between_servers ? NULL :
	    row_of(opportunistic, TW_COUNT(opportunistic), id);

	return row != NULL ? row->severity : tw_judge_severity(policy, id);
}

static const struct tw_policy_severity *
context_of(const struct tw_judge *j, enum tw_finding_id id)
{
	return j->opportunistic ?
	    row_of(opportunistic, TW_COUNT(opportunistic), id) : NULL;
}

void
tw_judge_weigh(struct tw_judge *j, struct tw_finding *f, enum tw_severity severity)
{
	const struct tw_policy *p = j->policy;

	if (row_of(p->severities, p->severities_n, f->id) == NULL &&
	    context_of(j, f->id) == NULL)
		f->severity = severity;
}

/* First 16 hex digits of SHA-256 over what makes a finding the same from run to run. */
static void
fingerprint(const struct tw_facts *facts, struct tw_finding *f)
{
	uint8_t digest[TW_HASH_BYTES];
	struct tw_buf b, hex;

	tw_buf_init(&b, 1 << 16);
	tw_buf_init(&hex, 64);
	tw_text_escape(&b, tw_bytes_of(facts->host));	/* as a file of facts has it */
	tw_buf_fmt(&b, "|%d|%s|%s", facts->port, tw_findings[f->id].id, f->subject);
	tw_hash(TW_SHA256, tw_buf_view(&b), digest);
	tw_text_hex(&hex, (struct tw_bytes){ digest, 8 });
	snprintf(f->fingerprint, sizeof(f->fingerprint), "%s", tw_buf_cstr(&hex));
	tw_buf_clear(&hex);
	tw_buf_clear(&b);
}

struct tw_finding *
tw_judge_find(struct tw_judge *j, enum tw_finding_id id, const char *subject, bool proven,
    const char *evidence_fmt, ...)
{
	const struct tw_policy_severity *context = context_of(j, id);
	struct tw_finding f = { .id = id, .proven = proven };
	va_list ap;
	char *text;

	subject = tw_text_escaped(j->arena, tw_bytes_of(subject));
	for (size_t i = 0; i < j->out->findings.n; i++) {
		struct tw_finding *old = &j->out->findings.v[i];

		if (old->id == id && strcmp(old->subject, subject) == 0)
			return old;
	}
	va_start(ap, evidence_fmt);
	if (vasprintf(&text, evidence_fmt, ap) < 0)
		abort();
	va_end(ap);
	f.evidence = tw_text_escaped(j->arena, tw_bytes_of(text));
	free(text);
	f.subject = subject;
	f.severity = context != NULL ? context->severity : tw_judge_severity(j->policy, id);
	fingerprint(j->facts, &f);
	TW_PUSH(j->arena, &j->out->findings, f);
	return &j->out->findings.v[j->out->findings.n - 1];
}

static int
worst_first(const void *va, const void *vb)
{
	const struct tw_finding *a = va, *b = vb;
	int by_id = strcmp(tw_findings[a->id].id, tw_findings[b->id].id);

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	return by_id != 0 ? by_id : strcmp(a->subject, b->subject);
}

static bool
is_word(const char *s, const char *word)
{
	return s != NULL && strcasecmp(s, word) == 0;
}

/*
 * Submission speaks SMTP too, but to people's programs, which must be told the
 * truth: so only port 25, or a port the user called smtp://, is server to server.
 */
static bool
is_opportunistic(const struct tw_facts *f)
{
	bool smtp = is_word(f->service, "smtp") && f->mode != TW_IMPLICIT;

	if (is_word(f->service, "lmtp") || is_word(f->service, "xmpp-server"))
		return true;
	return smtp && (f->port == 25 ||
	    (f->target != NULL && strncasecmp(f->target, "smtp://", 7) == 0));
}

void
tw_judge(struct tw_facts *f, const struct tw_policy *policy, int64_t at,
    enum tw_severity fail_on, struct tw_judgement *ret)
{
	tw_judge_waived(f, policy, at, fail_on, NULL, ret);
}

void
tw_judge_waived(struct tw_facts *f, const struct tw_policy *policy, int64_t at,
    enum tw_severity fail_on, const struct tw_waivers *waivers, struct tw_judgement *ret)
{
	const int64_t far = INT64_C(1) << 40;	/* keeps differences of moments in range */
	struct tw_judge j = { .arena = f->arena, .facts = f, .policy = policy,
		.at = at < -far ? -far : at > far ? far : at,
		.opportunistic = is_opportunistic(f), .out = ret };

	*ret = (struct tw_judgement){ .policy = policy, .at = at };
	for (size_t i = 0; i < TW_COUNT(judgements); i++)
		judgements[i](&j);
	tw_waiver_apply(&j, waivers);
	if (ret->findings.n > 0)
		qsort(ret->findings.v, ret->findings.n, sizeof(*ret->findings.v), worst_first);
	ret->verdict = tw_verdict_reach(f, ret, fail_on);
}

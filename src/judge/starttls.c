/* Judges the plaintext talk before TLS: what was offered, kept, refused, injected. */
#include "judge/judgement.h"

#include "base/text.h"

static const char *
service_of(const struct tw_facts *f)
{
	return f->service != NULL ? f->service : "unknown service";
}

/* The dialogue promised TLS, and then no handshake was possible. */
static bool
is_broken_promise(const struct tw_facts *f)
{
	return f->has_dialogue && f->starttls_offered == TW_YES &&
	    (f->tls == TW_REACH_SILENT || f->tls == TW_REACH_CLOSED ||
	    f->tls == TW_REACH_GARBAGE || f->tls == TW_REACH_ALERT ||
	    f->tls == TW_REACH_PLAINTEXT);
}

static void
find_reach(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;
	const char *service = service_of(f);

	if (f->tls == TW_REACH_NOT_OFFERED)
		tw_judge_find(j, TW_FINDING_STARTTLS_NOT_OFFERED, service, true,
		    "The server speaks %s and offers no TLS.", service);
	else if (f->tls == TW_REACH_STRIPPED && !f->response_injected)
		tw_judge_find(j, TW_FINDING_STARTTLS_STRIPPED, service, true,
		    "The offer of TLS arrived mangled: something on the way overwrote it.");
	else if (f->tls == TW_REACH_REFUSED && f->preauth)
		tw_judge_find(j, TW_FINDING_STARTTLS_PREAUTH, service, true,
		    "The server greets with PREAUTH, after which no client may ask for TLS.");
	/* A server that turned this host away was never asked for TLS. */
	else if (f->tls == TW_REACH_REFUSED && f->starttls_offered != TW_COULD_NOT_TEST)
		tw_judge_find(j, TW_FINDING_STARTTLS_REFUSED, service, true,
		    "The server refuses TLS when it is asked for it.");
	else if (is_broken_promise(f))
		tw_judge_find(j, TW_FINDING_STARTTLS_FAILED, service, true,
		    "The server agreed to TLS; then no handshake was possible (%s).",
		    tw_reach_tls_names[f->tls]);
}

void
tw_judge_starttls(struct tw_judge *j)
{
	const struct tw_facts *f = j->facts;

	find_reach(j);
	if (f->response_injected)
		tw_judge_find(j, TW_FINDING_STARTTLS_RESPONSE_INJECTION, service_of(f), true,
		    "Bytes came in the clear between the server's go-ahead and the handshake.");
	if (f->plaintext_auth_refused == TW_NO)
		tw_judge_find(j, TW_FINDING_PLAINTEXT_AUTH_ACCEPTED, service_of(f),
		    f->plaintext_auth_tried, f->plaintext_auth_tried
		    ? "The server took the first step of a login before TLS had begun."
		    : "The server offers to take passwords before TLS has begun.");
}

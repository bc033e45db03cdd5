/*
 * Where a list says that passwords are taken before TLS: are they? The first step of a
 * login is tried once, with no one's name and no password, and taken back, so that no login
 * fails. The last question of an endpoint, put alone; endpoint.c and recognise.c are callers.
 */
#include "exam/inside.h"

static void
tried(struct ask *a)
{
	struct endpoint *ep = a->ep;
	struct tw_facts *f = ep->facts;

	if (a->dialog != NULL && (a->dialog->plain_auth || a->dialog->no_plain_auth)) {
		f->plaintext_auth_refused = a->dialog->plain_auth ? TW_NO : TW_YES;
		f->plaintext_auth_tried = true;
	}
	ep->after_trial(ep);
}

bool
tw_trial_start(struct endpoint *ep, void (*then)(struct endpoint *ep))
{
	const struct tw_service *s = ep->how.service;
	struct approach how = { .mode = ep->how.mode, .service = s, .trial = true };

	if (ep->tried || ep->facts->plaintext_auth_refused != TW_NO || s == NULL ||
	    s->trial.step == NULL || ep->exam->opt->quick || ep->exam->opt->probes != NULL)
		return false;
	ep->tried = true;
	ep->after_trial = then;
	tw_ask_start(tw_ask_new(ep, -1, &how, tried));
	return true;
}

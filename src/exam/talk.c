/*
 * What a dialogue said of the server, as facts: banner, capabilities, software,
 * and which service of the registry it is. recognise.c and weigh.c are callers.
 */
#include "exam/recognise.h"

/* The mode a dialogue leads to, by the registry. */
enum tw_mode
tw_talk_mode(const struct tw_service *s)
{
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].dialogue, s->name) == 0)
			return tw_ports[i].mode;
	return TW_EXPLICIT;
}

/* The registry's row of a dialogue: the port's own where it fits, else the usual one. */
const struct tw_port *
tw_talk_row(const struct endpoint *ep, const char *dialogue)
{
	const struct tw_port *own = tw_port_by_number((uint16_t)ep->facts->port);

	if (own != NULL && own->dialogue != NULL && strcmp(own->dialogue, dialogue) == 0)
		return own;
	for (size_t i = 0; i < tw_ports_n; i++)
		if (tw_ports[i].dialogue != NULL && strcmp(tw_ports[i].dialogue, dialogue) == 0)
			return &tw_ports[i];
	return NULL;
}

static double
between_ms(uint64_t from_ns, uint64_t to_ns)
{
	return from_ns == 0 || to_ns < from_ns ? 0 : (double)(to_ns - from_ns) / 1e6;
}

void
tw_talk_time(struct endpoint *ep, const struct ask *a)
{
	struct tw_course *c = &ep->facts->course;

	if (a->dialog != NULL && a->how.service != NULL) {
		c->dialogue_ms = between_ms(a->open_ns, a->hello_ns != 0 ? a->hello_ns
		    : tw_loop_clock_ns());
		if (a->how.service->server_first)
			c->greeting_ms = between_ms(a->open_ns, a->greeted_ns);
	}
	if (a->stopped_in == ASK_HELLO)
		c->hello_ms = a->answer.ms;
}

/* What the dialogue said of the server, whether or not it led to TLS. */
void
tw_talk_note(struct endpoint *ep, const struct ask *a)
{
	struct tw_facts *f = ep->facts;
	const struct tw_dialog *d = a->dialog;
	const struct tw_service *s = a->how.service;
	struct tw_bytes caps, name = { 0 }, version = { 0 };
	const struct tw_port *row = ep->named ? ep->row : tw_talk_row(ep, s->name);

	if (row != NULL) {
		ep->row = row;
		f->service = row->service;
		f->mode = row->mode;
	}
	f->has_dialogue = true;
	f->starttls_offered = d->advertised || d->turn == TW_TLS ? TW_YES : TW_NO;
	if (d->flaw == TW_FLAW_THROTTLED || d->flaw == TW_FLAW_HOST_REFUSED) {
		f->throttled = true;
		f->starttls_offered = TW_COULD_NOT_TEST;
		tw_facts_untested(f, "dialogue.offered", TW_COULD_NOT_TEST,
		    "the server will not talk to this host");
	}
	f->plaintext_auth_refused = d->plain_auth ? TW_NO : d->no_plain_auth ? TW_YES
	    : TW_NOT_TESTED;
	f->banner = tw_arena_bytes(f->arena, tw_dialog_noted(d, d->banner));
	f->reply = tw_arena_bytes(f->arena, tw_dialog_noted(d, d->reply));
	f->capabilities.n = 0;
	caps = tw_dialog_noted(d, d->capabilities);
	while (caps.n > 0) {
		const uint8_t *nl = memchr(caps.p, '\n', caps.n);
		size_t n = nl == NULL ? caps.n : (size_t)(nl - caps.p);

		if (n > 0)
			TW_PUSH(f->arena, &f->capabilities,
			    tw_arena_bytes(f->arena, (struct tw_bytes){ caps.p, n }));
		n += nl != NULL;
		caps.p += n;
		caps.n -= n;
	}
	if (s->software != NULL && s->software(f->banner, &name, &version)) {
		f->software = tw_arena_bytes(f->arena, name);
		f->software_version = tw_arena_bytes(f->arena, version);
	}
	f->preauth = d->flaw == TW_FLAW_PREAUTH;
	f->response_injected = d->flaw == TW_FLAW_INJECTED || ep->injected;
}

/* One tongue can be two services: what the banner says decides, unless the user has. */
void
tw_talk_note_kin(struct endpoint *ep, const struct ask *a)
{
	const struct tw_service *s = a->how.service;
	struct tw_bytes banner = tw_dialog_noted(a->dialog, a->dialog->banner);
	const char *really = s->really != NULL && !ep->named ? s->really(banner) : NULL;

	tw_talk_note(ep, a);
	if (really == NULL)
		return;
	ep->how.service = tw_service_by_name(really);
	ep->row = tw_talk_row(ep, really);
	ep->facts->service = ep->row->service;
}

/* A fatal unrecognized_name: TLS, and only a name is wanting. Warnings alone are nothing. */

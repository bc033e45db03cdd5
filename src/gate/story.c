/* What is told of a connection; see story.h. */
#include <stdlib.h>

#include "gate/story.h"

#define REQUEST_BYTES	1000	/* of a request line that are told */

/* NULL: no memory, and nothing is told. */
static struct tw_gate_story *
story(struct tw_gate_conn *c)
{
	if (c->story == NULL)
		c->story = calloc(1, sizeof(*c->story));
	return c->story;
}

void
tw_story_header(struct tw_gate_conn *c, const struct tw_proxy *p)
{
	struct tw_gate_story *s = story(c);
	struct tw_gate_told *t;

	if (s == NULL || s->told != NULL || (t = calloc(1, sizeof(*t))) == NULL)
		return;
	memcpy(t->address, p->destination.address, sizeof(t->address));
	t->port = p->destination.port;
	t->id_n = (uint8_t)p->unique_id.n;	/* it has 128 at most */
	if (t->id_n > 0)
		memcpy(t->id, p->unique_id.p, t->id_n);
	s->told = t;
}

void
tw_story_request(struct tw_gate_conn *c, struct tw_bytes line, struct tw_bytes host)
{
	struct tw_gate_story *s = story(c);

	if (s == NULL || s->request != NULL)
		return;
	s->request = strndup((const char *)line.p, line.n < REQUEST_BYTES ? line.n : REQUEST_BYTES);
	if (host.n > 0)
		s->host = strndup((const char *)host.p, host.n < REQUEST_BYTES ? host.n : REQUEST_BYTES);
}

void
tw_story_status(struct tw_gate_conn *c, unsigned status)
{
	struct tw_gate_story *s = story(c);

	if (s != NULL && s->status == 0)
		s->status = (uint16_t)status;
}

void
tw_story_handshake(struct tw_gate_conn *c, struct tw_tls *t)
{
	const struct tw_tls_facts *f = tw_tls_facts(t);
	struct tw_gate_story *s = story(c);

	if (s == NULL)
		return;
	if (f->sni.n > 0 && s->sni == NULL)
		s->sni = strndup((const char *)f->sni.p, f->sni.n);
	if (f->client_name.n > 0 && s->client_name == NULL)
		s->client_name = strndup((const char *)f->client_name.p, f->client_name.n);
	if (f->ja != NULL && s->ja == NULL && (s->ja = malloc(sizeof(*s->ja))) != NULL)
		*s->ja = *f->ja;
	s->alpn = f->alpn;
	s->version = f->version;
	s->suite = f->suite;
	s->group = f->group;
	s->resumed = f->resumed;
	s->handshake_us = (uint32_t)((tw_loop_clock_ns() - c->phase_ns) / 1000);
}

void
tw_story_free(struct tw_gate_story *s)
{
	if (s == NULL)
		return;
	free(s->sni);
	free(s->client_name);
	free(s->told);
	free(s->ja);
	free(s->request);
	free(s->host);
	free(s);
}

/* HTTP inside TLS; see edge.h. */
#include <assert.h>
#include <stdlib.h>

#include "gate/edge.h"
#include "gate/story.h"
#include "wire/http2_follow.h"
#include "wire/http_follow.h"

struct tw_edge {
	struct tw_http2_follow *two;	/* or NULL: it is HTTP/1 */
	struct tw_http_follow one;
};

static void
asked(void *ctx, struct tw_bytes line, struct tw_bytes host)
{
	tw_story_request(ctx, line, host);
}

size_t
tw_edge_room(const struct tw_gate_conn *c)
{
	return c->edge == NULL || c->edge->two != NULL ? 0 : TW_HTTP_FOLLOW_MORE;
}

void
tw_edge_open(struct tw_gate_conn *c)
{
	const struct tw_gate_listener *l = c->listener;
	bool logs = l->generation->config->logs_n > 0, two;
	const char *alpn = c->story == NULL ? NULL : c->story->alpn;

	two = alpn != NULL && strcmp(alpn, "h2") == 0;
	if (strcmp(l->listen->port->service, "https") != 0 || !(logs || (l->hsts[0] != '\0' && !two)))
		return;
	c->edge = calloc(1, sizeof(*c->edge));
	if (c->edge == NULL)
		return;
	if (!two)
		tw_http_follow_open(&c->edge->one, l->hsts[0] != '\0' ? l->hsts : NULL, asked, c);
	else if ((c->edge->two = tw_http2_follow_new(asked, c)) == NULL)
		tw_edge_close(c);
}

void
tw_edge_close(struct tw_gate_conn *c)
{
	if (c->edge == NULL)
		return;
	tw_http2_follow_free(c->edge->two);
	tw_http_follow_clear(&c->edge->one);
	free(c->edge);
	c->edge = NULL;
}

void
tw_edge_client(struct tw_gate_conn *c, struct tw_bytes v)
{
	if (c->edge == NULL)
		return;
	if (c->edge->two != NULL)
		tw_http2_follow_client(c->edge->two, v);
	else
		tw_http_follow_client(&c->edge->one, v);
	if (c->edge->two == NULL && c->edge->one.done)
		tw_edge_close(c);
}

struct tw_bytes
tw_edge_backend(struct tw_gate_conn *c, struct tw_bytes v)
{
	uint8_t *out = c->listener->worker->scratch->looked;
	unsigned status;
	bool over;

	if (c->edge == NULL || v.n == 0)
		return v;
	assert(c->inside == NULL);	/* they share the scratch; https has no watch */
	if (c->edge->two != NULL) {
		over = tw_http2_follow_backend(c->edge->two, v, &status);
	} else {
		v = (struct tw_bytes){ out, tw_http_follow_backend(&c->edge->one, v, out) };
		over = c->edge->one.done;
		status = c->edge->one.status;
	}
	if (status != 0)
		tw_story_status(c, status);
	if (over)
		tw_edge_close(c);
	return v;
}

struct tw_bytes
tw_edge_end(struct tw_gate_conn *c)
{
	uint8_t *out = c->listener->worker->scratch->looked;

	if (c->edge == NULL || c->edge->two != NULL)
		return (struct tw_bytes){ 0 };
	return (struct tw_bytes){ out, tw_http_follow_end(&c->edge->one, out) };
}

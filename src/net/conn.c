/* One outgoing TCP connection; see conn.h. */
#include "net/conn.h"

#include <stdlib.h>

#include "net/loop_uv.h"

struct tw_conn {
	uv_tcp_t tcp;
	uv_connect_t connecting;
	const struct tw_conn_events *events;
	void *ctx;
	bool closing;
};

struct sending {
	uv_write_t req;
	uint8_t bytes[];
};

static enum tw_conn_end
end_of(int error)
{
	switch (error) {
	case UV_EOF:
		return TW_END_EOF;
	case UV_ECONNREFUSED:
		return TW_END_REFUSED;
	case UV_ENETUNREACH:
	case UV_EHOSTUNREACH:
	case UV_EHOSTDOWN:
	case UV_EPROTO:
		return TW_END_UNREACHABLE;
	case UV_ETIMEDOUT:
		return TW_END_UNANSWERED;
	case UV_EMFILE:
	case UV_ENFILE:
	case UV_ENOBUFS:
	case UV_ENOMEM:
	case UV_EACCES:
	case UV_EPERM:
	case UV_EADDRNOTAVAIL:
	case UV_EAFNOSUPPORT:
	case UV_EINVAL:
		return TW_END_LOCAL;
	default:
		return TW_END_RESET;
	}
}

static void
end(struct tw_conn *c, int error)
{
	if (!c->closing)
		c->events->end(c->ctx, end_of(error), error);
}

/* Reading hands the bytes on before it returns, so one buffer serves all connections. */
static void
lend(uv_handle_t *h, size_t want, uv_buf_t *ret)
{
	static char scratch[65536];

	(void)h;
	(void)want;
	*ret = uv_buf_init(scratch, sizeof(scratch));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct tw_conn *c = s->data;

	if (n > 0 && !c->closing)
		c->events->bytes(c->ctx, (struct tw_bytes){ (const uint8_t *)buf->base, (size_t)n });
	else if (n < 0)
		end(c, (int)n);
}

static void
on_connect(uv_connect_t *req, int status)
{
	struct tw_conn *c = req->data;

	if (c->closing)
		return;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&c->tcp, lend, on_read);
	if (status == 0)
		c->events->open(c->ctx);
	else
		end(c, status);
}

static void
on_closed(uv_handle_t *h)
{
	free(h->data);
}

struct tw_conn *
tw_conn_open(struct tw_loop *loop, const struct sockaddr *addr, const struct tw_conn_events *events,
    void *ctx, enum tw_conn_end *ret_end, int *ret_error)
{
	struct tw_conn *c = calloc(1, sizeof(*c));
	int error;

	if (c == NULL)
		abort();
	c->events = events;
	c->ctx = ctx;
	uv_tcp_init(tw_loop_uv(loop), &c->tcp);
	c->tcp.data = c->connecting.data = c;
	error = uv_tcp_connect(&c->connecting, &c->tcp, addr, on_connect);
	if (error != 0) {
		*ret_end = end_of(error);
		*ret_error = error;
		tw_conn_close(c);
		return NULL;
	}
	uv_tcp_nodelay(&c->tcp, 1);
	return c;
}

void
tw_conn_hand_over(struct tw_conn *c, const struct tw_conn_events *events, void *ctx)
{
	c->events = events;
	c->ctx = ctx;
}

static void
on_sent(uv_write_t *req, int status)
{
	(void)status;		/* a failed write shows as a failed read */
	free(req);
}

void
tw_conn_send(struct tw_conn *c, struct tw_bytes out)
{
	uv_buf_t buf;
	struct sending *s;
	int n;

	if (c->closing || out.n == 0)
		return;
	buf = uv_buf_init((char *)(uintptr_t)out.p, (unsigned)out.n);
	n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
	if (n == (int)out.n || (n < 0 && n != UV_EAGAIN))
		return;
	if (n > 0) {
		out.p += n;
		out.n -= (size_t)n;
	}
	s = malloc(sizeof(*s) + out.n);
	if (s == NULL)
		abort();
	memcpy(s->bytes, out.p, out.n);
	buf = uv_buf_init((char *)s->bytes, (unsigned)out.n);
	if (uv_write(&s->req, (uv_stream_t *)&c->tcp, &buf, 1, on_sent) != 0)
		free(s);
}

void
tw_conn_close(struct tw_conn *c)
{
	if (c == NULL || c->closing)
		return;
	c->closing = true;
	uv_close((uv_handle_t *)&c->tcp, on_closed);
}

void
tw_conn_drop(struct tw_conn *c)
{
	if (c == NULL || c->closing)
		return;
	c->closing = true;
	if (uv_tcp_close_reset(&c->tcp, on_closed) != 0)
		uv_close((uv_handle_t *)&c->tcp, on_closed);
}

char *
tw_conn_address(const struct sockaddr *addr, char out[static 64])
{
	out[0] = '\0';
	if (addr->sa_family == AF_INET6)
		uv_ip6_name((const struct sockaddr_in6 *)(const void *)addr, out, 64);
	else
		uv_ip4_name((const struct sockaddr_in *)(const void *)addr, out, 64);
	return out;
}

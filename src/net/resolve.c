/* Names to addresses: c-ares driven by the loop; see resolve.h. */
#include "net/resolve.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <ares.h>
#include <idn2.h>

#include "net/loop_uv.h"

/* One of c-ares' sockets, watched by the loop. */
struct watch {
	uv_poll_t poll;
	ares_socket_t fd;
	struct tw_resolver *resolver;
	struct watch *next;
};

struct tw_resolver {
	uv_loop_t *loop;
	ares_channel channel;
	uv_timer_t timer;
	struct watch *watches;
	unsigned pending, closing_handles;
	bool closing;
};

struct asking {
	struct tw_resolver *resolver;
	void (*done)(void *ctx, const struct tw_addresses *found);
	void *ctx;
};

static void
release(struct tw_resolver *r)
{
	if (--r->closing_handles == 0 && r->closing)
		free(r);
}

static void
on_timer_closed(uv_handle_t *h)
{
	release(h->data);
}

static void
on_watch_closed(uv_handle_t *h)
{
	struct watch *w = h->data;
	struct tw_resolver *r = w->resolver;

	free(w);
	release(r);
}

/* c-ares wants to be called at its own time-outs while a question is open. */
static void
arm(struct tw_resolver *r)
{
	struct timeval tv, *next;

	if (r->closing)
		return;
	next = r->pending > 0 ? ares_timeout(r->channel, NULL, &tv) : NULL;
	if (next == NULL)
		uv_timer_stop(&r->timer);
	else
		uv_timer_again(&r->timer);
}

static void
on_timer(uv_timer_t *t)
{
	struct tw_resolver *r = t->data;

	ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	arm(r);
}

static void
on_poll(uv_poll_t *p, int status, int events)
{
	struct watch *w = p->data;
	struct tw_resolver *r = w->resolver;
	ares_socket_t fd = w->fd;

	if (status < 0)
		events = UV_READABLE | UV_WRITABLE;
	ares_process_fd(r->channel, events & UV_READABLE ? fd : ARES_SOCKET_BAD,
	    events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
	arm(r);
}

static void
on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
	struct tw_resolver *r = ctx;
	struct watch **at = &r->watches, *w;

	while (*at != NULL && (*at)->fd != fd)
		at = &(*at)->next;
	w = *at;
	if (!readable && !writable) {
		if (w != NULL) {
			*at = w->next;
			uv_poll_stop(&w->poll);
			uv_close((uv_handle_t *)&w->poll, on_watch_closed);
		}
		return;
	}
	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			abort();
		w->fd = fd;
		w->resolver = r;
		w->poll.data = w;
		if (uv_poll_init_socket(r->loop, &w->poll, fd) != 0) {
			free(w);
			return;		/* the question then ends by its time-out */
		}
		w->next = r->watches;
		r->watches = w;
		r->closing_handles++;
	}
	uv_poll_start(&w->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
	    on_poll);
}

static int
open_with(struct tw_loop *loop, int flags, const char *lookups, struct tw_resolver **ret,
    struct tw_err *err)
{
	struct tw_resolver *r = calloc(1, sizeof(*r));
	struct ares_options options = { .flags = flags, .lookups = (char *)(uintptr_t)lookups, .timeout = 2500, .tries = 2,
		.sock_state_cb = on_socket_state, .sock_state_cb_data = r };
	int status;

	if (r == NULL)
		abort();
	r->loop = tw_loop_uv(loop);
	status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status == ARES_SUCCESS)
		status = ares_init_options(&r->channel, &options,
		    (flags != 0 ? ARES_OPT_FLAGS : 0) | (lookups != NULL ? ARES_OPT_LOOKUPS : 0) | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	if (status != ARES_SUCCESS) {
		free(r);
		return tw_err_set(err, TW_ERR_LIBRARY, "cannot start the resolver: %s",
		    ares_strerror(status));
	}
	uv_timer_init(r->loop, &r->timer);
	r->timer.data = r;
	r->closing_handles = 1;
	uv_timer_start(&r->timer, on_timer, 250, 250);
	uv_timer_stop(&r->timer);
	*ret = r;
	return 0;
}

int
tw_resolver_open(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err)
{
	return open_with(loop, 0, NULL, ret, err);
}

int
tw_resolver_open_strict(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err)
{
	return open_with(loop, ARES_FLAG_NOCHECKRESP, NULL, ret, err);
}

int
tw_resolver_open_hosts(struct tw_loop *loop, struct tw_resolver **ret, struct tw_err *err)
{
	return open_with(loop, 0, "f", ret, err);
}

/* From the loop: c-ares may not be ended inside a callback of its own. */
static void
end(uv_timer_t *t)
{
	struct tw_resolver *r = t->data;

	ares_destroy(r->channel);	/* closes its sockets, so their watches too */
	ares_library_cleanup();
	uv_close((uv_handle_t *)&r->timer, on_timer_closed);
}

void
tw_resolver_close(struct tw_resolver *r)
{
	if (r == NULL || r->closing)
		return;
	r->closing = true;
	uv_timer_start(&r->timer, end, 0, 0);
}

static enum tw_unresolved
kind(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return TW_UNRESOLVED_NO_NAME;
	case ARES_ENODATA:
		return TW_UNRESOLVED_NO_ADDRESS;
	case ARES_ETIMEOUT:
		return TW_UNRESOLVED_SILENT;
	case ARES_ECONNREFUSED:
		return TW_UNRESOLVED_NO_SERVER;
	case ARES_EBADNAME:
		return TW_UNRESOLVED_BAD_NAME;
	default:
		return TW_UNRESOLVED_FAILED;
	}
}

static const char *
why(int status)
{
	switch (status) {
	case ARES_ENOTFOUND:
		return "no such name: DNS has no record of it";
	case ARES_ENODATA:
		return "the name exists, but has no address";
	case ARES_ETIMEOUT:
		return "the name servers did not answer in time";
	case ARES_ESERVFAIL:
		return "the name servers could not answer (SERVFAIL)";
	case ARES_ECONNREFUSED:
		return "no name server could be reached";
	case ARES_EBADNAME:
		return "this cannot be a host name";
	default:
		return "the name could not be resolved";
	}
}

static void
on_found(void *ctx, int status, int timeouts, struct ares_addrinfo *info)
{
	struct asking *a = ctx;
	struct tw_resolver *r = a->resolver;
	struct tw_addresses found = { 0 };

	(void)timeouts;
	r->pending--;
	if (status == ARES_SUCCESS)
		for (struct ares_addrinfo_node *n = info->nodes;
		    n != NULL && found.n < TW_RESOLVE_ADDRESSES; n = n->ai_next)
			if (n->ai_addrlen <= sizeof(found.v[0]))
				memcpy(&found.v[found.n++], n->ai_addr, n->ai_addrlen);
	ares_freeaddrinfo(info);
	if (found.n == 0) {
		status = status == ARES_SUCCESS ? ARES_ENODATA : status;
		found.error = why(status);
		found.why = kind(status);
	}
	if (status != ARES_EDESTRUCTION && status != ARES_ECANCELLED)
		a->done(a->ctx, &found);
	free(a);
}

/* An address in text stands for itself. */
static bool
is_address(const char *name, int family, struct tw_addresses *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->v[0];
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->v[0];

	memset(ret, 0, sizeof(*ret));
	if (uv_ip4_addr(name, 0, v4) == 0 || uv_ip6_addr(name, 0, v6) == 0)
		ret->n = 1;
	else
		return false;
	if (family != AF_UNSPEC && ret->v[0].ss_family != family) {
		ret->n = 0;
		ret->error = "the address is not of the family asked for (-4, -6)";
		ret->why = TW_UNRESOLVED_NO_ADDRESS;
	}
	return true;
}

/* RFC 6761 6.3; and older c-ares lose memory when they are asked for this one. */
static bool
is_localhost6(const char *name, int family, struct tw_addresses *ret)
{
	if (family != AF_INET6 || strcasecmp(name, "localhost") != 0)
		return false;
	return is_address("::1", family, ret);
}

void
tw_resolver_ask(struct tw_resolver *r, const char *name, int family,
    void (*done)(void *ctx, const struct tw_addresses *found), void *ctx)
{
	struct ares_addrinfo_hints hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM };
	struct tw_addresses found;
	struct asking *a;
	char *ascii = NULL;

	if (is_address(name, family, &found) || is_localhost6(name, family, &found)) {
		done(ctx, &found);
		return;
	}
	a = malloc(sizeof(*a));
	if (a == NULL)
		abort();
	*a = (struct asking){ r, done, ctx };
	r->pending++;
	if (idn2_to_ascii_8z(name, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		ascii = NULL;	/* names with underscores and such: as they are */
	ares_getaddrinfo(r->channel, ascii != NULL ? ascii : name, NULL, &hints, on_found, a);
	idn2_free(ascii);
	arm(r);
}

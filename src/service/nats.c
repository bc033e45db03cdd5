/* NATS: the server says INFO and a JSON object; where that speaks of TLS, TLS begins. */
#include "dialog/line.h"
#include "service/service.h"

/* The text behind the key and its colon, in a flat reading; n 0: no such key. */
static struct tw_bytes
value_of(struct tw_bytes json, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < json.n; i++) {
		size_t from = i + 1, to = from;

		if (json.p[i] != '"')
			continue;
		/* A string: to the next quote that is not escaped. */
		while (to < json.n && json.p[to] != '"')
			to += json.p[to] == '\\' ? 2 : 1;
		if (to >= json.n)
			break;
		i = to++;
		while (to < json.n && (json.p[to] == ' ' || json.p[to] == '\t'))
			to++;
		if (i - from != n || memcmp(json.p + from, key, n) != 0 || to >= json.n ||
		    json.p[to] != ':')
			continue;
		for (to++; to < json.n && (json.p[to] == ' ' || json.p[to] == '\t');)
			to++;
		return (struct tw_bytes){ json.p + to, json.n - to };
	}
	return (struct tw_bytes){ 0 };
}

static bool
is_true(struct tw_bytes json, const char *key)
{
	return tw_bytes_begin_with(value_of(json, key), "true");
}

static enum tw_turn
client_step(struct tw_dialog *d, struct tw_bytes msg)
{
	static const char *const keys[] = { "tls_required", "tls_available", "tls_verify",
		"auth_required" };

	tw_dialog_note(d, &d->banner, msg);
	tw_dialog_note(d, &d->reply, msg);
	if (tw_bytes_begin_with(msg, "-ERR"))
		return tw_dialog_flawed(d,
		    tw_bytes_contain(msg, "maximum connections") || tw_line_throttles(msg)
		        ? TW_FLAW_THROTTLED
		        : TW_FLAW_HOST_REFUSED,
		    TW_REFUSED);
	if (!tw_bytes_begin_with(msg, "INFO "))
		return tw_dialog_flawed(d, TW_FLAW_NOT_PROTOCOL, TW_BAD);
	for (size_t i = 0; i < TW_COUNT(keys); i++)
		if (is_true(msg, keys[i]))
			tw_dialog_capability(d, tw_bytes_of(keys[i]));
	d->no_plain_auth = is_true(msg, "tls_required");
	d->plain_auth = is_true(msg, "auth_required") && !d->no_plain_auth;
	d->advertised = is_true(msg, "tls_required") || is_true(msg, "tls_available");
	return d->advertised ? TW_TLS : TW_NOT_OFFERED;
}

static unsigned
greets(struct tw_bytes g)
{
	return tw_bytes_begin_with(g, "INFO {") ? 2 : 0;
}

static bool
software(struct tw_bytes g, struct tw_bytes *ret_name, struct tw_bytes *ret_version)
{
	struct tw_bytes v = value_of(g, "version");
	size_t n = 1;

	if (greets(g) == 0)
		return false;
	while (n < v.n && v.p[n] != '"')
		n++;
	*ret_name = TW_BYTES("NATS");
	*ret_version = v.n > 1 && n < v.n && *v.p == '"' ?
	    (struct tw_bytes){ v.p + 1, n - 1 } : (struct tw_bytes){ 0 };
	return true;
}

const struct tw_service tw_service_nats = {
	.name = "nats",
	.title = "NATS messaging",
	.spec = "NATS client protocol, INFO",
	.server_first = true,
	.greets = greets,
	.software = software,
	.client = { NULL, tw_frame_line, client_step, NULL },
};

/* TARGET as users write it; see target.h. */
#include "verb/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_BITS 20		/* the largest network: a million addresses */

static const char *
trim(const char *s, char *out, size_t size)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	snprintf(out, size, "%.*s", (int)n, s);
	return out;
}

static bool
parse_port(const char *s, uint16_t *ret)
{
	char *end;
	unsigned long v;

	if (*s < '0' || *s > '9')
		return false;
	v = strtoul(s, &end, 10);
	if (*end != '\0' || v == 0 || v > 65535)
		return false;
	*ret = (uint16_t)v;
	return true;
}

/* "imap://": the row, or one that is near enough to be what was meant. */
static int
read_scheme(struct tw_target *t, char *scheme, struct tw_err *err)
{
	t->row = tw_port_by_scheme(scheme);
	if (t->row == NULL && strcasecmp(scheme, "http") == 0) {
		t->row = tw_port_by_scheme("https");
		return 1;
	}
	if (t->row == NULL) {
		t->row = tw_port_like(scheme);
		if (t->row == NULL)
			return tw_err_set(err, TW_ERR_USAGE, "\"%s://\" is no service we know; "
			    "tlswright ports lists them, and tls://host:port takes any", scheme);
		return 1;
	}
	return 0;
}

/* Cuts user@, path, query and fragment of a pasted URL; true where there was anything to cut. */
static bool
cut_url(char *rest)
{
	size_t n = strcspn(rest, "/?#");
	bool cut = rest[n] != '\0';
	char *at;

	rest[n] = '\0';
	at = strrchr(rest, '@');
	if (at != NULL) {
		memmove(rest, at + 1, strlen(at + 1) + 1);
		cut = true;
	}
	return cut;
}

/* "192.0.2.0/28", "2001:db8::/120": t becomes the network; 0 when it is none. */
static int
read_network(struct tw_target *t, const char *rest, struct tw_err *err)
{
	char text[64];
	const char *slash = strchr(rest, '/');
	unsigned bits, most;
	char *end;

	if (slash == NULL || (size_t)(slash - rest) >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - rest), rest);
	if (inet_pton(AF_INET6, text, t->address) == 1)
		t->v6 = true;
	else if (inet_pton(AF_INET, text, t->address) != 1)
		return 0;
	most = t->v6 ? 128 : 32;
	if (slash[1] == '\0')
		return 0;		/* "192.0.2.1/": a pasted URL */
	bits = (unsigned)strtoul(slash + 1, &end, 10);
	if (*end == ':' && !t->v6) {
		if (!parse_port(end + 1, &t->port))
			return tw_err_set(err, TW_ERR_USAGE, "\"%s\" is no port (1 to 65535)", end + 1);
	} else if (*end != '\0' || end == slash + 1) {
		return 0;
	}
	if (bits > most || most - bits > NETWORK_BITS)
		return tw_err_set(err, TW_ERR_USAGE, "the network %s is too large or no network: "
		    "/%u to /%u can be examined", rest, most - NETWORK_BITS, most);
	for (unsigned b = bits; b < most; b++)
		t->address[b / 8] &= (uint8_t)~(0x80 >> b % 8);
	t->left = 1ull << (most - bits);
	t->network = true;
	return 1;
}

/* "host", "host:port", "[v6]:port", "v6". */
static int
read_host(struct tw_target *t, char *rest, struct tw_err *err)
{
	char *colon = strrchr(rest, ':');
	struct in6_addr v6;

	if (rest[0] == '[') {
		char *close = strchr(rest, ']');

		if (close == NULL || (close[1] != '\0' && close[1] != ':'))
			return tw_err_set(err, TW_ERR_USAGE,
			    "\"%s\": an IPv6 address stands in brackets, as in [2001:db8::7]:443", rest);
		*close = '\0';
		colon = close[1] == ':' ? close + 1 : NULL;
		rest++;
	} else if (colon != NULL && inet_pton(AF_INET6, rest, &v6) == 1) {
		colon = NULL;
	}
	if (colon != NULL) {
		if (!parse_port(colon + 1, &t->port))
			return tw_err_set(err, TW_ERR_USAGE, "\"%s\" is no port (1 to 65535)",
			    colon + 1);
		*colon = '\0';
	}
	if (*rest == '\0')
		return tw_err_set(err, TW_ERR_USAGE, "\"%s\" names no host", t->text);
	for (const unsigned char *p = (const unsigned char *)rest; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f || strchr("\"'<>\\^`{|}", *p) != NULL)
			return tw_err_set(err, TW_ERR_USAGE,
			    "\"%s\" has a character that no host name has", t->text);
	if (strlen(rest) > 253)
		return tw_err_set(err, TW_ERR_USAGE, "a host name has at most 253 characters");
	snprintf(t->host, sizeof(t->host), "%s", rest);
	return 0;
}

static bool
lower(char *s)
{
	bool changed = false;

	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z') {
			*s = (char)(*s | 0x20);
			changed = true;
		}
	return changed;
}

int
tw_target_parse(const char *text, struct tw_target *ret, struct tw_err *err)
{
	char buf[TW_TARGET_MAX], *rest = buf, *sep;
	bool corrected;
	int n;

	memset(ret, 0, sizeof(*ret));
	if (strlen(text) >= TW_TARGET_MAX - 80)
		return tw_err_set(err, TW_ERR_USAGE, "a target of %zu bytes is too long", strlen(text));
	trim(text, ret->text, sizeof(ret->text));
	snprintf(buf, sizeof(buf), "%s", ret->text);
	ret->left = 1;
	n = read_network(ret, buf, err);
	if (n != 0)
		return n < 0 ? -1 : 0;
	corrected = lower(buf);
	sep = strstr(buf, "://");
	if (sep != NULL) {
		*sep = '\0';
		rest = sep + 3;
		n = read_scheme(ret, buf, err);
		if (n < 0)
			return -1;
		corrected |= n > 0;
	}
	if (sep == NULL && strncmp(buf, "mail:", 5) == 0)
		return tw_err_set(err, TW_ERR_USAGE, "mail:domain is not in this version yet; name "
		    "the domain's servers, as in smtp://mx.%s imaps://imap.%s", buf + 5, buf + 5);
	corrected |= cut_url(rest);
	if (read_host(ret, rest, err) != 0)
		return -1;
	if (ret->port == 0 && ret->row != NULL) {
		ret->port = ret->row->port;
		if (ret->port == 0)
			return tw_err_set(err, TW_ERR_USAGE, "%s has no port of its own: "
			    "%s://%s:PORT names one", ret->row->scheme, ret->row->scheme, ret->host);
	}
	if (corrected) {
		bool v6 = strchr(ret->host, ':') != NULL;
		int at = snprintf(ret->note, sizeof(ret->note), "%s%s%s%s%s",
		    ret->row != NULL ? ret->row->scheme : "", ret->row != NULL ? "://" : "",
		    v6 ? "[" : "", ret->host, v6 ? "]" : "");

		if (ret->port != 0 && (ret->row == NULL || ret->row->port != ret->port))
			snprintf(ret->note + at, sizeof(ret->note) - (size_t)at, ":%u", ret->port);
	}
	return 0;
}

static void
step(struct tw_target *t)
{
	for (int i = t->v6 ? 15 : 3; i >= 0 && ++t->address[i] == 0; i--)
		;
}

bool
tw_target_next(struct tw_target *t, struct tw_spec *ret)
{
	if (t->left == 0)
		return false;
	t->left--;
	*ret = (struct tw_spec){ t->text, t->host, t->port, t->row, t->network };
	if (t->network) {
		inet_ntop(t->v6 ? AF_INET6 : AF_INET, t->address, t->host, sizeof(t->host));
		if (t->port != 0)
			snprintf(t->shown, sizeof(t->shown), t->v6 ? "[%s]:%u" : "%s:%u", t->host,
			    t->port);
		else
			snprintf(t->shown, sizeof(t->shown), "%s", t->host);
		ret->target = t->shown;
		step(t);
	}
	return true;
}

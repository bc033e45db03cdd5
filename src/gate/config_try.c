/* config_try.c -- the configuration of `serve --try SERVICE BACKEND`. */
#include "gate/config_check.h"
#include "gate/config_inside.h"

/* Between double quotes, whatever it is. */
static void
put_quoted(struct tw_buf *out, const char *s)
{
	tw_buf_u8(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			tw_buf_u8(out, '\\');
		tw_buf_u8(out, (uint8_t)*s);
	}
	tw_buf_u8(out, '"');
}

static const struct tw_port *
find(const char *service)
{
	const struct tw_port *p = tw_port_by_scheme(service);

	return p != NULL ? p : tw_port_by_service(service, TW_IMPLICIT);
}

/* Can it begin in clear? As in the file: the service's own name is the mode on request. */
static bool
is_implicit(const struct tw_port *p)
{
	const struct tw_service *s = p->dialogue != NULL ? tw_service_by_name(p->dialogue) : NULL;

	return p->mode == TW_IMPLICIT || s == NULL || s->server.step == NULL;
}

int
tw_config_try(const char *service, const char *backend, const char *address, const char *chain,
    const char *key, struct tw_buf *ret_text, struct tw_err *e)
{
	const struct tw_port *p = find(service), *like = tw_port_like(service);
	struct tw_arena *a = tw_arena_new();
	struct tw_endpoint one;
	struct tw_err why;
	int status = -1;

	if (p == NULL || strcmp(p->transport, "tcp") != 0)
		tw_err_set(e, TW_ERR_USAGE, "no service is called so that the gateway could serve%s%s%s",
		    like != NULL ? "; did you mean " : "", like != NULL ? like->scheme : "",
		    like != NULL ? "?" : "");
	else if (tw_config_endpoint(a, backend, true, &one, &why) != 0)
		tw_err_set(e, TW_ERR_USAGE, "the backend: %s", why.text);
	else if (tw_config_endpoint(a, address, true, &one, &why) != 0)
		tw_err_set(e, TW_ERR_USAGE, "where to listen: %s", why.text);
	else
		status = 0;
	tw_arena_free(a);
	if (status != 0)
		return -1;
	tw_buf_str(ret_text, "workers = 1\nkeys = inline\nlog try { path = \"-\" }\n"
	    "certificate throwaway { chain = ");
	put_quoted(ret_text, chain);
	tw_buf_str(ret_text, "  key = ");
	put_quoted(ret_text, key);
	tw_buf_str(ret_text, " }\nbackend try { address = ");
	put_quoted(ret_text, backend);
	tw_buf_fmt(ret_text, " }\nlisten try { service = \"%s\"  mode = %s  certificate = throwaway  "
	    "backend = try  strict_sni = false", p->scheme, is_implicit(p) ? "implicit" : "explicit");
	if (strcmp(p->service, "ftp") == 0)
		tw_buf_str(ret_text, "  passive = \"50000-50100\"");
	tw_buf_str(ret_text, "  address = ");
	put_quoted(ret_text, address);
	tw_buf_str(ret_text, " }\n");
	return ret_text->failed ? tw_err_set(e, TW_ERR_SYSTEM, "make the text") : 0;
}

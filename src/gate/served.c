/* Facts of the certificates that are served; see served.h. */
#include <stdio.h>

#include "base/text.h"
#include "cert/cert.h"
#include "gate/served.h"
#include "net/process.h"

/* Escaped, and cut where there is no room. */
static void
put(char *out, size_t room, struct tw_arena *a, struct tw_bytes v)
{
	snprintf(out, room, "%s", v.p == NULL ? "" : tw_text_escaped(a, v));
}

static void
put_names(struct tw_served *s, struct tw_arena *a, const struct tw_cert *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->names.n; i++) {
		const char *name = tw_text_escaped(a, c->names.v[i].value);
		size_t more = strlen(name);

		if (n + more + 2 > sizeof(s->names)) {
			s->more_names = true;
			return;
		}
		n += (size_t)snprintf(s->names + n, sizeof(s->names) - n, "%s%s", n > 0 ? "\n" : "",
		    name);
	}
}

static void
take(struct tw_served *s, struct tw_arena *a, const struct tw_cert *c)
{
	struct tw_buf hex;

	put(s->subject, sizeof(s->subject), a, c->subject);
	put(s->serial, sizeof(s->serial), a, c->serial);
	put_names(s, a, c);
	tw_buf_init(&hex, sizeof(s->sha256));
	tw_text_hex(&hex, (struct tw_bytes){ c->sha256, sizeof(c->sha256) });
	snprintf(s->sha256, sizeof(s->sha256), "%s", tw_buf_cstr(&hex));
	tw_buf_clear(&hex);
	if (c->curve != NULL)
		snprintf(s->key, sizeof(s->key), "%s %s", c->key_type, c->curve);
	else if (c->key_bits > 0 && strncmp(c->key_type, "Ed", 2) != 0)
		snprintf(s->key, sizeof(s->key), "%s %u", c->key_type, c->key_bits);
	else
		snprintf(s->key, sizeof(s->key), "%s", c->key_type);
	s->not_before = c->not_before;
	s->not_after = c->not_after;
	s->read = true;
}

struct tw_served *
tw_served_new(const struct tw_config *c)
{
	return c->certificates_n == 0 ? NULL :
	    tw_process_share(c->certificates_n * sizeof(struct tw_served));
}

void
tw_served_fill(struct tw_served *v, const struct tw_config *c, const struct tw_bundle *files)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_cert cert;

	for (size_t i = 0; v != NULL && i < c->certificates_n; i++)
		if (tw_cert_read_pem(a, tw_bundle_find(files, c->certificates[i].chain), &cert) &&
		    cert.parsed)
			take(&v[i], a, &cert);
	tw_arena_free(a);
}

void
tw_served_free(struct tw_served *v, const struct tw_config *c)
{
	if (v != NULL)
		tw_process_unshare(v, c->certificates_n * sizeof(*v));
}

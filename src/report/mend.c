/*
 * mend.c -- see mend.h. Which line mends what follows from what was filled into it: a line
 * that names the policy's suites mends findings about suites. What has no gap is marked in
 * the template by "@mends FINDING…" on the line before it.
 */
#include "report/mend.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/template.h"
#include "base/text.h"
#include "report/config_words.h"

#define TEXT_BYTES	((size_t)1 << 20)
#define LINES_SHOWN	4	/* of those that mend a finding */
#define SHORT		40	/* bytes of a line the second time */
#define MARK		'\x02'	/* in the marked rendering: MARK name MARK before each value */

/* What has to be filled into a line for it to mend a finding. */
struct family {
	const char *gaps;	/* names of gaps, blanks around each */
	enum tw_finding_id ids[24];
	const char *and;	/* what has to be done besides; or NULL */
};

#define ISSUE	"the certificate itself has to be issued anew, and put where these lines say"
#define PUT	"put it where these lines say"

static const struct family families[] = {
	{ " versions min max gnutls ", { TW_FINDING_SSL2_OFFERED, TW_FINDING_SSL3_OFFERED,
	    TW_FINDING_TLS10_OFFERED, TW_FINDING_TLS11_OFFERED, TW_FINDING_TLS12_MISSING,
	    TW_FINDING_TLS13_MISSING, TW_FINDING_NO_FALLBACK_SCSV, TW_FINDING_POODLE_SSL,
	    TW_FINDING_BEAST, TW_FINDING_DROWN, TW_FINDINGS }, NULL },
	{ " suites12 suites suites13 gnutls ", { TW_FINDING_NULL_SUITE,
	    TW_FINDING_ANONYMOUS_SUITE, TW_FINDING_EXPORT_SUITE, TW_FINDING_RC4_SUITE,
	    TW_FINDING_RC2_SUITE, TW_FINDING_DES_SUITE, TW_FINDING_TRIPLE_DES_SUITE,
	    TW_FINDING_CBC_SHA1_SUITE, TW_FINDING_CCM8_SUITE, TW_FINDING_STATIC_RSA_SUITE,
	    TW_FINDING_NO_FORWARD_SECRECY, TW_FINDING_NO_AEAD, TW_FINDING_WEAK_DH,
	    TW_FINDING_COMMON_DH_PRIME, TW_FINDING_FREAK, TW_FINDING_LOGJAM, TW_FINDING_SWEET32,
	    TW_FINDING_LUCKY13, TW_FINDING_ROBOT, TW_FINDING_PADDING_ORACLE,
	    TW_FINDING_POODLE_TLS, TW_FINDINGS }, NULL },
	{ " groups gnutls ", { TW_FINDING_WEAK_GROUP, TW_FINDING_NO_POST_QUANTUM, TW_FINDINGS },
	    NULL },
	{ " sigalgs gnutls ", { TW_FINDING_SHA1_HANDSHAKE_SIGNATURE, TW_FINDINGS }, NULL },
	{ " hsts_seconds ", { TW_FINDING_HSTS_MISSING, TW_FINDINGS }, NULL },
	{ " cert key fullchain bundle pkcs12 ", { TW_FINDING_CERTIFICATE_EXPIRED,
	    TW_FINDING_CERTIFICATE_NOT_YET_VALID, TW_FINDING_CERTIFICATE_EXPIRES_SOON,
	    TW_FINDING_CERTIFICATE_SELF_SIGNED, TW_FINDING_CERTIFICATE_UNTRUSTED,
	    TW_FINDING_CERTIFICATE_REVOKED, TW_FINDING_NAME_MISMATCH, TW_FINDING_NO_SAN,
	    TW_FINDING_VALIDITY_TOO_LONG, TW_FINDING_WEAK_KEY, TW_FINDING_MD5_SIGNATURE,
	    TW_FINDING_SHA1_SIGNATURE, TW_FINDING_NO_SERVER_USAGE, TW_FINDING_CA_AS_LEAF,
	    TW_FINDING_NAME_CONSTRAINT_VIOLATED, TW_FINDING_HOSTILE_TEXT, TW_FINDING_ROCA,
	    TW_FINDING_KNOWN_PRIVATE_KEY, TW_FINDING_MANY_NAMES,
	    TW_FINDING_WILDCARD_CERTIFICATE, TW_FINDING_STAPLE_MISSING, TW_FINDINGS }, ISSUE },
	{ " cert fullchain chain bundle pkcs12 ", { TW_FINDING_CHAIN_INCOMPLETE,
	    TW_FINDING_CHAIN_ORDER, TW_FINDING_CHAIN_EXTRA, TW_FINDING_CHAIN_ROOT_SENT,
	    TW_FINDING_CHAIN_INTERMEDIATE_EXPIRED, TW_FINDING_CHAIN_LARGE, TW_FINDINGS },
	    "that file holds the certificate, then each intermediate, without the root" },
};

/* Findings that stay, on purpose. */
static const struct { enum tw_finding_id id; const char *why; } kept[] = {
	{ TW_FINDING_NO_SERVER_PREFERENCE, "left on purpose: all suites that remain are good, and "
	    "the client knows which it computes fast" },
	{ TW_FINDING_WILDCARD_CERTIFICATE, "left: a choice of whoever orders the certificate" },
	{ TW_FINDING_MANY_NAMES, "left: a choice of whoever orders the certificate" },
	{ TW_FINDING_DEFAULT_CERTIFICATE_DIFFERS, "left: who asks for no name gets the server's "
	    "first certificate" },
	{ TW_FINDING_SNI_REQUIRED, "left: every client of today sends the name" },
	{ TW_FINDING_SNI_STRICT, "left: it is the careful way" },
	{ TW_FINDING_CLIENT_CERTIFICATE_REQUIRED, "left: it is wanted here" },
	{ TW_FINDING_TLS12_MISSING, "left: TLS 1.3 alone is stricter than the policy" },
};

/* One line of the configuration, and what it has to do with. */
struct line {
	struct tw_bytes text;
	const char *gaps;		/* " suites12 ": names of its gaps, blanks around each */
};

struct mend {
	struct tw_arena *arena;
	struct tw_template_world world;	/* the real one */
	TW_LIST(struct line) lines;
	TW_LIST(const char *) told;	/* lines shown whole before */
};

/* ---- the marked rendering ---- */

static void
put_mark(struct tw_buf *out, struct tw_bytes name)
{
	tw_buf_u8(out, MARK);
	tw_buf_bytes(out, name);
	tw_buf_u8(out, MARK);
}

static bool
put_marked(void *ctx, struct tw_bytes name, struct tw_buf *out)
{
	const struct mend *m = ctx;
	const uint8_t *colon = memchr(name.p, ':', name.n);

	put_mark(out, (struct tw_bytes){ name.p, colon != NULL ? (size_t)(colon - name.p)
	    : name.n });
	return m->world.put(m->world.ctx, name, out);
}

static int
ask_flag(void *ctx, struct tw_bytes name)
{
	const struct mend *m = ctx;

	return m->world.flag(m->world.ctx, name);
}

static const char *
ask_number(void *ctx, struct tw_bytes name)
{
	const struct mend *m = ctx;

	return m->world.number(m->world.ctx, name);
}

static int
ask_member(void *ctx, struct tw_bytes list, size_t i, struct tw_buf *out)
{
	const struct mend *m = ctx;

	/* What stands in a loop over suites is made of suites. */
	if (i < 1000)
		put_mark(out, list);
	return m->world.member(m->world.ctx, list, i, out);
}

/* A line with marks, parted into its text and the names of its gaps. */
static struct line
part(struct mend *m, struct tw_bytes marked)
{
	struct tw_buf text;
	const char *gaps = " ";
	struct line ret;

	tw_buf_init(&text, TEXT_BYTES);
	while (marked.n > 0) {
		const uint8_t *end = marked.p[0] != MARK ? NULL :
		    memchr(marked.p + 1, MARK, marked.n - 1);
		size_t n = 1;

		if (end != NULL) {
			n = (size_t)(end - marked.p) + 1;
			gaps = tw_arena_fmt(m->arena, "%s%.*s ", gaps, (int)(n - 2),
			    (const char *)marked.p + 1);
		} else {
			tw_buf_u8(&text, marked.p[0]);
		}
		marked.p += n;
		marked.n -= n;
	}
	ret = (struct line){ tw_arena_bytes(m->arena, tw_buf_view(&text)), gaps };
	tw_buf_clear(&text);
	return ret;
}

static int
read_lines(struct mend *m, const struct tw_config *c, struct tw_err *e)
{
	struct tw_config_words w;
	struct tw_template_world marked = { m, put_marked, ask_flag, ask_number, ask_member,
		put_mark };
	struct tw_bytes rest;
	struct tw_buf body;
	int rv;

	tw_config_words_init(&w, c);
	m->world = tw_config_words_world(&w);
	tw_buf_init(&body, TEXT_BYTES);
	rv = tw_template_render(tw_template_text(c->target->name), &marked, &body, e);
	rest = tw_buf_view(&body);
	while (rv == 0 && rest.n > 0) {
		const uint8_t *nl = memchr(rest.p, '\n', rest.n);
		size_t n = nl != NULL ? (size_t)(nl - rest.p) : rest.n;

		TW_PUSH(m->arena, &m->lines, part(m, (struct tw_bytes){ rest.p, n }));
		rest.p += n + (nl != NULL);
		rest.n -= n + (nl != NULL);
	}
	tw_buf_clear(&body);
	return rv;
}

/* ---- finding by finding ---- */

static bool
has_word(const char *words, const char *word, size_t n)
{
	for (const char *at = words; (at = strstr(at, word)) != NULL; at++)
		if (at > words && at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

/* Is one of a line's gaps of the family? */
static bool
is_of(const struct line *line, const struct family *family)
{
	const char *word = line->gaps + 1;

	while (family != NULL && *word != '\0') {
		size_t n = strcspn(word, " ");
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)n, word);
		if (has_word(family->gaps, name, strlen(name)))
			return true;
		word += n + 1;
	}
	return false;
}

static const struct family *
family_of(enum tw_finding_id id)
{
	for (size_t i = 0; i < TW_COUNT(families); i++)
		for (size_t k = 0; families[i].ids[k] != TW_FINDINGS; k++)
			if (families[i].ids[k] == id)
				return &families[i];
	return NULL;
}

/* A line without its indent and the comment behind it. */
static const char *
bare(struct mend *m, struct tw_bytes text, const char *comment)
{
	const char *s = tw_arena_fmt(m->arena, "%.*s", (int)text.n, (const char *)text.p), *cut;
	size_t n;

	s += strspn(s, " \t");
	cut = strstr(s, tw_arena_fmt(m->arena, "\t%s", comment));
	n = cut != NULL ? (size_t)(cut - s) : strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return tw_arena_fmt(m->arena, "%.*s", (int)n, s);
}

/* A line told before needs its beginning only. */
static const char *
shorten(struct mend *m, const char *line)
{
	for (size_t i = 0; i < m->told.n; i++)
		if (strcmp(m->told.v[i], line) == 0 && strlen(line) > SHORT)
			return tw_arena_fmt(m->arena, "%.*s…", SHORT, line);
	TW_PUSH(m->arena, &m->told, line);
	return line;
}

static const char *
kept_why(enum tw_finding_id id)
{
	for (size_t i = 0; i < TW_COUNT(kept); i++)
		if (kept[i].id == id)
			return kept[i].why;
	return NULL;
}

static void
put_finding(struct mend *m, const struct tw_config *c, const struct tw_finding *f,
    struct tw_buf *out)
{
	const struct tw_finding_row *row = &tw_findings[f->id];
	const struct family *family = family_of(f->id);
	const char *seen[LINES_SHOWN], *why = kept_why(f->id);
	size_t shown = 0;

	tw_buf_fmt(out, "  %s (%s): %s\n", row->id, tw_severity_names[f->severity], f->evidence);
	if (f->waiver != NULL)
		tw_buf_fmt(out, "      waived until %s: %s\n", f->waiver->until, f->waiver->reason);
	for (size_t i = 0; i < m->lines.n && shown < LINES_SHOWN && why == NULL; i++) {
		const struct line *line = &m->lines.v[i];
		bool told = false;

		if (!is_of(line, family) && !has_word(line->gaps, row->id, strlen(row->id)))
			continue;
		seen[shown] = bare(m, line->text, c->target->comment);
		if (strncmp(seen[shown], c->target->comment, strlen(c->target->comment)) == 0)
			continue;
		for (size_t k = 0; k < shown; k++)
			told = told || strcmp(seen[k], seen[shown]) == 0;
		if (!told)
			tw_buf_fmt(out, "      mended by: %s\n", shorten(m, seen[shown++]));
	}
	if (shown > 0 && family != NULL && family->and != NULL)
		tw_buf_fmt(out, "      and: %s\n", family->and);
	else if (shown == 0)
		tw_buf_fmt(out, "      %s%s\n", why == NULL ? "no line of this server mends it: " : "",
		    why == NULL ? row->fix : why);
}

static void
put_endpoint(struct mend *m, const struct tw_config *c, const struct tw_mend_endpoint *e,
    struct tw_buf *out)
{
	const struct tw_facts *f = e->facts;
	const char *host = tw_text_escaped(m->arena, tw_bytes_of(f->host));

	tw_buf_fmt(out, strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d", host, f->port);
	if (f->software.p != NULL)
		tw_buf_fmt(out, ", %s", tw_text_escaped(m->arena, f->software));
	if (f->software_version.p != NULL)
		tw_buf_fmt(out, " %s", tw_text_escaped(m->arena, f->software_version));
	tw_buf_fmt(out, ": %s, %zu finding%s\n", tw_verdict_names[e->judgement->verdict],
	    e->judgement->findings.n, e->judgement->findings.n == 1 ? "" : "s");
	for (size_t i = 0; i < e->judgement->findings.n; i++)
		put_finding(m, c, &e->judgement->findings.v[i], out);
}

int
tw_mend_render(const struct tw_config *c, const struct tw_mend_endpoint *endpoints, size_t n,
    struct tw_buf *out, struct tw_err *e)
{
	struct tw_config with = *c;
	struct mend m = { .arena = tw_arena_new() };
	struct tw_buf told;
	int rv;

	tw_buf_init(&told, TEXT_BYTES);
	rv = read_lines(&m, c, e);
	for (size_t i = 0; rv == 0 && i < n; i++)
		put_endpoint(&m, c, &endpoints[i], &told);
	with.preface = tw_buf_cstr(&told);
	if (rv == 0)
		rv = tw_config_render(&with, out, e);
	tw_buf_clear(&told);
	tw_arena_free(m.arena);
	return rv;
}

/* ---- for findings of others ---- */

struct tw_mend_lines {
	struct mend m;
	const struct tw_target *target;
};

struct tw_mend_lines *
tw_mend_open(const struct tw_config *c, struct tw_err *e)
{
	struct tw_arena *arena = tw_arena_new();
	struct tw_mend_lines *lines = tw_arena_alloc(arena, sizeof(*lines));

	*lines = (struct tw_mend_lines){ .m = { .arena = arena }, .target = c->target };
	if (read_lines(&lines->m, c, e) == 0)
		return lines;
	tw_arena_free(arena);
	return NULL;
}

void
tw_mend_close(struct tw_mend_lines *m)
{
	if (m != NULL)
		tw_arena_free(m->m.arena);
}

/* Does a line set one of the names? "a+b" stands for two words. */
static bool
sets(const char *line, const char *names)
{
	while (*names != '\0') {
		size_t n = strcspn(names, " "), i = 0;

		while (i < n && line[i] != '\0' && (names[i] == '+' ? line[i] == ' '
		    : strncasecmp(&line[i], &names[i], 1) == 0))
			i++;
		if (i == n && n > 0 && strchr(" =;", line[i]) != NULL)
			return true;
		names += n + strspn(names + n, " ");
	}
	return false;
}

size_t
tw_mend_find(struct tw_mend_lines *m, enum tw_finding_id id, const char *names,
    const char **ret, size_t max)
{
	const struct family *family = family_of(id);
	const char *word = tw_findings[id].id;
	bool named = false;
	size_t n = 0;

	for (size_t i = 0; i < m->m.lines.n; i++) {
		const struct line *line = &m->m.lines.v[i];
		const char *text;
		bool is, twice = false;

		if (!is_of(line, family) && !has_word(line->gaps, word, strlen(word)))
			continue;
		text = bare(&m->m, line->text, m->target->comment);
		is = sets(text, names);
		if (strncmp(text, m->target->comment, strlen(m->target->comment)) == 0 ||
		    (named && !is))
			continue;
		if (is && !named)
			n = 0;
		named = named || is;
		for (size_t k = 0; k < n; k++)
			twice = twice || strcmp(ret[k], text) == 0;
		if (!twice && n < max)
			ret[n++] = text;
	}
	return n;
}

/* ---- which server is it? ---- */

static bool
is_software(const struct tw_target *t, struct tw_bytes software)
{
	return software.p != NULL && *t->software != '\0' && software.n == strlen(t->software) &&
	    strncasecmp(t->software, (const char *)software.p, software.n) == 0;
}

static bool
serves(const struct tw_target *t, const char *service)
{
	size_t n = service != NULL ? strlen(service) : 0;

	for (const char *at = t->services; n > 0 && (at = strstr(at, service)) != NULL; at += n)
		if ((at == t->services || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

const struct tw_target *
tw_mend_target(const struct tw_facts *f)
{
	const struct tw_target *named = NULL, *lone = NULL;
	unsigned serving = 0;

	for (size_t i = 0; i < tw_targets_n; i++) {
		const struct tw_target *t = &tw_targets[i];
		bool fits = serves(t, f->service);

		if (is_software(t, f->software) && (named == NULL ||
		    (fits && !serves(named, f->service))))
			named = t;
		if (fits) {
			serving++;
			lone = t;
		}
	}
	return named != NULL ? named : serving == 1 && f->software.p == NULL ? lone : NULL;
}

/*
 * ciphers.c -- judges OpenSSL's cipher strings: as the library expands them, and by name what
 * it no longer knows (RC4, export, single DES): an older one would offer it. check.c asks.
 */
#include <stdio.h>
#include <strings.h>

#include "conf/row.h"
#include "data/suite.h"
#include "judge/judge.h"

#define CODES	512
#define TOLD	3	/* suites named in a sentence */

/* Words of cipher strings for what is gone. */
static const struct { const char *word; enum tw_finding_id id; const char *title; } gone[] = {
	{ "RC4", TW_FINDING_RC4_SUITE, "RC4" },
	{ "RC2", TW_FINDING_RC2_SUITE, "RC2" },
	{ "DES", TW_FINDING_DES_SUITE, "single DES" },
	{ "LOW", TW_FINDING_DES_SUITE, "single DES" },
	{ "EXP", TW_FINDING_EXPORT_SUITE, "export" },
	{ "EXPORT", TW_FINDING_EXPORT_SUITE, "export" },
	{ "EXPORT40", TW_FINDING_EXPORT_SUITE, "export" },
	{ "EXPORT56", TW_FINDING_EXPORT_SUITE, "export" },
};

struct hits {
	size_t n;
	const char *named[TOLD];
};

static void
hit(struct hits *h, const char *name)
{
	for (size_t i = 0; i < h->n && i < TOLD; i++)
		if (strcasecmp(h->named[i], name) == 0)
			return;
	if (h->n < TOLD)
		h->named[h->n] = name;
	h->n++;
}

static const char *
tell(struct tw_arena *a, const struct hits *h)
{
	const char *s = "";

	for (size_t i = 0; i < h->n && i < TOLD; i++)
		s = tw_arena_fmt(a, "%s%s%s", s, i == 0 ? "" : i + 1 == h->n ? " and " : ", ",
		    h->named[i]);
	return h->n > TOLD ? tw_arena_fmt(a, "%s and %zu more", s, h->n - TOLD) : s;
}

static bool
holds(const uint16_t *codes, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* The next part of a cipher string; false: no more. */
static bool
next(const char **string, char *word, size_t size)
{
	size_t n;

	*string += strspn(*string, " ,:;");
	n = strcspn(*string, " ,:;");
	snprintf(word, size, "%.*s", (int)(n < size ? n : size - 1), *string);
	*string += n;
	return n > 0;
}

/* Is what makes a finding taken out again: "!RC4"? */
static bool
is_struck(const char *string, enum tw_finding_id id, const char *name)
{
	char word[128];

	while (next(&string, word, sizeof(word))) {
		if (word[0] != '!')
			continue;
		if (strcasecmp(word + 1, name) == 0)
			return true;
		for (size_t i = 0; i < TW_COUNT(gone); i++)
			if (gone[i].id == id && strcasecmp(word + 1, gone[i].word) == 0)
				return true;
	}
	return false;
}

/* A suite, or one of the words of "ECDHE+RC4", that the library has no longer. */
static void
judge_word(struct hits *hits, struct tw_arena *a, const char *string, char *word,
    const uint16_t *all, size_t n)
{
	const struct tw_suite *s = tw_suite_by_name(word);
	enum tw_finding_id faults[8];
	size_t found = 0;

	if (s != NULL && !s->signalling && !holds(all, n, s->code))
		found = tw_suites_faults(s, faults, TW_COUNT(faults));
	for (size_t i = 0; i < found; i++)
		if (!is_struck(string, faults[i], word))
			hit(&hits[faults[i]], tw_arena_str(a, word));
	for (char *rest = word, *part; s == NULL && (part = strsep(&rest, "+")) != NULL;)
		for (size_t i = 0; i < TW_COUNT(gone); i++)
			if (strcasecmp(part, gone[i].word) == 0 &&
			    !is_struck(string, gone[i].id, part))
				hit(&hits[gone[i].id], gone[i].title);
}

static void
find_lacks(struct tw_arena *a, const uint16_t *codes, size_t n, tw_cipher_faults *ret)
{
	bool secrecy = false, aead = false;

	for (size_t i = 0; i < n; i++) {
		const struct tw_suite *s = tw_suite_by_code(codes[i]);

		secrecy = secrecy || (s != NULL && s->forward_secrecy);
		aead = aead || (s != NULL && s->aead);
	}
	if (n > 0 && !secrecy)
		TW_PUSH(a, ret, (struct tw_cipher_fault){ TW_FINDING_NO_FORWARD_SECRECY,
		    "none of its suites has an ephemeral key exchange, and TLS 1.3 is off" });
	if (n > 0 && !aead)
		TW_PUSH(a, ret, (struct tw_cipher_fault){ TW_FINDING_NO_AEAD,
		    "none of its suites has authenticated encryption, and TLS 1.3 is off" });
}

void
tw_ciphers_judge(struct tw_arena *a, const char *string, bool old_only,
    const struct tw_conf_question *q, tw_cipher_faults *ret)
{
	struct hits here[TW_FINDINGS] = { 0 }, elsewhere[TW_FINDINGS] = { 0 };
	uint16_t codes[CODES], all[CODES];
	size_t n = q->expand(string, codes, CODES);
	size_t all_n = q->expand("ALL:COMPLEMENTOFALL", all, CODES);
	const char *rest = string;
	char word[128];

	for (size_t i = 0; i < n; i++) {
		const struct tw_suite *s = tw_suite_by_code(codes[i]);
		enum tw_finding_id faults[8];
		size_t found = s != NULL ? tw_suites_faults(s, faults, TW_COUNT(faults)) : 0;

		for (size_t k = 0; k < found; k++)
			hit(&here[faults[k]], s->openssl != NULL ? s->openssl : s->name);
	}
	while (next(&rest, word, sizeof(word)))
		if (strchr("!-+@", word[0]) == NULL)
			judge_word(elsewhere, a, string, word, all, all_n);
	for (int id = 0; id < TW_FINDINGS; id++)
		if (here[id].n > 0)
			TW_PUSH(a, ret, (struct tw_cipher_fault){ (enum tw_finding_id)id,
			    tw_arena_fmt(a, "holds %s", tell(a, &here[id])) });
		else if (elsewhere[id].n > 0)
			TW_PUSH(a, ret, (struct tw_cipher_fault){ (enum tw_finding_id)id,
			    tw_arena_fmt(a, "names %s; the OpenSSL of this program has no such suite, an older one "
			    "would offer it", tell(a, &elsewhere[id])) });
	if (old_only)
		find_lacks(a, codes, n, ret);
}

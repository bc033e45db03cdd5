/* Judges the versions: old ones offered, new ones missing, hellos not borne. */
#include "judge/judgement.h"

const char *
tw_versions_tell(struct tw_arena *a, unsigned versions)
{
	const char *s = "";

	for (int v = TW_SSL2, met = 0; v < TW_VERSIONS; v++)
		if ((versions & 1u << v) != 0) {
			bool last = versions >> (v + 1) == 0;

			s = tw_arena_fmt(a, "%s%s%s", s,
			    met++ == 0 ? "" : last ? " and " : ", ", tw_versions[v].id);
		}
	return s;
}

static void
find_old(struct tw_judge *j)
{
	static const struct { enum tw_version v; enum tw_finding_id id; } old[] = {
		{ TW_SSL2, TW_FINDING_SSL2_OFFERED },
		{ TW_SSL3, TW_FINDING_SSL3_OFFERED },
		{ TW_TLS10, TW_FINDING_TLS10_OFFERED },
		{ TW_TLS11, TW_FINDING_TLS11_OFFERED },
	};

	for (size_t i = 0; i < TW_COUNT(old); i++)
		if (j->facts->protocols[old[i].v] == TW_YES && !j->policy->versions[old[i].v])
			tw_judge_find(j, old[i].id, tw_versions[old[i].v].id, true,
			    "The server answered a %s hello with a ServerHello of that version.",
			    tw_versions[old[i].v].title);
}

static void
find_missing(struct tw_judge *j)
{
	static const struct { enum tw_version v; enum tw_finding_id id; } needed[] = {
		{ TW_TLS12, TW_FINDING_TLS12_MISSING },
		{ TW_TLS13, TW_FINDING_TLS13_MISSING },
	};
	unsigned offered = 0;

	for (int v = 0; v < TW_VERSIONS; v++)
		if (j->facts->protocols[v] == TW_YES)
			offered |= 1u << v;
	for (size_t i = 0; i < TW_COUNT(needed); i++)
		if (j->facts->protocols[needed[i].v] == TW_NO && offered != 0 &&
		    j->policy->required[needed[i].v])
			tw_judge_find(j, needed[i].id, tw_versions[needed[i].v].id, true,
			    "The server refused every %s hello; it offers %s.",
			    tw_versions[needed[i].v].title, tw_versions_tell(j->arena, offered));
}

/* RFC 7507: of use only where a client could be talked down from 1.2 to an older one. */
static void
find_no_fallback(struct tw_judge *j)
{
	const enum tw_check *offered = j->facts->protocols;
	unsigned old = 0;

	for (int v = TW_SSL3; v < TW_TLS12; v++)
		if (offered[v] == TW_YES)
			old |= 1u << v;
	if (offered[TW_TLS12] == TW_YES && old != 0 &&
	    j->facts->features[TW_FEAT_FALLBACK_SCSV] == TW_NO)
		tw_judge_find(j, TW_FINDING_NO_FALLBACK_SCSV, "TLS_FALLBACK_SCSV", true,
		    "A hello that says it fell back was accepted; TLSv1.2 and %s are offered.",
		    tw_versions_tell(j->arena, old));
}

void
tw_judge_versions(struct tw_judge *j)
{
	find_old(j);
	find_missing(j);
	find_no_fallback(j);
	if (j->facts->features[TW_FEAT_VERSION_TOLERANT] == TW_NO)
		tw_judge_find(j, TW_FINDING_VERSION_INTOLERANCE, "ClientHello", true,
		    "A hello that lists a version of the future beside those the server speaks gets "
		    "no ServerHello; without it one does.");
	if (j->facts->features[TW_FEAT_LONG_HELLO_TOLERANT] == TW_NO)
		tw_judge_find(j, TW_FINDING_LONG_HELLO_INTOLERANCE, "ClientHello", true,
		    "A hello of 256 to 511 bytes, or of more than a packet as post-quantum "
		    "clients send it, gets no ServerHello; others do.");
}

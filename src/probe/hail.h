/*
 * hail.h -- the hellos probes start from: the hail that opens an examination,
 * hellos of old, and the plain hello of one version with everything offered.
 */
#ifndef TW_PROBE_HAIL_H
#define TW_PROBE_HAIL_H

#include "data/suite.h"
#include "probe/probe.h"

#define TW_TAG_HAIL	(-1)	/* q.tag of the hail; probes[0] hears its answer */
/* An answer that takes longer comes from far away, or a slow server: rounds count, not questions. */
#define TW_FAR_MS	15
#define TW_OTHER_HAILS	3	/* shapes tw_hail_other() knows */

/* All versions, all we can read: the hello that opens every examination. */
void tw_hail(struct tw_question *q);
/* The ALPN names that tell a service by its choice; the hail offers them all. */
struct tw_names { const char *const *v; size_t n; } tw_telling_alpn(void);
/* For servers the hail is not to the taste of: TLS 1.0 without extensions, SSL 2.0, large curves. */
void tw_hail_other(struct tw_question *q, int shape);

/* One version alone, every suite, group and scheme of it. */
void tw_hello_of_version(struct tw_probing *p, struct tw_question *q, enum tw_version v);
/* q shall show what is behind the seal of 1.3: shares, and no other groups, for those retry. */
void tw_hello_opened(struct tw_probing *p, struct tw_question *q);
/* q carries all that a server must bear: GREASE, unknown extensions, more than a segment. */
void tw_hello_burdened(struct tw_question *q);
/* Whose order p->order_seen shows, of suites or groups found so far: all must be. */
enum tw_preference tw_order_seen(const struct tw_probing *p, enum tw_version v, bool suites);
/* Every suite a server could choose in v, ChaCha20 last (see lists.c); until the end. */
struct tw_u16s tw_suites_of_version(enum tw_version v);
struct tw_u16s tw_groups_of_version(enum tw_version v);
struct tw_u16s tw_schemes_of_version(enum tw_version v);
/* Copies the 16-bit codes of v whose suite is wanted into the arena. */
struct tw_u16s tw_suites_where(struct tw_arena *a, struct tw_u16s v,
    bool (*wanted)(const struct tw_suite *s));

#endif

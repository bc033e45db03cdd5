/*
 * kinds.h -- what suites, groups and schemes have in common, as the peels of lists.c
 * need it: which show what, which servers usually have, which are likely beside which.
 */
#ifndef TW_PROBE_KINDS_H
#define TW_PROBE_KINDS_H

#include "base/arena.h"
#include "data/suite.h"
#include "wire/hello.h"

bool tw_kinds_is_ecdhe(const struct tw_suite *s);
bool tw_kinds_is_signed_ecdhe(const struct tw_suite *s);
bool tw_kinds_is_dhe(const struct tw_suite *s);
bool tw_kinds_is_signed_fs(const struct tw_suite *s);
bool tw_kinds_is_rsa_ecdhe(const struct tw_suite *s);
bool tw_kinds_is_signed_by_rsa(const struct tw_suite *s);
bool tw_kinds_is_signed_by_others(const struct tw_suite *s);
/* What servers are known to have; of the rest we ask too, but expect a no. */
bool tw_kinds_is_usual_suite13(uint32_t code);
bool tw_kinds_is_usual_group(uint32_t code);
bool tw_kinds_is_usual_scheme(uint32_t code);
bool tw_kinds_are_same_key(uint32_t a, uint32_t b);
/* Post-quantum groups are few, and stand apart: the next is an old one. */
bool tw_kinds_are_same_kind(uint32_t a, uint32_t b);
bool tw_kinds_are_same_authentication(uint32_t a, uint32_t b);
bool tw_kinds_is_chacha(uint32_t code);
struct tw_u16s tw_kinds_without_ffdhe(struct tw_arena *a, struct tw_u16s groups);
struct tw_u16s tw_kinds_schemes_where(struct tw_arena *a, struct tw_u16s all, bool rsa);
/* Puts v into the order in which our hellos offer it. */
void tw_kinds_sort(uint16_t *v, size_t n, struct tw_u16s offered);

#endif

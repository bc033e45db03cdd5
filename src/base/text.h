/*
 * text.h -- text for people and files: the one escape every byte of a peer
 * goes through before it is shown, base64, hex, and dates without a clock.
 */
#ifndef TW_BASE_TEXT_H
#define TW_BASE_TEXT_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * Puts v as safe UTF-8: U+0000-001F, 007F-009F, 2028, 2029 and bidirectional
 * controls as \uXXXX, bytes that are not UTF-8 as \xHH, all else as it is.
 * Escaping twice gives the same text: a backslash stays a backslash.
 */
void tw_text_escape(struct tw_buf *b, struct tw_bytes v);
/* The same as a C string in the arena; NULL where v.p is NULL. */
char *tw_text_escaped(struct tw_arena *a, struct tw_bytes v);

void tw_text_hex(struct tw_buf *b, struct tw_bytes v);		/* lower case */
void tw_text_base64(struct tw_buf *b, struct tw_bytes v);	/* RFC 4648, padded */
/* Reads padded base64 without blanks into the arena; false: it is not. */
bool tw_text_unbase64(struct tw_arena *a, const char *s, struct tw_bytes *ret_v);

/* Seconds since 1970 of a civil date in UTC (proleptic Gregorian), and back. */
int64_t tw_text_seconds(int year, unsigned month, unsigned day, unsigned hour,
    unsigned minute, unsigned second);
/* "2026-11-23T18:00:00Z" into out, which holds at least 32 bytes; returns out. */
char *tw_text_time(int64_t seconds, char out[static 32]);
/* Reads "2026-11-23", "2026-11-23T18:00:00Z" or "@seconds". False: neither. */
bool tw_text_parse_time(const char *s, int64_t *ret_seconds);
/* Reads "5s", "200ms", "10m", "2h", "7d"; a bare number is seconds. Milliseconds out. */
bool tw_text_parse_duration(const char *s, int64_t *ret_ms);
/* Edit distance of two words (Levenshtein), for "did you mean"; words over 63 bytes: 64. */
unsigned tw_text_distance(const char *a, const char *b);

#endif

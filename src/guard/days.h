/*
 * days.h -- "until = 2027-06-30": a thing that is allowed till its day ends, by the clock
 * on the wall. The rules of the local time are the caller's, as one function.
 */
#ifndef TW_GUARD_DAYS_H
#define TW_GUARD_DAYS_H

#include "base/bytes.h"
#include "base/err.h"

struct tw_day {
	int year;		/* 1970 to 9999 */
	unsigned month, day;	/* from 1 */
};

/* Seconds the local time is east of UTC at that moment (tm_gmtoff of localtime_r()). */
typedef int64_t tw_days_offset(void *context, int64_t utc_s);

/* Reads "2027-06-30". -1: it is none, or no such day; e says which. */
int tw_days_read(const char *text, struct tw_day *ret, struct tw_err *e);
/* The first second (UTC) that is no longer that day: what was allowed is open before it. */
int64_t tw_days_end(struct tw_day day, tw_days_offset *offset, void *context);

#endif

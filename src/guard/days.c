/* When a day ends by the clock on the wall; see days.h. */
#include "guard/days.h"

#include "base/text.h"

/* No offset reaches so far, and no two changes of one lie so near each other. */
#define REACH_S	(26 * 3600)
#define STEP_S	900

static bool
take_digits(const char **p, unsigned n, unsigned *ret)
{
	*ret = 0;
	for (; n > 0; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(**p - '0');
	}
	return true;
}

static unsigned
days_of(unsigned year, unsigned month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

int
tw_days_read(const char *text, struct tw_day *ret, struct tw_err *e)
{
	const char *p = text;
	unsigned year, month, day;
	char shown[64];
	size_t n = 0;

	/* Only what a date is made of is shown again. */
	while (text[n] >= ' ' && text[n] <= '~' && n < sizeof(shown) - 1) {
		shown[n] = text[n];
		n++;
	}
	shown[n] = '\0';
	if (!take_digits(&p, 4, &year) || *p++ != '-' || !take_digits(&p, 2, &month) ||
	    *p++ != '-' || !take_digits(&p, 2, &day) || *p != '\0' || year < 1970)
		return tw_err_set(e, TW_ERR_FORMAT,
		    "\"%s\" is no day: one looks like 2027-06-30", shown);
	if (month < 1 || month > 12)
		return tw_err_set(e, TW_ERR_FORMAT, "\"%s\" is no day: there is no month %u%s",
		    shown, month, month > 12 && day <= 12 ?
		    "; the month stands before the day" : "");
	if (day < 1 || day > days_of(year, month))
		return tw_err_set(e, TW_ERR_FORMAT, "\"%s\" is no day: that month has %u days",
		    shown, days_of(year, month));
	*ret = (struct tw_day){ (int)year, month, day };
	return 0;
}

int64_t
tw_days_end(struct tw_day day, tw_days_offset *offset, void *context)
{
	/* The midnight after it, were the local time UTC. */
	int64_t midnight = tw_text_seconds(day.year, day.month, day.day, 0, 0, 0) + 86400;
	int64_t before = midnight + REACH_S, after;

	/*
	 * The last second that is that day or an earlier one. A clock put forward at midnight
	 * has no midnight, one put back has two: so it is looked for, not computed.
	 */
	while (before + offset(context, before) >= midnight)
		before -= STEP_S;
	after = before + STEP_S;
	while (after - before > 1) {
		int64_t middle = before + (after - before) / 2;

		if (middle + offset(context, middle) >= midnight)
			after = middle;
		else
			before = middle;
	}
	return after;
}

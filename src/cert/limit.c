/* How long a certificate may live, by the day it was issued. */
#include "base/text.h"
#include "cert/cert.h"

/*
 * Baseline Requirements 6.3.2 and their history: 60 months with version 1.0
 * (2012-07-01), 39 from ballot 193's forerunner (2015-04-01), 825 days (ballot
 * 193), 398 (root programmes, then SC31), and the steps of SC-081.
 * Months count as 366/12 days up, so that no honest certificate is over.
 */
static const struct {
	int year;
	unsigned month, day, days;
} limits[] = {
	{ 2029, 3, 15, 47 },
	{ 2027, 3, 15, 100 },
	{ 2026, 3, 15, 200 },
	{ 2020, 9, 1, 398 },
	{ 2018, 3, 1, 825 },
	{ 2015, 4, 1, 1188 },
	{ 2012, 7, 1, 1827 },
};

unsigned
tw_cert_validity_limit_days(int64_t not_before)
{
	for (size_t i = 0; i < TW_COUNT(limits); i++)
		if (not_before >=
		    tw_text_seconds(limits[i].year, limits[i].month, limits[i].day, 0, 0, 0))
			return limits[i].days;
	return 0;
}

/*
 * waivers.c -- reads a file of waivers: JSON, one object a line, with finding, reason,
 * until, and where they are wanted target and network; blank lines and # comments.
 */
#include <stdlib.h>

#include <jansson.h>

#include "base/text.h"
#include "report/report.h"

static bool
read_until(const char *text, tw_report_end_of_day_fn *end_of_day, int64_t *ret)
{
	int64_t seconds;

	if (text == NULL || strlen(text) != 10 || !tw_text_parse_time(text, &seconds))
		return false;
	*ret = end_of_day(atoi(text), (unsigned)atoi(text + 5), (unsigned)atoi(text + 8));
	return true;
}

static const char *
nearest(const char *id)
{
	const char *like = tw_findings[0].id;

	for (size_t i = 1; i < TW_FINDINGS; i++)
		if (tw_text_distance(id, tw_findings[i].id) < tw_text_distance(id, like))
			like = tw_findings[i].id;
	return like;
}

static int
read_waiver(struct tw_arena *a, json_t *o, tw_report_end_of_day_fn *end_of_day,
    struct tw_waivers *ret, struct tw_err *err)
{
	const char *finding = NULL, *reason = NULL, *until = NULL, *target = "*", *network = NULL;
	struct tw_waiver w = { 0 };
	json_error_t why;
	int id;

	if (json_unpack_ex(o, &why, JSON_STRICT, "{s:s, s:s, s:s, s?s, s?s}", "finding", &finding,
	    "reason", &reason, "until", &until, "target", &target, "network", &network) != 0)
		return tw_err_set(err, TW_ERR_FORMAT, "a waiver has finding, reason and until, and "
		    "may have target and network: %s", why.text);
	id = tw_finding_by_id(finding);
	if (id < 0)
		return tw_err_set(err, TW_ERR_FORMAT, "there is no finding \"%s\"; did you mean %s?",
		    finding, nearest(finding));
	if (*reason == '\0')
		return tw_err_set(err, TW_ERR_FORMAT, "a waiver without a reason is none");
	if (!read_until(until, end_of_day, &w.end))
		return tw_err_set(err, TW_ERR_FORMAT, "until is a day, as 2027-06-30, not \"%s\"",
		    until);
	w.finding = (enum tw_finding_id)id;
	w.target = tw_arena_str(a, target);
	w.reason = tw_text_escaped(a, tw_bytes_of(reason));
	w.until = tw_arena_str(a, until);
	w.network = tw_text_escaped(a, tw_bytes_of(network));
	TW_PUSH(a, &ret->list, w);
	return 0;
}

int
tw_report_read_waivers(struct tw_arena *a, struct tw_bytes text,
    tw_report_end_of_day_fn *end_of_day, struct tw_waivers *ret, struct tw_err *err)
{
	unsigned number = 0;
	int rv = 0;

	while (text.n > 0 && rv == 0) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		struct tw_bytes line = { text.p, nl != NULL ? (size_t)(nl - text.p) : text.n };
		size_t blank = 0;
		json_error_t why;
		json_t *o;

		text.p += line.n + (nl != NULL);
		text.n -= line.n + (nl != NULL);
		number++;
		while (blank < line.n && memchr(" \t\r", line.p[blank], 3) != NULL)
			blank++;
		if (blank == line.n || line.p[blank] == '#')
			continue;
		o = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &why);
		rv = o == NULL ? tw_err_set(err, TW_ERR_FORMAT, "it is not JSON: %s", why.text)
		    : read_waiver(a, o, end_of_day, ret, err);
		json_decref(o);
		if (rv != 0) {
			struct tw_err said = err != NULL ? *err : (struct tw_err){ 0 };

			tw_err_set(err, said.code, "line %u: %.360s", number, said.text);
		}
	}
	return rv;
}

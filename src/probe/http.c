/* The head of an HTTP answer (RFC 9112 4, RFC 9110 5.6.7); see http.h. */
#include "probe/http.h"

#include "base/text.h"

static struct tw_bytes
cut_line(struct tw_bytes *rest)
{
	struct tw_bytes line = *rest;
	const uint8_t *nl = rest->n == 0 ? NULL : memchr(rest->p, '\n', rest->n);
	size_t skip = nl == NULL ? rest->n : (size_t)(nl - rest->p) + 1;

	line.n = nl == NULL ? rest->n : skip - 1;
	while (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (skip > 0) {			/* of nothing, p is NULL */
		rest->p += skip;
		rest->n -= skip;
	}
	return line;
}

/* The value of line where it is the header name ("date:"). */
static bool
is_header(struct tw_bytes line, const char *name, struct tw_bytes *ret)
{
	size_t n = strlen(name);

	if (!tw_bytes_begin_with(line, name))
		return false;
	while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	*ret = (struct tw_bytes){ line.p + n, line.n - n };
	return true;
}

static bool
digits(const uint8_t *p, size_t n, unsigned *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*ret = *ret * 10 + (unsigned)(p[i] - '0');
	}
	return true;
}

/* IMF-fixdate alone: "Tue, 15 Nov 1994 08:12:31 GMT". 0: it is none. */
static int64_t
read_date(struct tw_bytes v)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned day, year, hour, minute, second, month = 0;

	if (v.n < 29 || v.p[3] != ',' || v.p[7] != ' ' || v.p[19] != ':' || v.p[22] != ':' ||
	    !digits(v.p + 5, 2, &day) || !digits(v.p + 12, 4, &year) ||
	    !digits(v.p + 17, 2, &hour) || !digits(v.p + 20, 2, &minute) ||
	    !digits(v.p + 23, 2, &second))
		return 0;
	while (month < 12 && memcmp(months + 3 * month, v.p + 8, 3) != 0)
		month++;
	if (month == 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
	    year < 1970)
		return 0;
	return tw_text_seconds((int)year, month + 1, day, hour, minute, second);
}

void
tw_http_read(struct tw_bytes head, struct tw_http *ret)
{
	struct tw_bytes rest = head, line = cut_line(&rest), date = { NULL, 0 };

	*ret = (struct tw_http){ .head = head };
	if (!tw_bytes_begin_with(line, "HTTP/"))
		return;
	ret->is_http = true;
	ret->line = line;
	for (size_t i = 5; i + 3 < line.n; i++)
		if (line.p[i] == ' ') {
			if (!digits(line.p + i + 1, 3, &ret->status))
				ret->status = 0;
			break;
		}
	while (rest.n > 0) {
		line = cut_line(&rest);
		if (line.n == 0)
			break;
		if (!is_header(line, "location:", &ret->location) &&
		    !is_header(line, "server:", &ret->server) &&
		    !is_header(line, "via:", &ret->via) && is_header(line, "date:", &date))
			ret->date = read_date(date);
	}
}

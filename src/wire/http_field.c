/* Lines and fields of HTTP/1 heads, strictly; see http_field.h. */
#include "wire/http_field.h"

#define LENGTH_DIGITS 18	/* more bytes than anybody sends; never overflows */

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
tw_http_field_is_token(struct tw_bytes b)
{
	for (size_t i = 0; i < b.n; i++)
		if (!is_token_byte(b.p[i]))
			return false;
	return b.n > 0;
}

bool
tw_http_field_is(struct tw_bytes name, const char *word)
{
	return name.n == strlen(word) && tw_bytes_begin_with(name, word);
}

int
tw_http_field_line(struct tw_bytes in, size_t *at, struct tw_bytes *ret_line,
    const char **ret_why)
{
	for (size_t i = *at; i < in.n; i++) {
		uint8_t c = in.p[i];

		*ret_why = c == '\n' ? "a line ends without CR" :
		    c == 0x7f || (c < ' ' && c != '\r' && c != '\t') ?
		    "a control byte stands in the head" :
		    i + 1 >= TW_HTTP_HEAD_MAX ? "the head is too long" :
		    i - *at > TW_HTTP_LINE_MAX ? "a line of the head is too long" : NULL;
		if (*ret_why != NULL)
			return -1;
		if (c != '\r')
			continue;
		if (i + 1 == in.n)
			return 0;
		if (in.p[i + 1] != '\n') {
			*ret_why = "a CR stands there without LF";
			return -1;
		}
		*ret_line = (struct tw_bytes){ in.p + *at, i - *at };
		*at = i + 2;
		return 1;
	}
	return 0;
}

static struct tw_bytes
trimmed(struct tw_bytes b)
{
	while (b.n > 0 && is_blank(b.p[b.n - 1]))
		b.n--;
	while (b.n > 0 && is_blank(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
}

static const char *
read_length(struct tw_http_fields *f, struct tw_bytes v)
{
	if (f->has_length)
		return "Content-Length stands there twice";
	f->has_length = true;
	if (v.n == 0 || v.n > LENGTH_DIGITS)
		return "Content-Length is not a number we bear";
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return "Content-Length is not a number";
		f->length = f->length * 10 + (v.p[i] - '0');
	}
	return NULL;
}

static const char *
read_coding(struct tw_http_fields *f, struct tw_bytes v)
{
	if (f->has_coding)
		return "Transfer-Encoding stands there twice";
	f->has_coding = true;
	return tw_http_field_is(v, "chunked") ? NULL : "Transfer-Encoding is not exactly chunked";
}

static const char *
read_host(struct tw_http_fields *f, struct tw_bytes v)
{
	if (f->has_host)
		return "Host stands there twice";
	f->has_host = true;
	f->host = v;
	return NULL;
}

/* Options, with commas between. To name a framing field here is to have it taken out. */
static const char *
read_connection(struct tw_http_fields *f, struct tw_bytes v)
{
	while (v.n > 0) {
		const uint8_t *comma = memchr(v.p, ',', v.n);
		struct tw_bytes option;

		tw_bytes_take(&v, comma == NULL ? v.n : (size_t)(comma - v.p), &option);
		if (comma != NULL)
			tw_bytes_take(&v, 1, &(struct tw_bytes){ 0 });
		option = trimmed(option);
		if (option.n == 0)
			continue;
		if (!tw_http_field_is_token(option))
			return "an option of Connection is malformed";
		if (tw_http_field_is_framing(option))
			return "Connection names a field that frames the message";
		f->close |= tw_http_field_is(option, "close");
		f->keep_alive |= tw_http_field_is(option, "keep-alive");
		f->connection_upgrade |= tw_http_field_is(option, "upgrade");
	}
	return NULL;
}

static const char *
read_upgrade(struct tw_http_fields *f, struct tw_bytes v)
{
	if (f->upgrade_value.p != NULL)
		return "Upgrade stands there twice";
	f->upgrade_value = v;
	return NULL;
}

static const char *
read_hsts(struct tw_http_fields *f, struct tw_bytes v)
{
	(void)v;
	f->hsts = true;
	return NULL;
}

static const struct row {
	const char *name;
	bool framing;
	const char *(*read)(struct tw_http_fields *f, struct tw_bytes value);
} rows[] = {
	{ "content-length", true, read_length },
	{ "transfer-encoding", true, read_coding },
	{ "host", true, read_host },
	{ "connection", false, read_connection },
	{ "upgrade", false, read_upgrade },
	{ "strict-transport-security", false, read_hsts },
};

bool
tw_http_field_is_framing(struct tw_bytes name)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (rows[i].framing && tw_http_field_is(name, rows[i].name))
			return true;
	return false;
}

/* "Content_Length": a gateway to CGI or WSGI behind us makes one name of both. */
static bool
is_disguised(struct tw_bytes name)
{
	uint8_t dashes[20];

	if (name.n > sizeof(dashes) || memchr(name.p, '_', name.n) == NULL)
		return false;
	for (size_t i = 0; i < name.n; i++)
		dashes[i] = name.p[i] == '_' ? '-' : name.p[i];
	return tw_http_field_is_framing((struct tw_bytes){ dashes, name.n });
}

const char *
tw_http_field_read(struct tw_http_fields *f, struct tw_bytes line)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);
	struct tw_bytes name, value;

	if (is_blank(line.p[0]))
		return "a field is folded over two lines";
	if (++f->n > TW_HTTP_FIELDS_MAX)
		return "the head has too many fields";
	if (colon == NULL)
		return "a field has no colon";
	name = (struct tw_bytes){ line.p, (size_t)(colon - line.p) };
	if (!tw_http_field_is_token(name))
		return "the name of a field is malformed";
	if (is_disguised(name))
		return "the name of a field is that of a framing field in disguise";
	value = trimmed((struct tw_bytes){ colon + 1, line.n - name.n - 1 });
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (tw_http_field_is(name, rows[i].name))
			return rows[i].read(f, value);
	return NULL;
}

const char *
tw_http_field_end(struct tw_http_fields *f, unsigned minor)
{
	if (f->has_length && f->has_coding)
		return "Content-Length and Transfer-Encoding stand there both";
	if (f->has_coding && minor == 0)
		return "HTTP/1.0 knows no Transfer-Encoding";
	if (minor == 0 && !f->keep_alive)
		f->close = true;
	if (f->connection_upgrade && f->upgrade_value.p != NULL)
		f->upgrade = f->upgrade_value;
	return NULL;
}

bool
tw_http_field_version(struct tw_bytes b, unsigned *ret_minor)
{
	if (b.n != 8 || memcmp(b.p, "HTTP/1.", 7) != 0 || (b.p[7] != '0' && b.p[7] != '1'))
		return false;
	*ret_minor = b.p[7] - '0';
	return true;
}

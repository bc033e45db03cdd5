/* JA3 and JA4 of a ClientHello; see ja.h. */
#include "wire/ja.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/text.h"
#include "wire/client_hello.h"

#define HELLO_MAX	(UINT16_MAX * 2u)	/* bytes of a body; what is longer has no name */
#define RAW_MAX		(1u << 20)		/* of any list in text that fits in one */
#define CLIENT_HELLO	1
#define HASH_CHARACTERS	12			/* of each part of JA4 */

enum { SERVER_NAME = 0, ALPN = 16 };

static bool
is_grease(uint16_t code)
{
	return (code & 0x0f0f) == 0x0a0a && code >> 8 == (code & 0xff);
}

static bool
read_hello(struct tw_bytes message, struct tw_client_hello *ret)
{
	struct tw_bytes body;
	uint8_t type;

	return tw_bytes_u8(&message, &type) && type == CLIENT_HELLO &&
	       tw_bytes_vec24(&message, &body) && message.n == 0 &&
	       body.n <= HELLO_MAX && tw_client_hello_read(body, ret);
}

/* The next code that is not GREASE, of a list of codes or of extensions. */
static bool
next_code(struct tw_bytes *list, bool extensions, uint16_t *ret)
{
	struct tw_bytes body;

	while (tw_bytes_u16(list, ret) && (!extensions || tw_bytes_vec16(list, &body)))
		if (!is_grease(*ret))
			return true;
	return false;
}

static void
put_decimals(struct tw_buf *out, struct tw_bytes list, bool extensions)
{
	const char *joint = "";
	uint16_t code;

	while (next_code(&list, extensions, &code)) {
		tw_buf_fmt(out, "%s%u", joint, code);
		joint = "-";
	}
}

static void
put_ja3(struct tw_buf *out, const struct tw_client_hello *h)
{
	tw_buf_fmt(out, "%u,", h->version);
	put_decimals(out, h->suites, false);
	tw_buf_u8(out, ',');
	put_decimals(out, h->extensions, true);
	tw_buf_u8(out, ',');
	put_decimals(out, h->groups, false);
	for (size_t i = 0; i < h->point_formats.n; i++)
		tw_buf_fmt(out, "%c%u", i == 0 ? ',' : '-', h->point_formats.p[i]);
	if (h->point_formats.n == 0)
		tw_buf_u8(out, ',');
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, 2);
}

/* Codes in network order, so that they sort as their hex does. SNI and ALPN are left out. */
static struct tw_buf
sorted(struct tw_bytes list, bool extensions)
{
	struct tw_buf codes;
	uint16_t code;

	tw_buf_init(&codes, RAW_MAX);
	while (next_code(&list, extensions, &code))
		if (!extensions || (code != SERVER_NAME && code != ALPN))
			tw_buf_u16(&codes, code);
	if (codes.n > 0)
		qsort(codes.p, codes.n / 2, 2, compare);
	return codes;
}

static void
put_hex(struct tw_buf *out, struct tw_bytes list)
{
	const char *joint = "";
	uint16_t code;

	while (next_code(&list, false, &code)) {
		tw_buf_fmt(out, "%s%04x", joint, code);
		joint = ",";
	}
}

static void
put_suites(struct tw_buf *out, const struct tw_client_hello *h)
{
	struct tw_buf codes = sorted(h->suites, false);

	put_hex(out, tw_buf_view(&codes));
	tw_buf_clear(&codes);
}

/* The extensions sorted, the schemes of signatures as they came. */
static void
put_extensions(struct tw_buf *out, const struct tw_client_hello *h)
{
	struct tw_buf codes = sorted(h->extensions, true);

	put_hex(out, tw_buf_view(&codes));
	if (h->schemes.n > 0) {
		tw_buf_u8(out, '_');
		put_hex(out, h->schemes);
	}
	tw_buf_clear(&codes);
}

static unsigned
count(struct tw_bytes list, bool extensions)
{
	unsigned n = 0;
	uint16_t code;

	while (next_code(&list, extensions, &code))
		n++;
	return n < 99 ? n : 99;
}

/* "13": the highest of supported_versions, or the version of the hello. */
static const char *
version(const struct tw_client_hello *h)
{
	static const char *const names[] = { "s3", "10", "11", "12", "13" };
	struct tw_bytes list = h->versions;
	uint16_t highest = 0, code;

	if (h->versions.p == NULL)
		highest = h->version;
	while (next_code(&list, false, &code))
		if (code > highest)
			highest = code;
	if (highest == 2)
		return "s2";
	return highest >= 0x0300 && highest <= 0x0304 ? names[highest - 0x0300] : "00";
}

static bool
is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first protocol's first and last character; of its hex where one is none to show. */
static void
put_alpn(struct tw_buf *out, const struct tw_client_hello *h)
{
	struct tw_bytes list = h->alpn, name;
	uint8_t first, last;

	if (!tw_bytes_vec8(&list, &name) || name.n == 0) {
		tw_buf_str(out, "00");
		return;
	}
	first = name.p[0];
	last = name.p[name.n - 1];
	if (is_alphanumeric(first) && is_alphanumeric(last))
		tw_buf_fmt(out, "%c%c", first, last);
	else
		tw_buf_fmt(out, "%x%x", first >> 4, last & 15u);
}

static bool
has_sni(const struct tw_client_hello *h)
{
	struct tw_bytes list = h->extensions;
	uint16_t code;

	while (next_code(&list, true, &code))
		if (code == SERVER_NAME)
			return true;
	return false;
}

static void
put_head(struct tw_buf *out, const struct tw_client_hello *h)
{
	tw_buf_fmt(out, "t%s%c%02u%02u", version(h), has_sni(h) ? 'd' : 'i',
	    count(h->suites, false), count(h->extensions, true));
	put_alpn(out, h);
	tw_buf_u8(out, '_');
}

/* The beginning of a list's SHA-256; zeros where the list is empty. */
static void
put_hash(struct tw_buf *out, const struct tw_client_hello *h,
    void (*put)(struct tw_buf *, const struct tw_client_hello *))
{
	uint8_t digest[TW_HASH_BYTES] = { 0 };
	struct tw_buf list;

	tw_buf_init(&list, RAW_MAX);
	put(&list, h);
	if (list.n > 0 && list.p[0] != '_')
		tw_hash(TW_SHA256, tw_buf_view(&list), digest);
	tw_text_hex(out, (struct tw_bytes){ digest, HASH_CHARACTERS / 2 });
	tw_buf_clear(&list);
}

static void
keep_text(struct tw_buf *text, char *ret, size_t n)
{
	snprintf(ret, n, "%s", tw_buf_cstr(text));
	tw_buf_clear(text);
}

bool
tw_ja_read(struct tw_bytes message, struct tw_ja *ret)
{
	struct tw_client_hello h;
	uint8_t digest[TW_HASH_BYTES];
	struct tw_buf text;

	*ret = (struct tw_ja){ 0 };
	if (!read_hello(message, &h))
		return false;
	tw_buf_init(&text, RAW_MAX);
	put_ja3(&text, &h);
	tw_hash(TW_MD5, tw_buf_view(&text), digest);
	tw_buf_clear(&text);
	tw_text_hex(&text, (struct tw_bytes){ digest, tw_hash_size(TW_MD5) });
	keep_text(&text, ret->ja3, sizeof(ret->ja3));
	put_head(&text, &h);
	put_hash(&text, &h, put_suites);
	tw_buf_u8(&text, '_');
	put_hash(&text, &h, put_extensions);
	keep_text(&text, ret->ja4, sizeof(ret->ja4));
	return true;
}

bool
tw_ja_raw3(struct tw_bytes message, struct tw_buf *out)
{
	struct tw_client_hello h;

	if (!read_hello(message, &h))
		return false;
	put_ja3(out, &h);
	return true;
}

bool
tw_ja_raw4(struct tw_bytes message, struct tw_buf *out)
{
	struct tw_client_hello h;

	if (!read_hello(message, &h))
		return false;
	put_head(out, &h);
	put_suites(out, &h);
	tw_buf_u8(out, '_');
	put_extensions(out, &h);
	return true;
}

/* The PROXY protocol, read and written; see proxy.h. */
#include "wire/proxy.h"

#include <assert.h>

#include <arpa/inet.h>

#define HEAD_BYTES 16u

enum tlv {
	TLV_ALPN = 0x01,
	TLV_AUTHORITY = 0x02,
	TLV_CRC32C = 0x03,
	TLV_UNIQUE_ID = 0x05,
	TLV_SSL = 0x20,
	TLV_SSL_VERSION = 0x21,
	TLV_SSL_CN = 0x22,
	TLV_SSL_CIPHER = 0x23,
	TLV_SSL_SIG_ALG = 0x24,
	TLV_SSL_KEY_ALG = 0x25,
};

enum command { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21 };

static const uint8_t signature[12] = {
	'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n',
};

/* What TLVs hold as they came, by type: which field of which struct. */
static const struct field {
	uint8_t type;
	size_t at;
} fields[] = {
	{ TLV_ALPN, offsetof(struct tw_proxy, alpn) },
	{ TLV_AUTHORITY, offsetof(struct tw_proxy, authority) },
	{ TLV_UNIQUE_ID, offsetof(struct tw_proxy, unique_id) },
}, tls_fields[] = {
	{ TLV_SSL_VERSION, offsetof(struct tw_proxy_tls, version) },
	{ TLV_SSL_CN, offsetof(struct tw_proxy_tls, name) },
	{ TLV_SSL_CIPHER, offsetof(struct tw_proxy_tls, cipher) },
	{ TLV_SSL_SIG_ALG, offsetof(struct tw_proxy_tls, signature) },
	{ TLV_SSL_KEY_ALG, offsetof(struct tw_proxy_tls, key) },
};

static ptrdiff_t
never(struct tw_proxy *p, const char *why)
{
	p->why = why;
	return -1;
}

/* CRC-32C (RFC 4960 appendix B), half a byte at a time: a header is short. */
static uint32_t
crc32c_more(uint32_t crc, const uint8_t *p, size_t n)
{
	static const uint32_t half[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (; n > 0; p++, n--) {
		crc ^= *p;
		crc = crc >> 4 ^ half[crc & 15];
		crc = crc >> 4 ^ half[crc & 15];
	}
	return crc;
}

/* Of a header whose checksum field (4 bytes at hole) counts as zeros. */
static uint32_t
crc32c_around(const uint8_t *header, size_t n, const uint8_t *hole)
{
	static const uint8_t zeros[4];
	size_t before = (size_t)(hole - header);
	uint32_t crc = crc32c_more(UINT32_MAX, header, before);

	crc = crc32c_more(crc, zeros, sizeof(zeros));
	return ~crc32c_more(crc, hole + 4, n - before - 4);
}

static void
map_inet(struct tw_proxy_end *e, const uint8_t b[4])
{
	memset(e->address, 0, 10);
	memset(e->address + 10, 0xff, 2);
	memcpy(e->address + 12, b, 4);
}

/* The bytes up to the next space, which is taken too; the last word has none behind it. */
static bool
take_word(struct tw_bytes *line, bool last, struct tw_bytes *ret)
{
	const uint8_t *space = line->n == 0 ? NULL : memchr(line->p, ' ', line->n);

	if ((space == NULL) != last || line->n == 0)
		return false;
	tw_bytes_take(line, last ? line->n : (size_t)(space - line->p), ret);
	return last || tw_bytes_take(line, 1, &(struct tw_bytes){ 0 });
}

static bool
read_port(struct tw_bytes word, uint16_t *ret)
{
	uint32_t v = 0;

	if (word.n == 0 || word.n > 5 || (word.n > 1 && word.p[0] == '0'))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9')
			return false;
		v = v * 10 + (word.p[i] - '0');
	}
	*ret = (uint16_t)v;
	return v <= UINT16_MAX;
}

static bool
read_address(struct tw_bytes word, enum tw_proxy_family family, struct tw_proxy_end *ret)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t b[16];

	if (word.n == 0 || word.n >= sizeof(text))
		return false;
	memcpy(text, word.p, word.n);
	text[word.n] = '\0';
	if (inet_pton(family == TW_PROXY_INET ? AF_INET : AF_INET6, text, b) != 1)
		return false;
	if (family == TW_PROXY_INET)
		map_inet(ret, b);
	else
		memcpy(ret->address, b, 16);
	return true;
}

/* The line behind "PROXY ", its end taken off. */
static bool
read_words(struct tw_bytes line, struct tw_proxy *p)
{
	struct tw_bytes kind, source, destination, from, to;

	if (tw_bytes_equal(line, TW_BYTES("UNKNOWN")))
		return true;
	if (!take_word(&line, false, &kind))
		return false;
	if (tw_bytes_equal(kind, TW_BYTES("UNKNOWN")))
		return true;		/* whatever stands there is to be ignored */
	if (tw_bytes_equal(kind, TW_BYTES("TCP4")))
		p->family = TW_PROXY_INET;
	else if (tw_bytes_equal(kind, TW_BYTES("TCP6")))
		p->family = TW_PROXY_INET6;
	else
		return false;
	return take_word(&line, false, &source) && take_word(&line, false, &destination) &&
	       take_word(&line, false, &from) && take_word(&line, true, &to) &&
	       read_address(source, p->family, &p->source) &&
	       read_address(destination, p->family, &p->destination) &&
	       read_port(from, &p->source.port) && read_port(to, &p->destination.port);
}

static ptrdiff_t
read_line(struct tw_bytes in, struct tw_proxy *p)
{
	static const char begin[] = "PROXY ";
	size_t head = sizeof(begin) - 1;

	for (size_t i = 0; i < in.n; i++) {
		if (i < head ? in.p[i] != begin[i] : in.p[i] != '\r' &&
		    (in.p[i] < ' ' || in.p[i] > '~'))
			return never(p, "it is no line of the PROXY protocol");
		if (i >= TW_PROXY_LINE_MAX - 1)
			return never(p, "a PROXY line has more than 107 bytes");
		if (in.p[i] != '\r')
			continue;
		if (i + 1 == in.n)
			return 0;
		if (in.p[i + 1] != '\n')
			return never(p, "a PROXY line holds a CR without LF");
		if (!read_words((struct tw_bytes){ in.p + head, i - head }, p))
			return never(p, "the addresses of a PROXY line are malformed");
		return (ptrdiff_t)i + 2;
	}
	return 0;
}

/* A socket's path: up to its NUL; an abstract one is all but the NULs that fill it. */
static struct tw_bytes
read_path(struct tw_bytes b)
{
	const uint8_t *nul = b.p[0] == '\0' ? NULL : memchr(b.p, '\0', b.n);

	if (nul != NULL)
		b.n = (size_t)(nul - b.p);
	while (b.n > 0 && b.p[b.n - 1] == '\0')
		b.n--;
	return b;
}

/* Stores a value where its type has a field; false: there was one before. */
static bool
keep(const struct field *f, size_t n, void *of, uint8_t type, struct tw_bytes value)
{
	for (size_t i = 0; i < n; i++) {
		struct tw_bytes *at = (struct tw_bytes *)(void *)((char *)of + f[i].at);

		if (f[i].type != type)
			continue;
		if (at->p != NULL)
			return false;
		*at = value;
	}
	return true;
}

static bool
read_tls(struct tw_proxy *p, struct tw_bytes value)
{
	struct tw_bytes sub;
	uint8_t type;

	if (p->has_tls || !tw_bytes_u8(&value, &p->tls.client) ||
	    !tw_bytes_u32(&value, &p->tls.verify))
		return false;
	p->has_tls = true;
	while (value.n > 0)
		if (!tw_bytes_u8(&value, &type) || !tw_bytes_vec16(&value, &sub) ||
		    !keep(tls_fields, TW_COUNT(tls_fields), &p->tls, type, sub))
			return false;
	return true;
}

static ptrdiff_t
read_tlvs(struct tw_bytes header, struct tw_bytes rest, struct tw_proxy *p)
{
	struct tw_bytes value;
	uint32_t crc, said;
	uint8_t type;

	while (rest.n > 0) {
		if (!tw_bytes_u8(&rest, &type) || !tw_bytes_vec16(&rest, &value))
			return never(p, "a TLV of a PROXY header is cut off");
		if (!keep(fields, TW_COUNT(fields), p, type, value))
			return never(p, "a TLV of a PROXY header stands there twice");
		if (type == TLV_UNIQUE_ID && value.n > TW_PROXY_ID_BYTES)
			return never(p, "the unique id of a PROXY header is too long");
		if (type == TLV_SSL && !read_tls(p, value))
			return never(p, "the TLS part of a PROXY header is malformed");
		if (type != TLV_CRC32C)
			continue;
		if (p->crc32c || value.n != 4)
			return never(p, "the checksum of a PROXY header is malformed");
		p->crc32c = true;
		crc = crc32c_around(header.p, header.n, value.p);
		tw_bytes_u32(&value, &said);
		if (crc != said)
			return never(p, "the checksum of a PROXY header is wrong");
	}
	return (ptrdiff_t)header.n;
}

static void
read_ends(struct tw_bytes *rest, struct tw_proxy *p)
{
	size_t n = p->family == TW_PROXY_INET ? 4 :
	    p->family == TW_PROXY_INET6 ? 16 : TW_PROXY_PATH_BYTES;
	struct tw_proxy_end *const ends[] = { &p->source, &p->destination };
	struct tw_bytes b;

	for (size_t i = 0; i < 2; i++) {
		tw_bytes_take(rest, n, &b);
		if (n == 4)
			map_inet(ends[i], b.p);
		else if (n == 16)
			memcpy(ends[i]->address, b.p, 16);
		else
			ends[i]->path = read_path(b);
	}
	for (size_t i = 0; i < 2 && p->family != TW_PROXY_UNIX; i++)
		tw_bytes_u16(rest, &ends[i]->port);
}

/* The address block's size by the family byte; -1: there is no such family. */
static int
block_size(uint8_t family)
{
	static const uint8_t sizes[] = { 0, 12, 36, 216 };
	unsigned high = family >> 4, low = family & 15;

	return high < TW_COUNT(sizes) && low <= 2 ? sizes[high] : -1;
}

static ptrdiff_t
read_header(struct tw_bytes in, struct tw_proxy *p)
{
	struct tw_bytes rest = { in.p + HEAD_BYTES, 0 };
	bool local = in.n > 12 && in.p[12] == COMMAND_LOCAL;
	int block;

	for (size_t i = 0; i < sizeof(signature) && i < in.n; i++)
		if (in.p[i] != signature[i])
			return never(p, "it is no header of the PROXY protocol");
	if (in.n > 12 && !local && in.p[12] != COMMAND_PROXY)
		return never(p, "the version or command of a PROXY header is not known");
	if (in.n > 13 && !local && block_size(in.p[13]) < 0)
		return never(p, "the family of a PROXY header is not known");
	if (in.n < HEAD_BYTES)
		return 0;
	rest.n = (size_t)(in.p[14] << 8 | in.p[15]);
	block = local ? 0 : block_size(in.p[13]);
	if (HEAD_BYTES + rest.n > TW_PROXY_HEADER_MAX)
		return never(p, "a PROXY header is too long");
	if (rest.n < (size_t)block)
		return never(p, "a PROXY header is too short for its addresses");
	if (in.n < HEAD_BYTES + rest.n)
		return 0;
	in.n = HEAD_BYTES + rest.n;
	p->version = 2;
	p->local = local;
	if (local || block == 0 || (in.p[13] & 15) != 1)
		return (ptrdiff_t)in.n;
	p->family = (enum tw_proxy_family)(in.p[13] >> 4);
	read_ends(&rest, p);
	return read_tlvs(in, rest, p);
}

ptrdiff_t
tw_proxy_read(struct tw_bytes in, struct tw_proxy *ret)
{
	ptrdiff_t n;

	*ret = (struct tw_proxy){ 0 };
	if (in.n == 0)
		return 0;
	if (in.p[0] == signature[0])
		return read_header(in, ret);
	n = read_line(in, ret);
	if (n > 0)
		ret->version = 1;
	return n;
}

void
tw_proxy_write_line(const struct tw_proxy *p, struct tw_buf *out)
{
	bool inet = p->family == TW_PROXY_INET;
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];

	if (p->local || (!inet && p->family != TW_PROXY_INET6)) {
		tw_buf_str(out, "PROXY UNKNOWN\r\n");
		return;
	}
	inet_ntop(inet ? AF_INET : AF_INET6, p->source.address + (inet ? 12 : 0), source,
	    sizeof(source));
	inet_ntop(inet ? AF_INET : AF_INET6, p->destination.address + (inet ? 12 : 0),
	    destination, sizeof(destination));
	tw_buf_fmt(out, "PROXY %s %s %s %u %u\r\n", inet ? "TCP4" : "TCP6", source, destination,
	    p->source.port, p->destination.port);
}

static void
write_tlv(struct tw_buf *out, uint8_t type, struct tw_bytes value)
{
	assert(value.n <= UINT16_MAX);
	tw_buf_u8(out, type);
	tw_buf_u16(out, (uint16_t)value.n);
	tw_buf_bytes(out, value);
}

/* The fields of a struct that are set, in the order of its table. */
static void
write_fields(struct tw_buf *out, const struct field *f, size_t n, const void *of)
{
	for (size_t i = 0; i < n; i++) {
		const struct tw_bytes *value =
		    (const struct tw_bytes *)(const void *)((const char *)of + f[i].at);

		if (value->p != NULL)
			write_tlv(out, f[i].type, *value);
	}
}

static void
write_tls(struct tw_buf *out, const struct tw_proxy_tls *tls)
{
	size_t mark;

	tw_buf_u8(out, TLV_SSL);
	mark = tw_buf_open_len(out, 2);
	tw_buf_u8(out, tls->client);
	tw_buf_u32(out, tls->verify);
	write_fields(out, tls_fields, TW_COUNT(tls_fields), tls);
	tw_buf_close_len(out, mark, 2);
}

static void
write_ends(struct tw_buf *out, const struct tw_proxy *p)
{
	const struct tw_proxy_end *const ends[] = { &p->source, &p->destination };
	uint8_t path[TW_PROXY_PATH_BYTES];

	for (size_t i = 0; i < 2; i++) {
		if (p->family == TW_PROXY_INET) {
			tw_buf_put(out, ends[i]->address + 12, 4);
		} else if (p->family == TW_PROXY_INET6) {
			tw_buf_put(out, ends[i]->address, 16);
		} else if (p->family == TW_PROXY_UNIX) {
			assert(ends[i]->path.n <= sizeof(path));
			memset(path, 0, sizeof(path));
			if (ends[i]->path.n > 0)
				memcpy(path, ends[i]->path.p, ends[i]->path.n);
			tw_buf_put(out, path, sizeof(path));
		}
	}
	for (size_t i = 0; i < 2; i++)
		if (p->family == TW_PROXY_INET || p->family == TW_PROXY_INET6)
			tw_buf_u16(out, ends[i]->port);
}

/* The checksum goes in last, over all that stands from start on. */
static void
write_checksum(struct tw_buf *out, size_t start, size_t hole)
{
	uint32_t crc;

	if (out->failed)
		return;
	crc = crc32c_around(out->p + start, out->n - start, out->p + hole);
	for (size_t i = 0; i < 4; i++)
		out->p[hole + i] = (uint8_t)(crc >> (24 - 8 * i));
}

void
tw_proxy_write_header(const struct tw_proxy *p, struct tw_buf *out)
{
	static const uint8_t zeros[4];
	size_t start = out->n, mark, hole;

	assert(p->unique_id.n <= TW_PROXY_ID_BYTES);
	tw_buf_put(out, signature, sizeof(signature));
	tw_buf_u8(out, p->local ? COMMAND_LOCAL : COMMAND_PROXY);
	tw_buf_u8(out, p->local || p->family == TW_PROXY_UNSPEC ? 0 :
	    (uint8_t)(p->family << 4 | 1));
	mark = tw_buf_open_len(out, 2);
	if (!p->local) {
		write_ends(out, p);
		write_fields(out, fields, TW_COUNT(fields), p);
		if (p->has_tls)
			write_tls(out, &p->tls);
		if (p->crc32c)
			write_tlv(out, TLV_CRC32C, (struct tw_bytes){ zeros, sizeof(zeros) });
	}
	hole = out->n - 4;
	tw_buf_close_len(out, mark, 2);
	if (!p->local && p->crc32c)
		write_checksum(out, start, hole);
	if (out->n - start > TW_PROXY_HEADER_MAX)
		out->failed = true;
}

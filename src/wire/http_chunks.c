/* A body in chunks, followed byte by byte; see http_chunks.h. */
#include "wire/http_chunks.h"

#define SIZE_DIGITS 15	/* of a chunk: never overflows */

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, LINE, NAME, VALUE, VALUE_LF, END_LF };

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A line may hold this beside its CR LF. */
static bool
is_text(uint8_t c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

static const char *
expect(struct tw_http_chunks *c, uint8_t byte, uint8_t wanted, uint8_t next, const char *why)
{
	if (byte != wanted)
		return why;
	c->state = next;
	return NULL;
}

static const char *
read_size(struct tw_http_chunks *c, uint8_t byte)
{
	int digit = hex_digit(byte);

	if (digit >= 0) {
		if (c->digits == SIZE_DIGITS)
			return "the size of a chunk is too large";
		c->digits++;
		c->left = c->left << 4 | (unsigned)digit;
		return NULL;
	}
	if (c->digits == 0 || (byte != ';' && byte != '\r'))
		return "the size of a chunk is malformed";
	c->state = byte == ';' ? EXTENSION : SIZE_LF;
	return NULL;
}

static const char *
read_extension(struct tw_http_chunks *c, uint8_t byte)
{
	if (byte == '\r')
		c->state = SIZE_LF;
	else if (!is_text(byte))
		return "a control byte stands in the extension of a chunk";
	return NULL;
}

static const char *
end_size(struct tw_http_chunks *c, uint8_t byte)
{
	uint8_t next = c->left > 0 ? DATA : LINE;

	c->line = c->digits = 0;
	return expect(c, byte, '\n', next, "the line of a chunk's size ends without LF");
}

/* Trailers are fields; one that frames a message could only mean to mislead. */
static const char *
read_name(struct tw_http_chunks *c, uint8_t byte)
{
	struct tw_bytes name = { c->name, c->line };

	if (byte == ':') {
		if (c->line == 0)
			return "a trailer has no name";
		if (c->line <= sizeof(c->name) && tw_http_field_is_framing(name))
			return "a trailer has the name of a framing field";
		c->state = VALUE;
		return NULL;
	}
	if (!tw_http_field_is_token((struct tw_bytes){ &byte, 1 }))
		return "the name of a trailer is malformed";
	if (c->line < sizeof(c->name))
		c->name[c->line] = byte == '_' ? '-' : byte;
	c->line++;
	return NULL;
}

static const char *
begin_line(struct tw_http_chunks *c, uint8_t byte)
{
	c->line = 0;
	if (byte == '\r') {
		c->state = END_LF;
		return NULL;
	}
	c->state = NAME;
	return read_name(c, byte);
}

static const char *
read_value(struct tw_http_chunks *c, uint8_t byte)
{
	if (byte == '\r')
		c->state = VALUE_LF;
	else if (!is_text(byte))
		return "a control byte stands in a trailer";
	return NULL;
}

static const char *
read_end(struct tw_http_chunks *c, uint8_t byte)
{
	c->done = byte == '\n';
	return c->done ? NULL : "the end of the chunks has no LF";
}

/* One byte that is not data. */
static const char *
step(struct tw_http_chunks *c, uint8_t byte)
{
	if (c->state <= SIZE_LF && ++c->line > TW_HTTP_CHUNK_LINE_MAX)
		return "the line of a chunk's size is too long";
	if (c->state >= LINE && ++c->trailer > TW_HTTP_HEAD_MAX)
		return "the trailers are too long";
	switch (c->state) {
	case SIZE:
		return read_size(c, byte);
	case EXTENSION:
		return read_extension(c, byte);
	case SIZE_LF:
		return end_size(c, byte);
	case DATA_CR:
		return expect(c, byte, '\r', DATA_LF, "a chunk is longer than its size");
	case DATA_LF:
		return expect(c, byte, '\n', SIZE, "a chunk is longer than its size");
	case LINE:
		return begin_line(c, byte);
	case NAME:
		return read_name(c, byte);
	case VALUE:
		return read_value(c, byte);
	case VALUE_LF:
		return expect(c, byte, '\n', LINE, "a trailer ends without LF");
	default:
		return read_end(c, byte);
	}
}

ptrdiff_t
tw_http_chunks_feed(struct tw_http_chunks *c, struct tw_bytes in)
{
	size_t at = 0;

	while (at < in.n && !c->done && c->why == NULL) {
		if (c->state == DATA) {
			size_t n = in.n - at < c->left ? in.n - at : (size_t)c->left;

			at += n;
			c->left -= n;
			if (c->left == 0)
				c->state = DATA_CR;
			continue;
		}
		c->why = step(c, in.p[at++]);
	}
	return c->why == NULL ? (ptrdiff_t)at : -1;
}

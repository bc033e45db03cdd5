/* FTP's passive replies and the commands about data connections; see ftp_data.h. */
#include "wire/ftp_data.h"

static const struct {
	const char *verb;
	enum tw_ftp_command command;
} commands[] = {
	{ "PORT", TW_FTP_PORT },
	{ "EPRT", TW_FTP_EPRT },
	{ "LPRT", TW_FTP_LPRT },
	{ "PASV", TW_FTP_PASV },
	{ "EPSV", TW_FTP_EPSV },
	{ "LPSV", TW_FTP_LPSV },
	{ "PBSZ", TW_FTP_PBSZ },
	{ "PROT", TW_FTP_PROT },
	{ "CCC", TW_FTP_CCC },
	{ "AUTH", TW_FTP_AUTH },
};

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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

enum tw_ftp_command
tw_ftp_data_command(struct tw_bytes line, struct tw_bytes *ret_argument)
{
	/* Blanks before the verb are taken off: some servers obey it nevertheless. */
	struct tw_bytes rest = trimmed(line), verb;
	size_t n = 0;

	while (n < rest.n && !is_blank(rest.p[n]))
		n++;
	tw_bytes_take(&rest, n, &verb);
	*ret_argument = trimmed(rest);
	for (size_t i = 0; i < TW_COUNT(commands); i++)
		if (verb.n == strlen(commands[i].verb) &&
		    tw_bytes_begin_with(verb, commands[i].verb))
			return commands[i].command;
	return TW_FTP_OTHER;
}

/* Takes c, or a decimal number of at most max, off the front. */
static bool
take_byte(struct tw_bytes *b, uint8_t c)
{
	uint8_t v;

	return b->n > 0 && b->p[0] == c && tw_bytes_u8(b, &v);
}

static bool
take_number(struct tw_bytes *b, uint32_t max, uint32_t *ret)
{
	uint32_t v = 0;
	size_t n = 0;

	for (; n < b->n && b->p[n] >= '0' && b->p[n] <= '9'; n++) {
		v = v * 10 + (b->p[n] - '0');
		if (v > max || n == 5)
			return false;
	}
	*ret = v;
	return n > 0 && tw_bytes_take(b, n, &(struct tw_bytes){ 0 });
}

/* What stands behind the first bracket of a reply with this code. */
static bool
take_to_bracket(struct tw_bytes *line, const char *code)
{
	const uint8_t *open;

	if (!tw_bytes_begin_with(*line, code))
		return false;
	open = memchr(line->p, '(', line->n);
	if (open == NULL)
		return false;
	return tw_bytes_take(line, (size_t)(open - line->p) + 1, &(struct tw_bytes){ 0 });
}

bool
tw_ftp_data_read_passive(struct tw_bytes line, uint8_t ret_address[static 4],
    uint16_t *ret_port)
{
	uint32_t v[6];

	if (!take_to_bracket(&line, "227 "))
		return false;
	for (size_t i = 0; i < 6; i++)
		if ((i > 0 && !take_byte(&line, ',')) || !take_number(&line, 255, &v[i]))
			return false;
	if (!take_byte(&line, ')') || (v[4] == 0 && v[5] == 0))
		return false;
	for (size_t i = 0; i < 4; i++)
		ret_address[i] = (uint8_t)v[i];
	*ret_port = (uint16_t)(v[4] << 8 | v[5]);
	return true;
}

bool
tw_ftp_data_read_extended(struct tw_bytes line, uint16_t *ret_port)
{
	uint32_t port;
	uint8_t mark;	/* 33 to 126, and no digit (RFC 2428 3) */

	if (!take_to_bracket(&line, "229 ") || !tw_bytes_u8(&line, &mark) || mark < 33 ||
	    mark > 126 || (mark >= '0' && mark <= '9') || !take_byte(&line, mark) ||
	    !take_byte(&line, mark) || !take_number(&line, UINT16_MAX, &port) ||
	    !take_byte(&line, mark) || !take_byte(&line, ')') || port == 0)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

void
tw_ftp_data_write_passive(struct tw_buf *out, const uint8_t address[static 4], uint16_t port)
{
	tw_buf_fmt(out, "227 Entering Passive Mode (%u,%u,%u,%u,%u,%u).\r\n", address[0],
	    address[1], address[2], address[3], (unsigned)port >> 8, (unsigned)port & 255);
}

void
tw_ftp_data_write_extended(struct tw_buf *out, uint16_t port)
{
	tw_buf_fmt(out, "229 Entering Extended Passive Mode (|||%u|)\r\n", (unsigned)port);
}

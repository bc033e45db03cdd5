/* First bytes of a connection, at every cut; and the same bytes as a line of FTP. */
#include <stdlib.h>

#include "wire/first.h"
#include "wire/ftp_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
read_ftp(struct tw_bytes line)
{
	struct tw_bytes argument;
	uint8_t address[4], again[4];
	uint16_t port, port_again;
	struct tw_buf out;

	tw_ftp_data_command(line, &argument);
	if (argument.n > line.n)
		abort();
	tw_buf_init(&out, 200);
	if (tw_ftp_data_read_passive(line, address, &port)) {
		tw_ftp_data_write_passive(&out, address, port);
		if (!tw_ftp_data_read_passive(tw_buf_view(&out), again, &port_again) ||
		    memcmp(address, again, 4) != 0 || port != port_again)
			abort();
	} else if (tw_ftp_data_read_extended(line, &port)) {
		tw_ftp_data_write_extended(&out, port);
		if (!tw_ftp_data_read_extended(tw_buf_view(&out), &port_again) ||
		    port != port_again)
			abort();
	}
	tw_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	enum tw_first last = TW_FIRST_MORE, now;

	for (size_t i = 0; i <= n && i <= 2 * TW_FIRST_BYTES; i++) {
		now = tw_first_read((struct tw_bytes){ p, i });
		if (last != TW_FIRST_MORE && now != last)
			abort();
		last = now;
	}
	if (n >= TW_FIRST_BYTES && last == TW_FIRST_MORE)
		abort();
	read_ftp((struct tw_bytes){ p, n });
	return 0;
}

/*
 * ftp_data.h -- where FTP's data connection goes (RFC 959, RFC 2428): the replies to
 * PASV and EPSV read from a backend and written for a client, and the commands of a
 * client that have to do with data connections and their protection (RFC 4217).
 */
#ifndef TW_WIRE_FTP_DATA_H
#define TW_WIRE_FTP_DATA_H

#include "base/buf.h"

enum tw_ftp_command {
	TW_FTP_OTHER,
	TW_FTP_PORT, TW_FTP_EPRT,	/* the server connects: refused by the gateway */
	TW_FTP_LPRT,			/* RFC 1639; refused like them */
	TW_FTP_PASV, TW_FTP_EPSV,
	TW_FTP_LPSV,
	TW_FTP_PBSZ, TW_FTP_PROT,
	TW_FTP_CCC, TW_FTP_AUTH,
};

/* The command of one line, in any case; its argument without blanks at the ends. */
enum tw_ftp_command tw_ftp_data_command(struct tw_bytes line, struct tw_bytes *ret_argument);

/*
 * "227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)" and "229 … (|||port|)", one line with or
 * without its CR LF. False: malformed, or port 0. What 227 says the address is, is told
 * and no more: to connect to it would let a backend send us anywhere.
 */
bool tw_ftp_data_read_passive(struct tw_bytes line, uint8_t ret_address[static 4],
    uint16_t *ret_port);
bool tw_ftp_data_read_extended(struct tw_bytes line, uint16_t *ret_port);

/* Appends such a line, CR LF included. */
void tw_ftp_data_write_passive(struct tw_buf *out, const uint8_t address[static 4],
    uint16_t port);
void tw_ftp_data_write_extended(struct tw_buf *out, uint16_t port);

#endif

/*
 * ja.h -- two names for the kind of client that sent a ClientHello, as logs the world
 * over have them: JA3 (Salesforce's ja3, README) and JA4 (FoxIO's technical_details/JA4.md,
 * the TLS client part alone). Values of GREASE (RFC 8701) count in neither.
 */
#ifndef TW_WIRE_JA_H
#define TW_WIRE_JA_H

#include "base/buf.h"

#define TW_JA3_TEXT	33	/* bytes of "ada70206e40642a3e4461f35503241d5", its NUL included */
#define TW_JA4_TEXT	37	/* of "t13d1516h2_8daaf6152771_e5627efa2ab1" */

struct tw_ja {
	char ja3[TW_JA3_TEXT], ja4[TW_JA4_TEXT];	/* text that is safe to show */
};

/* From a whole handshake message. False: it is no ClientHello, or malformed. */
bool tw_ja_read(struct tw_bytes message, struct tw_ja *ret);
/* What JA3 is the MD5 of, and JA4's raw form (JA4_r), for whoever compares by hand. */
bool tw_ja_raw3(struct tw_bytes message, struct tw_buf *out);
bool tw_ja_raw4(struct tw_bytes message, struct tw_buf *out);

#endif

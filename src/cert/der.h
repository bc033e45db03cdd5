/* der.h -- cursor reads of strict DER, for usual.c: what is longer than it must be is not read. */
#ifndef TW_CERT_DER_H
#define TW_CERT_DER_H

#include "base/bytes.h"

enum tw_der {
	TW_DER_BOOLEAN = 0x01, TW_DER_INTEGER = 0x02, TW_DER_BITS = 0x03, TW_DER_OCTETS = 0x04,
	TW_DER_OID = 0x06, TW_DER_UTF8 = 0x0c, TW_DER_PRINTABLE = 0x13, TW_DER_IA5 = 0x16,
	TW_DER_UTC_TIME = 0x17, TW_DER_TIME = 0x18, TW_DER_SEQUENCE = 0x30, TW_DER_SET = 0x31,
	TW_DER_CONTEXT = 0x80,		/* [0] of a simple type; [1] is one more, and so on */
	TW_DER_INSIDE = 0xa0,		/* [0] around others */
};

/* The content of a value of that tag; true: *b moved past it. At most 65,535 bytes. */
bool tw_der_take(struct tw_bytes *b, unsigned tag, struct tw_bytes *ret);
/* The same, and nothing may stand behind it. */
bool tw_der_whole(struct tw_bytes b, unsigned tag, struct tw_bytes *ret);
/* An object identifier in its shortest form. */
bool tw_der_oid(struct tw_bytes *b, struct tw_bytes *ret);
/* A whole number of 0 or more, its magnitude without the zero that keeps the sign. */
bool tw_der_number(struct tw_bytes *b, struct tw_bytes *ret);
/* A bit string of whole bytes. */
bool tw_der_bytes(struct tw_bytes *b, struct tw_bytes *ret);
/* UTCTime or GeneralizedTime with seconds and Z (RFC 5280 4.1.2.5), from 1950 on. */
bool tw_der_time(struct tw_bytes *b, int64_t *ret_seconds);

#endif

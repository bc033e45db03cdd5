/*
 * ServerHello of any version and HelloRetryRequest, which has its shape
 * (RFC 8446 4.1.3 and 4.1.4, RFC 5246 7.4.1.3). Called by handshake.c.
 */
#include "wire/reader.h"

/* SHA-256 of "HelloRetryRequest": the random that makes a ServerHello a retry. */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02,
	0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* Does the block hold supported_versions? It decides what the other types mean. */
static bool
is_tls13(struct tw_bytes block)
{
	struct tw_bytes body;
	uint16_t type, version;

	while (tw_bytes_u16(&block, &type) && tw_bytes_vec16(&block, &body))
		if (type == 43)
			return tw_bytes_u16(&body, &version) && version >= 0x0304;
	return false;
}

bool
tw_hello_reply_read(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes random, session_id, block = { NULL, 0 };
	uint16_t suite;
	bool retry;

	if (!tw_bytes_u16(&body, &f->version) || !tw_bytes_take(&body, 32, &random) ||
	    !tw_bytes_vec8(&body, &session_id) || session_id.n > 32 ||
	    !tw_bytes_u16(&body, &suite) || !tw_bytes_u8(&body, &f->compression))
		return false;
	if (body.n > 0 && (!tw_bytes_vec16(&body, &block) || body.n > 0))
		return false;
	if (f->version >> 8 != 3) {
		tw_flight_fail(f, "the server chose a version TLS does not have");
		return true;
	}
	memcpy(f->random, random.p, sizeof(f->random));
	f->session_id = tw_arena_bytes(f->arena, session_id);
	f->suite = suite;
	retry = memcmp(random.p, retry_random, sizeof(retry_random)) == 0;
	if (!tw_extension_read(f, retry ? TW_IN_RETRY : is_tls13(block) ? TW_IN_HELLO13 :
	    TW_IN_HELLO, block))
		return false;
	f->hello = !retry;
	f->retry = retry;
	if (f->want == TW_WANT_HELLO)
		tw_flight_end(f, TW_FLIGHT_HELLO);
	else if (retry)
		tw_flight_end(f, TW_FLIGHT_DONE);
	return true;
}

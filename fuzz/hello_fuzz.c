/*
 * A description of a hello, any: what is written stays within its bound, and read
 * back record by record and vector by vector it is the message it was to be.
 */
#include <stdio.h>
#include <stdlib.h>

#include "wire/hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "hello: %s\n", what);
		abort();
	}
}

/* Input runs out into zeros. */
static unsigned
take(struct tw_bytes *in)
{
	uint8_t v = 0;

	tw_bytes_u8(in, &v);
	return v;
}

static unsigned
take16(struct tw_bytes *in)
{
	unsigned high = take(in);

	return high << 8 | take(in);
}

/* A list of codes: a count, then a first code that the others follow. */
static struct tw_u16s
take_codes(struct tw_bytes *in, uint16_t *room, size_t most)
{
	size_t n = take(in);
	unsigned first;

	n = n >= 250 ? most : n;
	if (n == 0)
		return (struct tw_u16s){ NULL, 0 };
	first = take16(in);
	for (size_t i = 0; i < n; i++)
		room[i] = (uint16_t)(first + i);
	return (struct tw_u16s){ room, n };
}

static uint16_t suites[40000], groups[40000], schemes[40000], versions[300];
static uint32_t kinds[30000];
static char name[70000];
static const struct tw_share *shares[TW_HELLO_SHARES];

static void
describe(struct tw_hello *h, struct tw_bytes *in)
{
	static const char *alpn[4];
	unsigned flags = take16(in), more = take16(in), n;

	h->ssl2 = (flags & 1) != 0;
	h->no_extensions = (flags & 2) != 0;
	h->key_share = (flags & 4) != 0;
	h->ticket = (flags & 8) != 0;
	h->ems = (flags & 16) != 0;
	h->etm = (flags & 32) != 0;
	h->renegotiation_info = (flags & 64) != 0;
	h->heartbeat = (flags & 128) != 0;
	h->status_request = (flags & 256) != 0;
	h->sct = (flags & 512) != 0;
	h->psk_modes = (flags & 1024) != 0;
	h->point_formats = (flags & 2048) != 0;
	h->fallback_scsv = (flags & 4096) != 0;
	h->renegotiation_scsv = (flags & 8192) != 0;
	h->grease = (flags & 16384) != 0;
	h->record_version = (uint16_t)((more & 1) != 0 ? take16(in) : 0);
	h->version = (uint16_t)take16(in);
	for (size_t i = 0; i < sizeof(h->random); i++)
		h->random[i] = (uint8_t)take(in);
	tw_bytes_take(in, take(in) % 33, &h->session_id);
	tw_bytes_take(in, take(in), &h->compression);
	tw_bytes_take(in, (more & 2) != 0 ? take16(in) : 0, &h->cookie);
	h->suites = take_codes(in, suites, TW_COUNT(suites));
	h->groups = take_codes(in, groups, TW_COUNT(groups));
	h->schemes = take_codes(in, schemes, TW_COUNT(schemes));
	h->versions = take_codes(in, versions, TW_COUNT(versions));
	h->shares_n = (more >> 2) % (TW_HELLO_SHARES + 1);
	for (size_t i = 0; i < h->shares_n; i++) {
		h->shares[i] = shares[i];
		h->share_groups[i] = (uint16_t)take16(in);
	}
	n = (more & 16) != 0 ? take16(in) : 0;
	memset(name, 'a', sizeof(name));
	name[n] = '\0';
	h->sni = (more & 32) != 0 ? name : NULL;
	h->alpn_n = (more >> 6) % 5;
	for (size_t i = 0; i < h->alpn_n; i++)
		alpn[i] = name + n - take(in) % (n + 1);
	h->alpn = alpn;
	h->extra_extensions = (more & 512) != 0 ? take16(in) : 0;
	h->pad_to = (more & 1024) != 0 ? take16(in) * 2 : 0;
	h->fragment = (more & 2048) != 0 ? take16(in) : 0;
	h->ssl2_kinds_n = (more & 4096) != 0 ? take16(in) % TW_COUNT(kinds) : 0;
	h->ssl2_kinds = kinds;
}

/* Every vector of the message ends where it says; the extensions are whole. */
static void
check_message(const struct tw_hello *h, struct tw_bytes m)
{
	struct tw_bytes body, v, block;
	uint8_t type;
	uint16_t code;

	must(tw_bytes_u8(&m, &type) && type == 1, "its type");
	must(tw_bytes_vec24(&m, &body) && m.n == 0, "its length");
	must(tw_bytes_u16(&body, &code) && code == h->version, "its version");
	must(tw_bytes_take(&body, 32, &v), "its random");
	must(tw_bytes_vec8(&body, &v) && tw_bytes_equal(v, h->session_id), "its session id");
	must(tw_bytes_vec16(&body, &v) && v.n % 2 == 0, "its suites");
	must(v.n / 2 == h->suites.n + h->grease + h->fallback_scsv + h->renegotiation_scsv,
	    "the count of its suites");
	must(tw_bytes_vec8(&body, &v) && v.n > 0, "its compression");
	if (body.n == 0)
		return;
	must(!h->no_extensions, "extensions that were not to be");
	must(tw_bytes_vec16(&body, &block) && body.n == 0, "its block of extensions");
	while (block.n > 0)
		must(tw_bytes_u16(&block, &code) && tw_bytes_vec16(&block, &v), "an extension");
}

static void
check_records(const struct tw_hello *h, struct tw_bytes out, struct tw_bytes message)
{
	struct tw_bytes piece;
	uint8_t type;
	uint16_t version;

	if (h->ssl2) {
		must(tw_bytes_u16(&out, &version) && version == (0x8000 | message.n) &&
		    tw_bytes_equal(out, message), "its SSL 2.0 record");
		return;
	}
	while (out.n > 0) {
		struct tw_bytes want;

		must(tw_bytes_u8(&out, &type) && type == 22, "a record's type");
		must(tw_bytes_u16(&out, &version) && tw_bytes_vec16(&out, &piece), "a record");
		must(piece.n > 0 && piece.n <= 16384, "a record's size");
		must(h->fragment == 0 || piece.n <= h->fragment, "a fragment's size");
		must(tw_bytes_take(&message, piece.n, &want) && tw_bytes_equal(piece, want),
		    "a record's content");
	}
	must(message.n == 0, "its end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct tw_bytes in = { p, n };
	struct tw_hello h = { 0 };
	struct tw_buf out, message;
	size_t bound;

	if (shares[0] == NULL) {
		shares[0] = tw_share_new(29);
		shares[1] = tw_share_new(23);
		shares[2] = tw_share_new(25);
	}
	bound = take(&in);
	bound = bound < 128 ? TW_HELLO_MAX * 8 : bound * 8;
	describe(&h, &in);
	tw_buf_init(&out, bound);
	tw_buf_init(&message, TW_HELLO_MAX);
	tw_hello_write(&h, &out);
	must(out.n <= bound, "more than its bound");
	tw_hello_message(&h, &message);
	if (!out.failed) {
		must(!message.failed, "a message that failed");
		if (!h.ssl2)
			check_message(&h, tw_buf_view(&message));
		check_records(&h, tw_buf_view(&out), tw_buf_view(&message));
	}
	tw_buf_clear(&out);
	tw_buf_clear(&message);
	return 0;
}

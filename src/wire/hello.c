/*
 * Writes a ClientHello from its description; see hello.h. exam/ calls it once a
 * question.
 */
#include "wire/hello.h"

#include <assert.h>

#define RECORD_MAX	16384u	/* RFC 8446 5.1 */
#define CHALLENGE_SSL2	16	/* bytes of an SSL 2.0 challenge every server takes */
#define EXTRA_FIRST	0x6b00	/* unassigned extension types, none of them GREASE … */
#define EXTRA_MAX	0x0f00	/* … and so many of them */

static void
put_vec8(struct tw_buf *out, const void *p, size_t n)
{
	size_t mark = tw_buf_open_len(out, 1);

	tw_buf_put(out, p, n);
	tw_buf_close_len(out, mark, 1);
}

static void
put_codes(struct tw_buf *out, struct tw_u16s codes)
{
	for (size_t i = 0; i < codes.n; i++)
		tw_buf_u16(out, codes.v[i]);
}

/* The place of a GREASE value (RFC 8701): each its own, chosen by the hello's random. */
enum grease { GREASE_SUITE, GREASE_GROUP, GREASE_VERSION, GREASE_FIRST, GREASE_LAST };

static uint16_t
grease(const struct tw_hello *h, enum grease place)
{
	uint16_t v = h->random[place] & 0x0f;

	/* The two extensions must differ. */
	if (place == GREASE_LAST && v == (h->random[GREASE_FIRST] & 0x0f))
		v ^= 1;
	return (uint16_t)(0x0a0a + 0x1010 * v);
}

static void
put_nothing(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	(void)out;
}

/* One zero byte: an empty vector with a head of one byte, or GREASE that is not empty. */
static void
put_zero(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	tw_buf_u8(out, 0);
}

/* peer_allowed_to_send (RFC 6520 2). */
static void
put_heartbeat(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	tw_buf_u8(out, 1);
}

static void
put_sni(const struct tw_hello *h, struct tw_buf *out)
{
	size_t list = tw_buf_open_len(out, 2), name;

	tw_buf_u8(out, 0);	/* host_name */
	name = tw_buf_open_len(out, 2);
	tw_buf_str(out, h->sni);
	tw_buf_close_len(out, name, 2);
	tw_buf_close_len(out, list, 2);
}

/* OCSP, no responder ids, no extensions (RFC 6066 8). */
static void
put_status_request(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	tw_buf_put(out, "\1\0\0\0\0", 5);
}

static void
put_alpn(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 2);

	for (size_t i = 0; i < h->alpn_n; i++)
		put_vec8(out, h->alpn[i], strlen(h->alpn[i]));
	tw_buf_close_len(out, mark, 2);
}

static void
put_point_formats(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	put_vec8(out, "\0", 1);		/* uncompressed */
}

static void
put_groups(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 2);

	if (h->grease)
		tw_buf_u16(out, grease(h, GREASE_GROUP));
	put_codes(out, h->groups);
	tw_buf_close_len(out, mark, 2);
}

static void
put_schemes(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 2);

	put_codes(out, h->schemes);
	tw_buf_close_len(out, mark, 2);
}

static void
put_cookie(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 2);

	tw_buf_bytes(out, h->cookie);
	tw_buf_close_len(out, mark, 2);
}

static void
put_psk_modes(const struct tw_hello *h, struct tw_buf *out)
{
	(void)h;
	put_vec8(out, "\1", 1);		/* psk_dhe_ke */
}

static void
put_versions(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 1);

	if (h->grease)
		tw_buf_u16(out, grease(h, GREASE_VERSION));
	put_codes(out, h->versions);
	tw_buf_close_len(out, mark, 1);
}

/* A GREASE share only beside real ones: an empty list asks for a retry, and stays so. */
static void
put_key_share(const struct tw_hello *h, struct tw_buf *out)
{
	size_t mark = tw_buf_open_len(out, 2), share;

	assert(h->shares_n <= TW_HELLO_SHARES);
	if (h->grease && h->shares_n > 0) {
		tw_buf_u16(out, grease(h, GREASE_GROUP));
		tw_buf_put(out, "\0\1\0", 3);
	}
	for (size_t i = 0; i < h->shares_n; i++) {
		tw_buf_u16(out, h->share_groups[i]);
		share = tw_buf_open_len(out, 2);
		tw_buf_bytes(out, tw_share_public(h->shares[i]));
		tw_buf_close_len(out, share, 2);
	}
	tw_buf_close_len(out, mark, 2);
}

static void
put_extension(const struct tw_hello *h, struct tw_buf *out, uint16_t type,
    void (*put)(const struct tw_hello *h, struct tw_buf *out))
{
	size_t mark;

	tw_buf_u16(out, type);
	mark = tw_buf_open_len(out, 2);
	put(h, out);
	tw_buf_close_len(out, mark, 2);
}

/* Padding (RFC 7685) that brings the message, begun at start, to pad_to bytes. */
static void
put_padding(const struct tw_hello *h, struct tw_buf *out, size_t start)
{
	static const uint8_t zeros[256];
	size_t have = out->n - start + 4, mark;	/* with the padding's own head */

	if (h->pad_to <= have - 4)
		return;
	tw_buf_u16(out, 21);
	mark = tw_buf_open_len(out, 2);
	for (size_t n = h->pad_to > have ? h->pad_to - have : 1; n > 0 && !out->failed;) {
		size_t some = n < sizeof(zeros) ? n : sizeof(zeros);

		tw_buf_put(out, zeros, some);
		n -= some;
	}
	tw_buf_close_len(out, mark, 2);
}

static void
put_extensions(const struct tw_hello *h, struct tw_buf *out, size_t start)
{
	/*
	 * In the order they are sent. Some servers refuse a hello whose last extension
	 * is empty, so the empty ones stand first.
	 */
	const struct extension {
		bool with;
		uint16_t type;
		void (*put)(const struct tw_hello *h, struct tw_buf *out);
	} extensions[] = {
		{ h->sni != NULL, 0, put_sni },
		{ h->ems, 23, put_nothing },
		{ h->etm, 22, put_nothing },
		{ h->ticket, 35, put_nothing },
		{ h->sct, 18, put_nothing },
		{ h->renegotiation_info, 0xff01, put_zero },
		{ h->status_request, 5, put_status_request },
		{ h->alpn_n > 0, 16, put_alpn },
		{ h->heartbeat, 15, put_heartbeat },
		{ h->point_formats, 11, put_point_formats },
		{ h->groups.n > 0, 10, put_groups },
		{ h->schemes.n > 0, 13, put_schemes },
		{ h->cookie.n > 0, 44, put_cookie },
		{ h->psk_modes, 45, put_psk_modes },
		{ h->versions.n > 0, 43, put_versions },
		{ h->key_share, 51, put_key_share },
	};
	size_t mark = tw_buf_open_len(out, 2);

	if (h->grease)
		put_extension(h, out, grease(h, GREASE_FIRST), put_nothing);
	if (h->extra_extensions > EXTRA_MAX)
		out->failed = true;
	for (unsigned i = 0; i < h->extra_extensions && !out->failed; i++)
		put_extension(h, out, (uint16_t)(EXTRA_FIRST + i), put_nothing);
	for (size_t i = 0; i < TW_COUNT(extensions); i++)
		if (extensions[i].with)
			put_extension(h, out, extensions[i].type, extensions[i].put);
	if (h->grease)
		put_extension(h, out, grease(h, GREASE_LAST), put_zero);
	put_padding(h, out, start);
	if (out->n == mark + 2 && !out->failed)
		out->n = mark;	/* an empty block confuses old servers: none at all */
	else
		tw_buf_close_len(out, mark, 2);
}

static void
put_tls(const struct tw_hello *h, struct tw_buf *out)
{
	size_t start = out->n, message, suites;

	assert(h->session_id.n <= 32);
	tw_buf_u8(out, 1);	/* client_hello */
	message = tw_buf_open_len(out, 3);
	tw_buf_u16(out, h->version);
	tw_buf_put(out, h->random, sizeof(h->random));
	put_vec8(out, h->session_id.p, h->session_id.n);
	suites = tw_buf_open_len(out, 2);
	if (h->grease)
		tw_buf_u16(out, grease(h, GREASE_SUITE));
	put_codes(out, h->suites);
	if (h->renegotiation_scsv)
		tw_buf_u16(out, 0x00ff);
	if (h->fallback_scsv)
		tw_buf_u16(out, 0x5600);
	tw_buf_close_len(out, suites, 2);
	if (h->compression.n > 0)
		put_vec8(out, h->compression.p, h->compression.n);
	else
		put_vec8(out, "\0", 1);
	if (!h->no_extensions)
		put_extensions(h, out, start);
	tw_buf_close_len(out, message, 3);
}

/*
 * An SSL 2.0 CLIENT-HELLO (draft 2.5) or the v2 form of a later one (RFC 5246
 * E.2), without its record header. Suites of 16 bits stand behind the kinds.
 */
static void
put_ssl2(const struct tw_hello *h, struct tw_buf *out)
{
	size_t kinds, challenge = h->version > 2 ? sizeof(h->random) : CHALLENGE_SSL2;

	tw_buf_u8(out, 1);	/* CLIENT-HELLO */
	tw_buf_u16(out, h->version == 0 ? 2 : h->version);
	kinds = tw_buf_open_len(out, 2);
	tw_buf_u16(out, 0);	/* no session id */
	tw_buf_u16(out, (uint16_t)challenge);
	for (size_t i = 0; i < h->ssl2_kinds_n; i++)
		tw_buf_u24(out, h->ssl2_kinds[i]);
	for (size_t i = 0; i < h->suites.n; i++)
		tw_buf_u24(out, h->suites.v[i]);
	if (h->renegotiation_scsv)
		tw_buf_u24(out, 0x00ff);
	if (h->fallback_scsv)
		tw_buf_u24(out, 0x5600);
	if (!out->failed) {
		size_t n = out->n - kinds - 6;

		out->failed = n > UINT16_MAX;
		out->p[kinds] = (uint8_t)(n >> 8);
		out->p[kinds + 1] = (uint8_t)n;
	}
	tw_buf_put(out, h->random, challenge);
}

void
tw_hello_message(const struct tw_hello *h, struct tw_buf *out)
{
	if (h->ssl2)
		put_ssl2(h, out);
	else
		put_tls(h, out);
}

/* The message in records of at most h->fragment bytes. */
static void
put_records(const struct tw_hello *h, struct tw_bytes message, struct tw_buf *out)
{
	size_t most = h->fragment;

	if (most == 0 || most > RECORD_MAX)
		most = RECORD_MAX;

	while (message.n > 0 && !out->failed) {
		struct tw_bytes piece;

		tw_bytes_take(&message, message.n < most ? message.n : most, &piece);
		tw_buf_u8(out, 22);	/* handshake */
		tw_buf_u16(out, h->record_version == 0 ? 0x0301 : h->record_version);
		tw_buf_u16(out, (uint16_t)piece.n);
		tw_buf_bytes(out, piece);
	}
}

void
tw_hello_wrap(const struct tw_hello *h, struct tw_bytes message, struct tw_buf *out)
{
	if (!h->ssl2) {
		put_records(h, message, out);
	} else if (message.n > 0x7fff) {
		out->failed = true;
	} else {
		tw_buf_u16(out, (uint16_t)(0x8000 | message.n));
		tw_buf_bytes(out, message);
	}
}

void
tw_hello_write(const struct tw_hello *h, struct tw_buf *out)
{
	struct tw_buf message;

	tw_buf_init(&message, TW_HELLO_MAX);
	tw_hello_message(h, &message);
	if (message.failed)
		out->failed = true;
	else
		tw_hello_wrap(h, tw_buf_view(&message), out);
	tw_buf_clear(&message);
}

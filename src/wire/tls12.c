/*
 * What a server says behind its ServerHello up to TLS 1.2, from Certificate to
 * ServerHelloDone (RFC 5246 7.4). handshake.c finds the rows here.
 */
#include "wire/reader.h"

void
tw_tls12_keep(struct tw_flight *f, struct tw_bytes der)
{
	if (f->chain_n == TW_FLIGHT_CHAIN)
		f->chain_cut = true;
	else
		f->chain[f->chain_n++] = tw_arena_bytes(f->arena, der);
}

static bool
read_certificate(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes list, der;

	if (!tw_bytes_vec24(&body, &list) || body.n > 0)
		return false;
	while (list.n > 0) {
		if (!tw_bytes_vec24(&list, &der) || der.n == 0)
			return false;
		tw_tls12_keep(f, der);
	}
	return true;
}

/* CertificateStatus (RFC 6066 8): type ocsp; or ocsp_multi (RFC 6961), its first. */
static bool
read_status(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes list, response;
	uint8_t type;

	if (!tw_bytes_u8(&body, &type) || !tw_bytes_vec24(&body, &list))
		return false;
	if (type == 1)
		response = list;
	else if (type != 2 || !tw_bytes_vec24(&list, &response))
		return type != 2;
	f->status = true;
	if (response.n > 0)
		f->staple = tw_arena_bytes(f->arena, response);
	return true;
}

static bool
read_request(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->certificate_request = true;
	return true;
}

static bool
read_done(struct tw_flight *f, struct tw_bytes body)
{
	if (body.n > 0)
		return false;
	tw_flight_end(f, TW_FLIGHT_DONE);
	return true;
}

/* HelloRequest, SupplementalData: nothing to learn here. */
static bool
pass(struct tw_flight *f, struct tw_bytes body)
{
	(void)f;
	(void)body;
	return true;
}

const struct tw_message_row tw_tls12_messages[] = {
	{ 0, 0, pass },
	{ 23, 2, pass },
	{ 11, 3, read_certificate },
	{ 22, 4, read_status },
	{ 12, 5, tw_ske_read },
	{ 13, 6, read_request },
	{ 14, 7, read_done },
	{ 0, 0, NULL },
};

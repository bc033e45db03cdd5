/*
 * Every extension a server answers with, one row each: where it may stand and
 * what it tells. Called by hello_reply.c, tls13.c. One met where it has
 * no row is noted by its type and passed over.
 */
#include "wire/reader.h"

static bool
read_sni(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;	/* ought to be empty (RFC 6066 3); some servers say more */
	f->sni_ack = true;
	return true;
}

static bool
read_max_fragment(struct tw_flight *f, struct tw_bytes body)
{
	uint8_t code;

	if (!tw_bytes_u8(&body, &code) || code < 1 || code > 4)
		return false;
	f->max_fragment = (uint16_t)(256u << code);
	return body.n == 0;
}

static bool
read_status(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->status = true;
	return true;
}

/* CertificateStatus of the leaf (RFC 8446 4.4.2.1): type ocsp, the response. */
static bool
read_staple(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes response;
	uint8_t type;

	if (!tw_bytes_u8(&body, &type) || !tw_bytes_vec24(&body, &response))
		return false;
	f->status = true;
	if (type == 1 && f->staple.p == NULL)
		f->staple = tw_arena_bytes(f->arena, response);
	return true;
}

static bool
read_heartbeat(struct tw_flight *f, struct tw_bytes body)
{
	f->heartbeat = true;
	return tw_bytes_u8(&body, &f->heartbeat_mode);
}

static bool
read_alpn(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes list, name;

	if (!tw_bytes_vec16(&body, &list) || !tw_bytes_vec8(&list, &name) ||
	    name.n == 0 || list.n > 0)
		return false;
	f->alpn = tw_arena_bytes(f->arena, name);
	return true;
}

static bool
read_scts(struct tw_flight *f, struct tw_bytes body)
{
	f->scts = tw_arena_bytes(f->arena, body);
	return true;
}

static bool
read_etm(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->etm = true;
	return true;
}

static bool
read_ems(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->ems = true;
	return true;
}

static bool
read_ticket(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->ticket = true;
	return true;
}

static bool
read_renegotiation_info(struct tw_flight *f, struct tw_bytes body)
{
	(void)body;
	f->renegotiation_info = true;
	return true;
}

static bool
read_version(struct tw_flight *f, struct tw_bytes body)
{
	return tw_bytes_u16(&body, &f->version);
}

static bool
read_cookie(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes cookie;

	if (!tw_bytes_vec16(&body, &cookie))
		return false;
	f->cookie = tw_arena_bytes(f->arena, cookie);
	return true;
}

static bool
read_share(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes share;

	if (!tw_bytes_u16(&body, &f->group) || !tw_bytes_vec16(&body, &share))
		return false;
	f->share = tw_arena_bytes(f->arena, share);
	return true;
}

static bool
read_retry_group(struct tw_flight *f, struct tw_bytes body)
{
	return tw_bytes_u16(&body, &f->group);
}

static const struct row {
	uint16_t type;
	unsigned places;	/* of enum tw_place */
	tw_message_fn *read;
} rows[] = {
	{ 0, TW_IN_HELLO | TW_IN_ENCRYPTED, read_sni },
	{ 1, TW_IN_HELLO | TW_IN_ENCRYPTED, read_max_fragment },
	{ 5, TW_IN_HELLO, read_status },
	{ 5, TW_IN_LEAF, read_staple },
	{ 15, TW_IN_HELLO | TW_IN_ENCRYPTED, read_heartbeat },
	{ 16, TW_IN_HELLO | TW_IN_ENCRYPTED, read_alpn },
	{ 18, TW_IN_HELLO | TW_IN_LEAF, read_scts },
	{ 22, TW_IN_HELLO, read_etm },
	{ 23, TW_IN_HELLO, read_ems },
	{ 35, TW_IN_HELLO, read_ticket },
	{ 43, TW_IN_HELLO | TW_IN_HELLO13 | TW_IN_RETRY, read_version },
	{ 44, TW_IN_RETRY, read_cookie },
	{ 51, TW_IN_HELLO13, read_share },
	{ 51, TW_IN_RETRY, read_retry_group },
	{ 0xff01, TW_IN_HELLO, read_renegotiation_info },
};

static const struct row *
row_of(enum tw_place place, uint16_t type)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++)
		if (rows[i].type == type && (rows[i].places & place) != 0)
			return &rows[i];
	return NULL;
}

bool
tw_extension_read(struct tw_flight *f, enum tw_place place, struct tw_bytes block)
{
	uint32_t seen = 0;	/* rows met in this block: none may come twice */

	while (block.n > 0) {
		const struct row *row;
		struct tw_bytes body;
		uint16_t type;

		if (!tw_bytes_u16(&block, &type) || !tw_bytes_vec16(&block, &body))
			return false;
		if (f->extensions_n < TW_COUNT(f->extensions))
			f->extensions[f->extensions_n++] = type;
		row = row_of(place, type);
		if (row == NULL)
			continue;
		if ((seen & 1u << (row - rows)) != 0 || !row->read(f, body))
			return false;
		seen |= 1u << (row - rows);
	}
	return true;
}

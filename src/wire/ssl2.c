/* SSL 2.0's SERVER-HELLO and ERROR (draft 2.5 to 2.7). Called by flight.c. */
#include "wire/reader.h"

static bool
read_error(struct tw_flight *f, struct tw_bytes body)
{
	if (!tw_bytes_u16(&body, &f->ssl2_error))
		return false;
	f->ssl2_refused = true;
	tw_flight_end(f, TW_FLIGHT_ALERT);
	return true;
}

static bool
read_hello(struct tw_flight *f, struct tw_bytes body)
{
	struct tw_bytes certificate, kinds, connection;
	uint8_t hit, type;
	uint16_t certificate_n, kinds_n, connection_n;
	uint32_t *list;

	if (!tw_bytes_u8(&body, &hit) || !tw_bytes_u8(&body, &type) ||
	    !tw_bytes_u16(&body, &f->version) || !tw_bytes_u16(&body, &certificate_n) ||
	    !tw_bytes_u16(&body, &kinds_n) || !tw_bytes_u16(&body, &connection_n) ||
	    !tw_bytes_take(&body, certificate_n, &certificate) ||
	    !tw_bytes_take(&body, kinds_n, &kinds) || kinds_n % 3 != 0 ||
	    !tw_bytes_take(&body, connection_n, &connection) || f->version != 2)
		return false;
	list = tw_arena_alloc(f->arena, (kinds_n / 3 + 1) * sizeof(*list));
	while (tw_bytes_u24(&kinds, &list[f->ssl2_kinds_n]))
		f->ssl2_kinds_n++;
	f->ssl2_kinds = list;
	if (type == 1 && certificate.n > 0)	/* X.509, the only type there is */
		tw_tls12_keep(f, certificate);
	f->ssl2 = true;
	tw_flight_end(f, TW_FLIGHT_DONE);
	return true;
}

void
tw_ssl2_read(struct tw_flight *f, struct tw_bytes body)
{
	uint8_t type;

	if (!tw_bytes_u8(&body, &type) ||
	    !(type == TW_SSL2_HELLO ? read_hello(f, body) : read_error(f, body)))
		tw_flight_fail(f, "an SSL 2.0 message is malformed");
}

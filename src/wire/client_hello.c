/* client_hello.c -- what a client offers; see client_hello.h. */
#include "wire/client_hello.h"

typedef bool read_fn(struct tw_client_hello *h, struct tw_bytes body);

static bool
read_sni(struct tw_client_hello *h, struct tw_bytes body)
{
	struct tw_bytes list, name;
	uint8_t type;

	if (!tw_bytes_vec16(&body, &list) || body.n > 0)
		return false;
	while (list.n > 0) {
		if (!tw_bytes_u8(&list, &type) || !tw_bytes_vec16(&list, &name))
			return false;
		if (type == 0 && h->sni.p == NULL)
			h->sni = name;
	}
	return true;
}

static bool
read_list(struct tw_bytes body, struct tw_bytes *ret)
{
	return tw_bytes_vec16(&body, ret) && body.n == 0;
}

static bool
read_codes(struct tw_bytes body, struct tw_bytes *ret)
{
	return read_list(body, ret) && ret->n % 2 == 0;
}

static bool
read_groups(struct tw_client_hello *h, struct tw_bytes body)
{
	return read_codes(body, &h->groups);
}

static bool
read_schemes(struct tw_client_hello *h, struct tw_bytes body)
{
	return read_codes(body, &h->schemes);
}

static bool
read_versions(struct tw_client_hello *h, struct tw_bytes body)
{
	return tw_bytes_vec8(&body, &h->versions) && body.n == 0 && h->versions.n % 2 == 0;
}

static bool
read_point_formats(struct tw_client_hello *h, struct tw_bytes body)
{
	return tw_bytes_vec8(&body, &h->point_formats) && body.n == 0;
}

static bool
read_alpn(struct tw_client_hello *h, struct tw_bytes body)
{
	return read_list(body, &h->alpn);
}

static bool
read_shares(struct tw_client_hello *h, struct tw_bytes body)
{
	return read_list(body, &h->shares);
}

/* Extensions that say all by being there, and those that hold a list. */
static const struct row {
	uint16_t type;
	size_t flag;		/* offset of a bool; 0: read() */
	read_fn *read;
} rows[] = {
	{ 0, 0, read_sni },
	{ 5, offsetof(struct tw_client_hello, status), NULL },
	{ 10, 0, read_groups },
	{ 11, 0, read_point_formats },
	{ 13, 0, read_schemes },
	{ 16, 0, read_alpn },
	{ 18, offsetof(struct tw_client_hello, scts), NULL },
	{ 22, offsetof(struct tw_client_hello, etm), NULL },
	{ 23, offsetof(struct tw_client_hello, ems), NULL },
	{ 35, offsetof(struct tw_client_hello, ticket), NULL },
	{ 41, offsetof(struct tw_client_hello, psk), NULL },
	{ 42, offsetof(struct tw_client_hello, early_data), NULL },
	{ 43, 0, read_versions },
	{ 51, 0, read_shares },
	{ 0xff01, offsetof(struct tw_client_hello, renegotiation_info), NULL },
};

static bool
read_extension(struct tw_client_hello *h, uint16_t type, struct tw_bytes body)
{
	for (size_t i = 0; i < TW_COUNT(rows); i++) {
		if (rows[i].type != type)
			continue;
		if (rows[i].read != NULL)
			return rows[i].read(h, body);
		*(bool *)((char *)h + rows[i].flag) = true;
	}
	return true;
}

bool
tw_client_hello_read(struct tw_bytes body, struct tw_client_hello *ret)
{
	struct tw_bytes block, extension;
	uint16_t type;

	*ret = (struct tw_client_hello){ 0 };
	if (!tw_bytes_u16(&body, &ret->version) || !tw_bytes_take(&body, 32, &ret->random) ||
	    !tw_bytes_vec8(&body, &ret->session_id) || !tw_bytes_vec16(&body, &ret->suites) ||
	    ret->suites.n % 2 != 0 || !tw_bytes_vec8(&body, &ret->compressions))
		return false;
	if (body.n == 0)
		return true;
	ret->has_extensions = true;
	if (!tw_bytes_vec16(&body, &block) || body.n > 0)
		return false;
	ret->extensions = block;
	while (block.n > 0)
		if (!tw_bytes_u16(&block, &type) || !tw_bytes_vec16(&block, &extension) ||
		    !read_extension(ret, type, extension))
			return false;
	return true;
}

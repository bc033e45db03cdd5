/* The kernel's tables of sockets, read; see sockets.h. */
#include "host/sockets.h"

#include "host/words.h"

#define STATE_LISTEN	0x0a	/* TCP_LISTEN of net/tcp_states.h */
#define STATE_CLOSE	0x07	/* TCP_CLOSE: a UDP socket that is connected to nobody */

/* "0100007F:1F90" */
static bool
read_end(struct tw_bytes word, tw_u128 *ret_address, uint16_t *ret_port, bool *ret_v6)
{
	const uint8_t *colon = word.n > 0 ? memchr(word.p, ':', word.n) : NULL;
	struct tw_bytes address, port;
	uint64_t number;

	if (colon == NULL)
		return false;
	address = (struct tw_bytes){ word.p, (size_t)(colon - word.p) };
	port = (struct tw_bytes){ colon + 1, word.n - address.n - 1 };
	if (!tw_words_address(address, ret_address, ret_v6) ||
	    !tw_words_number(port, 16, UINT16_MAX, &number))
		return false;
	*ret_port = (uint16_t)number;
	return true;
}

/* Columns (proc_net(5)): sl local remote st queues timer retransmits uid timeout inode … */
static bool
read_row(struct tw_bytes line, enum tw_transport transport, bool v6, struct tw_socket *ret)
{
	struct tw_bytes word, column[10];
	tw_u128 remote;
	uint16_t remote_port;
	bool local_v6, remote_v6;
	uint64_t state, uid, inode;

	for (size_t i = 0; i < TW_COUNT(column); i++) {
		if (!tw_words_next(&line, &word))
			return false;
		column[i] = word;
	}
	if (!read_end(column[1], &ret->address, &ret->port, &local_v6) ||
	    !read_end(column[2], &remote, &remote_port, &remote_v6) ||
	    !tw_words_number(column[3], 16, 255, &state) ||
	    !tw_words_number(column[7], 10, UINT32_MAX, &uid) ||
	    !tw_words_number(column[9], 10, UINT64_MAX, &inode) || local_v6 != v6)
		return false;
	if (transport == TW_TCP ? state != STATE_LISTEN : state != STATE_CLOSE ||
	    remote != 0 || remote_port != 0)
		return false;
	ret->transport = transport;
	ret->v6 = v6;
	ret->uid = (uint32_t)uid;
	ret->inode = inode;
	if (v6 && ret->address >> 32 == 0xffff) {	/* ::ffff:0:0/96 */
		ret->v6 = false;
		ret->address = (uint32_t)ret->address;
	}
	return ret->port != 0;
}

size_t
tw_sockets_read(struct tw_arena *a, struct tw_bytes table, enum tw_transport transport, bool v6,
    struct tw_sockets *ret)
{
	struct tw_bytes line;
	size_t n = 0;

	while (tw_words_line(&table, &line)) {
		struct tw_socket s = { 0 };

		if (read_row(line, transport, v6, &s)) {
			TW_PUSH(a, ret, s);
			n++;
		}
	}
	return n;
}

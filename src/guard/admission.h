/*
 * admission.h -- may this one come in? One call at accept asks every guard in order:
 * access list, bans, limits (memory is one: a worker has room for so many), rates.
 */
#ifndef TW_GUARD_ADMISSION_H
#define TW_GUARD_ADMISSION_H

#include "guard/bans.h"
#include "guard/rates.h"

enum tw_admission {
	TW_ADMITTED,
	TW_DENIED_ACCESS,
	TW_DENIED_BANNED,
	TW_DENIED_LIMIT,
	TW_DENIED_RATE,
};

struct tw_admission_policy {	/* a listener's; all zero: everybody is let in */
	unsigned listener;	/* its number, from 0; the same after a reload */
	const struct tw_networks *allow;	/* NULL: everybody */
	const struct tw_networks *deny;		/* the longer network of both decides */
	const struct tw_ban_rule *ban;		/* NULL: bans do not count here */
	struct tw_rate connections_per_address, connections_per_network;	/* /32 or /64; */
	struct tw_rate handshakes_per_address, handshakes_per_network;	/* /24 or /48 */
	uint32_t most_per_address, most_per_network, most;	/* at once; 0: no limit */
};

struct tw_admission_size {
	unsigned workers;	/* 1 to 64 */
	unsigned listeners;	/* the highest number and one */
	size_t connections;	/* of all workers together: how many addresses are told apart */
	size_t bans;
};

/* What a connection holds while it is in; the worker keeps it with the connection. */
struct tw_seat {
	uint32_t address, network;	/* entries of the tally */
	uint32_t listener;
	bool taken;
};

struct tw_guard;		/* all of it, in shared memory */

/* Bytes of zeroed memory for it, shared by all workers, on a 64-byte boundary. */
size_t tw_admission_bytes(struct tw_admission_size size);
struct tw_guard *tw_admission_init(void *memory, struct tw_admission_size size,
    const uint8_t seed[static 16]);
struct tw_bans *tw_admission_bans(struct tw_guard *g);

/*
 * A new connection of this worker, which has `room` seats. Only when admitted is the seat
 * taken, and is given back by tw_admission_leave(). a NULL: who it is comes later, in a
 * PROXY header (room and the listener's limit hold from now on); then tw_admission_name().
 */
enum tw_admission tw_admission_enter(struct tw_guard *g, unsigned worker, uint32_t room,
    const struct tw_admission_policy *p, const struct tw_address *a, uint64_t now_ms,
    struct tw_seat *ret_seat);
/* Now it is known. Denied: the seat is still to be given back. Once a seat. */
enum tw_admission tw_admission_name(struct tw_guard *g, unsigned worker,
    const struct tw_admission_policy *p, const struct tw_address *a, uint64_t now_ms,
    struct tw_seat *seat);
/* Before a handshake: TW_ADMITTED or TW_DENIED_RATE. */
enum tw_admission tw_admission_handshake(struct tw_guard *g, const struct tw_admission_policy *p,
    const struct tw_seat *seat, uint64_t now_ms);
/* Gives the seat back; one that is not taken is nothing. */
void tw_admission_leave(struct tw_guard *g, unsigned worker, struct tw_seat *seat);

/* Connected now, at a listener. */
uint32_t tw_admission_connected(const struct tw_guard *g, unsigned listener);
/* The parent, once the worker is dead for sure: its seats are given back. */
void tw_admission_forget_worker(struct tw_guard *g, unsigned worker);
/* The log's word: "denied-access"; NULL of TW_ADMITTED. */
const char *tw_admission_word(enum tw_admission a);

#endif

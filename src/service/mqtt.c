/* MQTT inside TLS: the login is in CONNECT, its answer in CONNACK, the first packet back. */
#include "service/watch.h"

#define CONNACK		0x20

static void
from_client(struct tw_watch *w, struct tw_bytes in)
{
	tw_watch_put(w, in);
}

/*
 * Reason codes of version 3 (MQTT 3.1.1, 3.2.2.3) and 5 (MQTT 5, 3.2.2.2): bad user
 * name or password, not authorized.
 */
static void
judge(struct tw_watch *w, uint8_t code)
{
	w->ending = true;
	if (code == 0)
		tw_watch_accepted(w);
	else if (code == 4 || code == 5 || code == 0x86 || code == 0x87)
		tw_watch_failed(w);
}

/* The first packet: its type, a length of one to four bytes, flags, the code. */
static void
from_backend(struct tw_watch *w, struct tw_bytes in)
{
	struct tw_watch_way *way = &w->way[TW_FROM_BACKEND];
	size_t n = 0;

	for (; n < in.n && !w->ending; n++) {
		uint8_t c = in.p[n];

		if (way->head_n == 0 && c != CONNACK) {
			/* AUTH of version 5 goes on; what else it is, no login is in it. */
			w->ending = true;
			break;
		}
		way->head[way->head_n++] = c;
		if (way->state == 0 && way->head_n > 1)
			way->state = (c & 0x80) == 0 ? 1 : 0;
		else if (way->state == 1)
			way->state = 2;
		else if (way->state == 2)
			judge(w, c);
		if (way->head_n > 7)
			w->ending = true;
	}
	tw_watch_put(w, in);
}

const struct tw_watch_kind tw_watch_mqtt = { { from_client, from_backend }, NULL };

/*
 * Certificates that are renewed on the disk. Their files are looked at every few seconds,
 * through all links, so that a rename, a link that is turned and a file that is written over
 * are the same to us, on any file system; what has changed and then stood still is tried,
 * and served where chain and key fit. See parent.h.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/crypto.h"
#include "gate/parent.h"

#define LOOK_MS		5000
#define STILL_MS	1000	/* half a renewal is not looked at */

static void
put_file(struct tw_buf *out, const char *path)
{
	struct stat st = { 0 };
	bool there = stat(path, &st) == 0;

	tw_buf_fmt(out, "%d %llu %llu %lld %lld %ld\n", there, (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
	    st.st_mtim.tv_nsec);
}

void
tw_renewal_look(const struct tw_config *c, uint8_t ret[static TW_RENEWAL_LOOK])
{
	struct tw_buf seen;
	uint8_t hash[TW_HASH_BYTES];

	tw_buf_init(&seen, 1u << 20);
	for (size_t i = 0; i < c->certificates_n; i++) {
		put_file(&seen, c->certificates[i].chain);
		put_file(&seen, c->certificates[i].key);
	}
	tw_hash(TW_SHA256, tw_buf_view(&seen), hash);
	memcpy(ret, hash, TW_RENEWAL_LOOK);
	tw_buf_clear(&seen);
}

static bool
is(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, TW_RENEWAL_LOOK) == 0;
}

static void
on_time(void *ctx)
{
	struct tw_gate_parent *p = ctx;
	uint8_t now[TW_RENEWAL_LOOK];
	uint64_t again_ms = LOOK_MS;

	tw_renewal_look(p->set->config, now);
	if (!is(now, p->set->disk) && !is(now, p->refused)) {
		if (is(now, p->seen))
			tw_reload_renew(p);
		else
			again_ms = STILL_MS;
	}
	memcpy(p->seen, now, sizeof(now));
	tw_timer_start(p->renewal, again_ms);
}

void
tw_renewal_begin(struct tw_gate_parent *p)
{
	p->renewal = tw_timer_new(p->loop, on_time, p);
	tw_timer_start(p->renewal, LOOK_MS);
}

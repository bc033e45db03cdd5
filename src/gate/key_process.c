/* The process that has the private keys, and only signs; see parent.h, net/tls_keys.h. */
#include <stdlib.h>

#include "gate/bundle.h"
#include "gate/parent.h"
#include "gate/worker.h"
#include "net/fd_pass.h"
#include "net/process.h"
#include "net/sandbox.h"
#include "net/tls_keys.h"

#define WAIT_MS	5000	/* for one to be ready: it reads keys and tries each */

/* In the key process: signs until the parent has no more use for it. */
static _Noreturn void
sign(struct tw_gate_parent *p, const struct tw_config *c, int secrets_fd, int control)
{
	const char **paths = calloc(c->certificates_n + 1, sizeof(*paths));
	struct tw_bytes *pems = calloc(c->certificates_n + 1, sizeof(*pems));
	struct tw_bundle secrets = { 0 };
	struct tw_sandbox_walls walls;
	struct tw_keyring *keys;
	struct tw_err e = { .text = "the key process has no memory" };

	if (paths == NULL || pems == NULL || !tw_bundle_open(&secrets, secrets_fd))
		abort();
	tw_privilege_close_others(&control, 1);
	for (size_t i = 0; i < c->certificates_n; i++) {
		paths[i] = c->certificates[i].key;
		pems[i] = tw_bundle_find(&secrets, paths[i]);
	}
	keys = tw_keyring_read(paths, pems, c->certificates_n, &e);
	tw_bundle_close(&secrets);
	if (keys != NULL &&
	    (c->user == NULL || tw_privilege_drop(&p->identity, 0, &e) == 0) &&
	    tw_privilege_hide(true, &e) == 0 &&
	    tw_sandbox_enter(TW_SANDBOX_KEYS, &walls, &e) == 0 &&
	    tw_socket_send(control, TW_BYTES("r")) == 1 &&
	    tw_keyring_serve(keys, control, &e) == 0)
		tw_process_exit(0);
	tw_gate_say(p, e.text);
	tw_process_exit(1);
}

void
tw_key_process_start(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	if (!s->config->keys_in_process)
		return;
	s->key_began_ms = tw_loop_clock_ns() / 1000000;
	s->key_pid = tw_process_fork(&s->key_control);
	if (s->key_pid == 0)
		sign(p, s->config, s->secrets_fd, s->key_control);
	if (s->key_pid < 0)
		tw_gate_say(p, "the key process could not be started");
	else	/* workers ask at once, and wait with all their connections: it is ready before */
		(void)tw_process_hear(s->key_control, WAIT_MS);
}

/* A line to the key process for one worker, its end; -1: there is none. */
int
tw_key_process_connect(struct tw_gate_set *s)
{
	int pair[2];
	bool sent;

	if (s->key_pid <= 0 || !tw_process_pair(pair))
		return -1;
	sent = tw_fd_send(s->key_control, &pair[1], 1, TW_BYTES("worker"));
	tw_socket_close(pair[1]);
	if (sent)
		return pair[0];
	tw_socket_close(pair[0]);
	return -1;
}

/* Another took the place of one that died: what waits in the workers is asked again. */
static void
replace_keys(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	uint8_t word = TW_ORDER_KEYS;

	tw_key_process_start(p, s);
	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_child *c = &p->children[i];
		int fd;

		if (c->set != s || c->pid <= 0 || (fd = tw_key_process_connect(s)) < 0)
			continue;
		(void)tw_fd_send(c->socket, &fd, 1, (struct tw_bytes){ &word, 1 });
		tw_socket_close(fd);
	}
}

/* One that dies at once is not started in a rush. */
void
tw_key_process_bury(struct tw_gate_parent *p, struct tw_gate_set *s)
{
	tw_gate_say(p, "the key process ended; another takes its place");
	tw_socket_close(s->key_control);
	s->key_pid = 0;
	if (tw_children_at_once(s->key_began_ms, &s->key_hasty))
		replace_keys(p, s);
	else
		tw_timer_start(p->keys_again, TW_GATE_AGAIN_MS);
}

void
tw_key_process_again(void *ctx)
{
	struct tw_gate_parent *p = ctx;

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		struct tw_gate_set *s = p->children[i].set;

		if (s != NULL && s->config->keys_in_process && s->key_pid == 0)
			replace_keys(p, s);
	}
}

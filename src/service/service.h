/*
 * service.h -- what the tool knows of one protocol that talks before TLS. One
 * file each; its ports stand in data/ports.def, its name in meson.build's list.
 */
#ifndef TW_SERVICE_SERVICE_H
#define TW_SERVICE_SERVICE_H

#include "base/buf.h"
#include "dialog/dialog.h"
#include "service/watch.h"

struct tw_service {
	const char *name;	/* as ports.def's dialogue column says it */
	const char *title;
	const char *spec;	/* where its TLS upgrade is written down */
	bool server_first;	/* the server greets: never speak before it */
	/*
	 * Does a greeting look like this service? 0 no, 1 perhaps ("220 ready" is mail
	 * or files), 2 surely. For recognition; NULL: it never greets.
	 */
	unsigned (*greets)(struct tw_bytes greeting);
	/*
	 * Does the peer's answer to this service's first words look like this service,
	 * whether or not it will do TLS? NULL: any turn but TW_BAD does.
	 */
	bool (*answers)(struct tw_bytes answer);
	/*
	 * Software's name and version from the banner note (or a greeting); views into
	 * it or of static text, the version's p NULL where unknown; false: it does not say.
	 */
	bool (*software)(struct tw_bytes greeting, struct tw_bytes *ret_name,
	    struct tw_bytes *ret_version);
	/* Name of the service of the same tongue that a banner shows it to be; NULL: itself. */
	const char *(*really)(struct tw_bytes banner);
	struct tw_side client;	/* audit asks a server for TLS */
	/*
	 * audit takes the first step of a login in the clear, before any password and with no
	 * one's name, and goes back on it: plain_auth, no_plain_auth tell. No step: untried.
	 */
	struct tw_side trial;
	/*
	 * serve answers a client before TLS, in front of a backend: it offers TLS and
	 * refuses everything that wants it, in the protocol's words. TW_TLS: send d->out,
	 * give tw_dialog_rest() and all that follows to TLS. TW_CLOSE, TW_BAD: send, close.
	 */
	struct tw_side server;
	/*
	 * serve swallows what the backend says first, for the client was greeted already
	 * and will say its hello again inside TLS. TW_TLS: go on, its next bytes are the
	 * client's; TW_REFUSED, TW_BAD: it will not serve (the reply note says why). step
	 * NULL: it says nothing first, or what the client waits for after TLS. Not used with
	 * implicit TLS, but for backend_first.
	 */
	struct tw_side backend;
	/*
	 * The backend speaks before the client can be greeted (MySQL: its greeting holds
	 * the scramble): connect and follow .backend first, then open .server with
	 * tw_dialog_open_given(backend->kept). Where it refuses, kept is for the client.
	 */
	bool backend_first;
	const struct tw_watch_kind *watch;	/* inside TLS, until the login is done; or NULL */
	/*
	 * TDS 7: TLS records travel inside the protocol's own packets. seal() wraps
	 * bytes to send, putting them into out (a tw_buf); open() unwraps: returns how
	 * many of in's bytes were one whole packet (0: not yet, -1: never), *ret_v the
	 * TLS bytes in it. Both NULL for everything else.
	 */
	void (*seal)(struct tw_bytes in, struct tw_buf *out);
	ptrdiff_t (*unseal)(struct tw_bytes in, struct tw_bytes *ret_v);
};

extern const struct tw_service *const tw_services[];	/* NULL ends it */

const struct tw_service *tw_service_by_name(const char *name);	/* NULL: none */
/*
 * The service whose greeting this most surely is; where unsure, mail. NULL: none.
 * Where its dialog then ends with TW_FLAW_NOT_PROTOCOL, the next best is
 * tw_service_by_greeting_but() that one.
 */
const struct tw_service *tw_service_by_greeting(struct tw_bytes greeting);
const struct tw_service *tw_service_by_greeting_but(struct tw_bytes greeting,
    const struct tw_service *not_this);

#endif

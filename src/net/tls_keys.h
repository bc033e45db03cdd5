/*
 * tls_keys.h -- private keys in a process of their own that only signs. The key process
 * loads files and serves; a worker holds keys whose private half is "ask over there".
 * Requests carry a digest of a TLS handshake, never a message to decrypt.
 */
#ifndef TW_NET_TLS_KEYS_H
#define TW_NET_TLS_KEYS_H

#include <openssl/types.h>

#include "base/bytes.h"
#include "base/err.h"

#define TW_KEYRING_KEYS		256
#define TW_KEYRING_WORKERS	256

/* The key process. */
struct tw_keyring;
/* Reads PEM keys, in order, and tries each once; NULL: e says which file and why. */
struct tw_keyring *tw_keyring_load(const char *const *paths, size_t n, struct tw_err *e);
/* The same of texts that were read already; paths are their names. */
struct tw_keyring *tw_keyring_read(const char *const *paths, const struct tw_bytes *pems,
    size_t n, struct tw_err *e);
void tw_keyring_free(struct tw_keyring *r);	/* takes NULL */
/*
 * Signs until control ends; the caller has dropped its privileges, and is in its sandbox
 * (TW_SANDBOX_KEYS) and hidden (tw_privilege_hide) before. Each worker's end of a SOCK_SEQPACKET pair comes over
 * control by tw_fd_send(). 0: control was closed; -1: e.
 */
int tw_keyring_serve(struct tw_keyring *r, int control, struct tw_err *e);

/* A worker's side of it. Not shared between threads. */
struct tw_keys;
/* Takes over fd, the other end of the pair; -1: none yet. NULL: e (fd stays the caller's). */
struct tw_keys *tw_keys_new(int fd, struct tw_err *e);
/* The handshakes and contexts with its keys must be gone. Takes NULL. */
void tw_keys_free(struct tw_keys *k);
/*
 * The key of the nth file as the key process has it: the public half is real. For
 * tw_tls_certificate.remote; the caller frees it. Waits for the answer, so it is asked
 * before the loop starts, or at a reload. NULL: e.
 */
EVP_PKEY *tw_keys_get(struct tw_keys *k, size_t n, struct tw_err *e);
void tw_keys_drop(EVP_PKEY *key);	/* takes NULL */
/*
 * Signatures asked for in a handshake that can wait (TW_TLS_WAIT) are gathered: flush
 * once in a turn of the loop sends them all. false: some could not go yet, so flush again when
 * the descriptor can be written to.
 */
bool tw_keys_flush(struct tw_keys *k);
/*
 * When the descriptor is readable: takes the answers, and calls each connection's
 * tw_tls_settings.ready. false: the key process is gone; what waits goes on waiting for
 * tw_keys_reattach() (or its own time limit).
 */
bool tw_keys_read(struct tw_keys *k);
int tw_keys_descriptor(const struct tw_keys *k);	/* -1: gone */
/* A replacement's socket is taken over, and everything that still waits is asked again. */
void tw_keys_reattach(struct tw_keys *k, int fd);
void tw_keys_fail(struct tw_keys *k);	/* what waits fails, and is told so by ready */
size_t tw_keys_waiting(const struct tw_keys *k);

#endif

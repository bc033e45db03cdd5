/*
 * crypto_certificate.h -- keys and certificates as the gateway meets them in files: whether
 * a key belongs to a certificate, and a throwaway pair for `serve --try`.
 */
#ifndef TW_BASE_CRYPTO_CERTIFICATE_H
#define TW_BASE_CRYPTO_CERTIFICATE_H

#include "base/buf.h"

/*
 * The SHA-256 of the SubjectPublicKeyInfo that belongs to a private key, as
 * tw_cert.spki_sha256. False: no private key can be read of the PEM text (a key under a
 * passphrase is none).
 */
bool tw_crypto_key_spki(struct tw_bytes pem, uint8_t ret_sha256[static 32]);

/*
 * An ECDSA P-256 key and a certificate of its own for "localhost", 127.0.0.1 and ::1, good
 * for a day, both as PEM. Ends the program where libcrypto cannot.
 */
void tw_crypto_throwaway(struct tw_buf *certificate, struct tw_buf *key);

#endif

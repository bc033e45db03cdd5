/* shelf.h -- the shelf inside cert/, where a certificate is libcrypto's; the rest is in cert.h. */
#ifndef TW_CERT_SHELF_H
#define TW_CERT_SHELF_H

#include "cert/asn1.h"
#include "cert/cert.h"

struct tw_shelf *tw_shelf_new(void);
void tw_shelf_free(struct tw_shelf *s);		/* takes NULL */
/* As tw_asn1_read(): NULL, or the caller's to X509_free(). Whoever has it only reads it. */
X509 *tw_shelf_x509(struct tw_shelf *s, struct tw_bytes der);

#endif

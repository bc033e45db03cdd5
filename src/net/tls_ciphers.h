/* tls_ciphers.h -- cipher strings as the TLS library loaded here understands them. */
#ifndef TW_NET_TLS_CIPHERS_H
#define TW_NET_TLS_CIPHERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * The suites of a cipher string up to TLS 1.2, in its order, at level 0 of security whatever
 * the string says: at most max codes; how many. None where the library knows no word of it.
 */
size_t tw_tls_ciphers(const char *string, uint16_t *ret, size_t max);

#endif

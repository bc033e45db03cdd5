/* gnutls.h -- GnuTLS takes no suites but their parts: a priority string from lists of codes. */
#ifndef TW_DATA_GNUTLS_H
#define TW_DATA_GNUTLS_H

#include "base/buf.h"
#include "data/version.h"

/* Puts "NONE:+VERS-TLS1.3:…" that allows these and nothing else; what GnuTLS has no word for
 * is left out. */
void tw_gnutls_put_priority(const bool versions[TW_VERSIONS], struct tw_u16s suites,
    struct tw_u16s groups, struct tw_u16s schemes, struct tw_buf *out);

#endif

/*
 * spelling.h -- how other programs spell suites, groups, schemes and versions: the names of
 * the tables here in the syntax of OpenSSL, GnuTLS, Go, Schannel … For config's templates.
 */
#ifndef TW_DATA_SPELLING_H
#define TW_DATA_SPELLING_H

#include "base/buf.h"
#include "data/version.h"

enum tw_spelt { TW_SPELT_SUITE, TW_SPELT_GROUP, TW_SPELT_SCHEME, TW_SPELT_VERSION };

/*
 * Puts the name of a code (of a version: enum tw_version) in a style ("" is OpenSSL's).
 * False, and nothing put, where the style has no word for it.
 */
bool tw_spelling_put(enum tw_spelt what, unsigned code, struct tw_bytes style,
    struct tw_buf *out);
/* Whether there is such a style for such things. */
bool tw_spelling_is_style(enum tw_spelt what, struct tw_bytes style);

#endif

/* crypto_must.h -- what base/crypto*.c do when libcrypto fails where only lack of
 * memory can make it fail: end the program, as the arena does. */
#ifndef TW_BASE_CRYPTO_MUST_H
#define TW_BASE_CRYPTO_MUST_H

#include <stdbool.h>

_Noreturn void tw_crypto_fail(void);

static inline void
tw_crypto_must(bool ok)
{
	if (!ok)
		tw_crypto_fail();
}

#endif

/*
 * paste.h -- the client command to paste, per service: serve --try prints it. The
 * certificate is a throwaway one, so none of them verifies it.
 */
#ifndef TW_SERVICE_PASTE_H
#define TW_SERVICE_PASTE_H

#include <stdbool.h>

/*
 * The command for a service as ports.def or a tw_service names it, "%h" host and "%p"
 * port; where nothing better is known, openssl s_client. Never NULL.
 */
const char *tw_paste_for(const char *service, bool implicit);

#endif

/* The libraries of this build, one row each: the only file that asks all of them who they are. */
#include "net/libraries.h"

#include <stdio.h>

#include <ares.h>
#include <confuse.h>
#include <idn2.h>
#include <jansson.h>
#ifdef TW_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif
#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#ifdef TW_SECCOMP
#include <seccomp.h>
#endif
#include <uv.h>

#define TEXT(x)		#x
#define DOTTED(a, b, c)	TEXT(a) "." TEXT(b) "." TEXT(c)

static const char *
ask_openssl(void)
{
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static const char *
ask_ares(void)
{
	return ares_version(NULL);
}

static const char *
ask_idn2(void)
{
	return idn2_check_version(NULL);
}

static const char *
ask_confuse(void)
{
	return confuse_version;
}

#ifdef TW_SECCOMP
static const char *
ask_seccomp(void)
{
	static char text[32];
	const struct scmp_version *v = seccomp_version();

	snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->micro);
	return text;
}
#endif

#ifdef TW_NGHTTP2
static const char *
ask_nghttp2(void)
{
	return nghttp2_version(0)->version_str;
}
#endif

const struct tw_library tw_libraries[] = {
	{ "OpenSSL", OPENSSL_VERSION_STR, ask_openssl },
	{ "libuv", DOTTED(UV_VERSION_MAJOR, UV_VERSION_MINOR, UV_VERSION_PATCH),
	    uv_version_string },
	{ "c-ares", ARES_VERSION_STR, ask_ares },
	{ "libconfuse", TW_LIBCONFUSE, ask_confuse },
	{ "jansson", JANSSON_VERSION, jansson_version_str },
#ifdef TW_SECCOMP
	{ "libseccomp", DOTTED(SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO), ask_seccomp },
#endif
#ifdef TW_NGHTTP2
	{ "libnghttp2", NGHTTP2_VERSION, ask_nghttp2 },
#endif
	{ "libidn2", IDN2_VERSION, ask_idn2 },
	{ NULL, NULL, NULL },
};

/*
 * scheme.c -- the signature schemes of IANA, and the hash and signature pairs of TLS 1.2
 * (RFC 5246 7.4.1.4.1) the registry calls reserved, which old servers still pick.
 * In TLS 1.2 the ECDSA schemes name only the hash: any curve may stand behind them.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/bytes.h"
#include "data/scheme.h"

const struct tw_scheme tw_schemes[] = {
	{ 0x0101, "rsa_pkcs1_md5", "RSA", "MD5", false },
	{ 0x0102, "dsa_md5", "DSA", "MD5", false },
	{ 0x0103, "ecdsa_md5", "ECDSA", "MD5", false },
	{ 0x0201, "rsa_pkcs1_sha1", "RSA", "SHA1", false },
	{ 0x0202, "dsa_sha1", "DSA", "SHA1", false },
	{ 0x0203, "ecdsa_sha1", "ECDSA", "SHA1", false },
	{ 0x0301, "rsa_pkcs1_sha224", "RSA", "SHA224", false },
	{ 0x0302, "dsa_sha224", "DSA", "SHA224", false },
	{ 0x0303, "ecdsa_sha224", "ECDSA", "SHA224", false },
	{ 0x0401, "rsa_pkcs1_sha256", "RSA", "SHA256", false },
	{ 0x0402, "dsa_sha256", "DSA", "SHA256", false },
	{ 0x0403, "ecdsa_secp256r1_sha256", "ECDSA", "SHA256", true },
	{ 0x0420, "rsa_pkcs1_sha256_legacy", "RSA", "SHA256", false },
	{ 0x0501, "rsa_pkcs1_sha384", "RSA", "SHA384", false },
	{ 0x0502, "dsa_sha384", "DSA", "SHA384", false },
	{ 0x0503, "ecdsa_secp384r1_sha384", "ECDSA", "SHA384", true },
	{ 0x0520, "rsa_pkcs1_sha384_legacy", "RSA", "SHA384", false },
	{ 0x0601, "rsa_pkcs1_sha512", "RSA", "SHA512", false },
	{ 0x0602, "dsa_sha512", "DSA", "SHA512", false },
	{ 0x0603, "ecdsa_secp521r1_sha512", "ECDSA", "SHA512", true },
	{ 0x0620, "rsa_pkcs1_sha512_legacy", "RSA", "SHA512", false },
	{ 0x0704, "eccsi_sha256", "ECCSI", "SHA256", true },
	{ 0x0705, "iso_ibs1", "IBS", "none", true },
	{ 0x0706, "iso_ibs2", "IBS", "none", true },
	{ 0x0707, "iso_chinese_ibs", "IBS", "none", true },
	{ 0x0708, "sm2sig_sm3", "SM2", "SM3", true },
	{ 0x0709, "gostr34102012_256a", "GOST", "STREEBOG256", true },
	{ 0x070A, "gostr34102012_256b", "GOST", "STREEBOG256", true },
	{ 0x070B, "gostr34102012_256c", "GOST", "STREEBOG256", true },
	{ 0x070C, "gostr34102012_256d", "GOST", "STREEBOG256", true },
	{ 0x070D, "gostr34102012_512a", "GOST", "STREEBOG512", true },
	{ 0x070E, "gostr34102012_512b", "GOST", "STREEBOG512", true },
	{ 0x070F, "gostr34102012_512c", "GOST", "STREEBOG512", true },
	{ 0x0804, "rsa_pss_rsae_sha256", "RSA", "SHA256", true },
	{ 0x0805, "rsa_pss_rsae_sha384", "RSA", "SHA384", true },
	{ 0x0806, "rsa_pss_rsae_sha512", "RSA", "SHA512", true },
	{ 0x0807, "ed25519", "EdDSA", "none", true },
	{ 0x0808, "ed448", "EdDSA", "none", true },
	{ 0x0809, "rsa_pss_pss_sha256", "RSA-PSS", "SHA256", true },
	{ 0x080A, "rsa_pss_pss_sha384", "RSA-PSS", "SHA384", true },
	{ 0x080B, "rsa_pss_pss_sha512", "RSA-PSS", "SHA512", true },
	{ 0x081A, "ecdsa_brainpoolP256r1tls13_sha256", "ECDSA", "SHA256", true },
	{ 0x081B, "ecdsa_brainpoolP384r1tls13_sha384", "ECDSA", "SHA384", true },
	{ 0x081C, "ecdsa_brainpoolP512r1tls13_sha512", "ECDSA", "SHA512", true },
	{ 0x0840, "gostr34102012_256", "GOST", "STREEBOG256", false },
	{ 0x0841, "gostr34102012_512", "GOST", "STREEBOG512", false },
	{ 0x0904, "mldsa44", "ML-DSA", "none", true },
	{ 0x0905, "mldsa65", "ML-DSA", "none", true },
	{ 0x0906, "mldsa87", "ML-DSA", "none", true },
};
const size_t tw_schemes_n = TW_COUNT(tw_schemes);

static int
compare(const void *key, const void *row)
{
	return *(const uint16_t *)key - ((const struct tw_scheme *)row)->code;
}

const struct tw_scheme *
tw_scheme_by_code(uint16_t code)
{
	return bsearch(&code, tw_schemes, tw_schemes_n, sizeof(tw_schemes[0]), compare);
}

const struct tw_scheme *
tw_scheme_by_name(const char *name)
{
	for (size_t i = 0; i < tw_schemes_n; i++)
		if (strcasecmp(tw_schemes[i].name, name) == 0)
			return &tw_schemes[i];
	return NULL;
}

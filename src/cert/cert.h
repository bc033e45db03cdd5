/*
 * cert.h -- facts of certificates: what a chain says, whom it fits, whether it
 * is trusted, at a given moment. Parsing and path building are libcrypto's;
 * what counts as a fact is decided here. No clock: the moment is an argument.
 */
#ifndef TW_CERT_CERT_H
#define TW_CERT_CERT_H

#include "base/arena.h"
#include "base/err.h"

enum tw_name_kind { TW_NAME_DNS, TW_NAME_IP, TW_NAME_EMAIL, TW_NAME_URI, TW_NAME_OTHER };

struct tw_name {
	enum tw_name_kind kind;
	struct tw_bytes value;	/* DNS as in the certificate; IP as text ("2001:db8::1") */
};

struct tw_link {		/* one certificate of a chain, leaf apart */
	struct tw_bytes subject, issuer;	/* "CN=…, O=…" (RFC 2253 order reversed as openssl -nameopt oneline shows), UTF-8 as it is */
	uint8_t sha256[32];
	int64_t not_after;
	struct tw_bytes der;
};

struct tw_cert {
	bool parsed;		/* false: libcrypto could not read it; only der and sha256 are set */
	struct tw_bytes subject, issuer, common_name;
	struct tw_bytes serial;	/* upper-case hex */
	uint8_t sha256[32], spki_sha256[32];
	int64_t not_before, not_after;
	const char *key_type;	/* "RSA" "RSA-PSS" "ECDSA" "Ed25519" "Ed448" "DSA" "ML-DSA-44"… */
	unsigned key_bits;
	const char *curve;	/* "P-256"… or NULL */
	bool rsa_exponent_one;	/* public exponent 1 */
	bool roca;		/* the RSA modulus has the ROCA fingerprint (CVE-2017-15361) */
	const char *signature;	/* "sha256WithRSAEncryption", "ecdsa-with-SHA384" */
	const char *signature_hash;	/* "SHA256" "SHA1" "MD5" "MD2" "none" (EdDSA, ML-DSA) "unknown" */
	TW_LIST(struct tw_name) names;	/* subjectAltName */
	bool wildcard;		/* a DNS name begins with "*." */
	bool self_signed;	/* issuer is subject and its own key signed it */
	bool is_ca;		/* basicConstraints CA */
	bool must_staple;	/* TLS feature status_request (RFC 7633) */
	bool server_usage;	/* no EKU, or serverAuth or anyExtendedKeyUsage in it */
	bool precertificate;
	unsigned scts;		/* SCTs embedded (RFC 6962) */
	bool ocsp_uri, crl_uri;
	struct tw_bytes der;
};

/* Reads one DER certificate into arena memory. Never fails: see parsed. */
void tw_cert_read(struct tw_arena *a, struct tw_bytes der, struct tw_cert *ret);
/* The first certificate of a PEM text; false: there is none. */
bool tw_cert_read_pem(struct tw_arena *a, struct tw_bytes pem, struct tw_cert *ret);
void tw_cert_read_link(struct tw_arena *a, struct tw_bytes der, struct tw_link *ret);

/*
 * Does c fit host (a name, UTF-8 IDN allowed, or an IP address in text)? By SAN
 * alone (RFC 6125, RFC 9525): wildcards stand for one whole left-most label,
 * never for an IP or a top-level label alone; a value with a NUL in it never fits.
 */
bool tw_cert_fits(const struct tw_cert *c, const char *host);
/* True when host is an IPv4 or IPv6 address in text ("192.0.2.1", "2001:db8::1"). */
bool tw_cert_host_is_ip(const char *host);

/*
 * A shelf of certificates read lately, of which there is room for so many: the same
 * certificate is read once for its facts, its trust and the endpoints that share it.
 * It says what tw_cert_read() and tw_cert_read_link() say; s NULL: they are asked.
 */
struct tw_shelf;
void tw_shelf_read(struct tw_shelf *s, struct tw_arena *a, struct tw_bytes der,
    struct tw_cert *ret);
void tw_shelf_read_link(struct tw_shelf *s, struct tw_arena *a, struct tw_bytes der,
    struct tw_link *ret);

/*
 * The roots a chain is judged by. Opening it is net/'s business (trust_open.h).
 * It keeps what it judged last, so it belongs to one thread.
 */
struct tw_trust;
struct tw_trust *tw_trust_new(void);	/* no roots in it */
void tw_trust_free(struct tw_trust *t);
struct tw_shelf *tw_trust_shelf(struct tw_trust *t);	/* what it reads; ends with t; t NULL: NULL */
/*
 * Roots added from now on are the operating system's (public_root) or, as at
 * first, somebody's own. A root that is both is the system's.
 */
void tw_trust_adds_system_roots(struct tw_trust *t, bool yes);
bool tw_trust_is_empty(const struct tw_trust *t);	/* nothing was added yet */
/* Where this libcrypto expects the system's roots: a hash directory and a PEM file. */
const char *tw_trust_default_directory(void);
const char *tw_trust_default_file(void);
/* Adds a DER root; -1 when it cannot be read. */
int tw_trust_add(struct tw_trust *t, struct tw_bytes der, struct tw_err *err);
/* Adds every certificate of a PEM text; -1 when there is none or one cannot be read. */
int tw_trust_add_pem(struct tw_trust *t, struct tw_bytes pem, const char *what, struct tw_err *err);
/* The same for a large one: a certificate is read when a chain asks for it, a broken one passed over. */
int tw_trust_add_bundle(struct tw_trust *t, struct tw_bytes pem, const char *what,
    struct tw_err *err);
/*
 * A place where roots are looked up on demand: find() is asked once for each
 * subject hash (as `openssl x509 -hash` prints it) a chain may end in, and adds
 * what it has by tw_trust_add_pem(). end() frees arg, with t or when t is full.
 */
void tw_trust_add_source(struct tw_trust *t,
    void (*find)(void *arg, struct tw_trust *t, uint32_t subject_hash), void (*end)(void *arg),
    void *arg);

enum tw_chain_issue {	/* bits */
	TW_CHAIN_INCOMPLETE = 1 << 0,	/* an intermediate is missing from what was sent */
	TW_CHAIN_ORDER = 1 << 1,	/* all there, in the wrong order (RFC 5246 7.4.2) */
	TW_CHAIN_EXTRA = 1 << 2,	/* certificates that no path from the leaf uses */
	TW_CHAIN_ROOT_SENT = 1 << 3,
	TW_CHAIN_INTERMEDIATE_EXPIRED = 1 << 4,	/* on the path that was found, or the only path */
	TW_CHAIN_LARGE = 1 << 5,	/* over TW_CHAIN_LARGE_BYTES as sent */
	TW_CHAIN_EXPIRED_OFF_PATH = 1 << 6,	/* an expired one was sent that the path does not need */
};
#define TW_CHAIN_LARGE_BYTES 10240

enum tw_trust_verdict {
	TW_TRUSTED, TW_UNTRUSTED_ROOT, TW_SELF_SIGNED, TW_CHAIN_BROKEN, TW_CHAIN_OUT_OF_DATE,
	TW_LEAF_OUT_OF_DATE,	/* only the leaf's own dates are wrong: a finding of its own */
	TW_NAME_CONSTRAINT, TW_BAD_SIGNATURE, TW_WRONG_PURPOSE, TW_TRUST_OTHER,
};

struct tw_trust_result {
	enum tw_trust_verdict verdict;	/* dates of the leaf are judged apart: see leaf dates above */
	const char *reason;		/* one sentence in arena memory, NULL when trusted */
	unsigned issues;		/* enum tw_chain_issue bits */
	bool public_root;		/* the path ends in a root of the system store, not of --ca */
	bool weak_signature;		/* SHA-1 or MD5 signs something on the path below the root */
	const char *weak_hash;		/* "SHA1" "MD5", or NULL */
};

/*
 * Judges the chain as sent (leaf first) at the moment `at` (seconds since 1970)
 * against t. Verification is bounded in depth and count.
 */
void tw_trust_judge(struct tw_trust *t, struct tw_arena *a, const struct tw_bytes *chain,
    size_t chain_n, int64_t at, struct tw_trust_result *ret);

/* The longest validity in days the CA/Browser Forum allows a leaf issued at not_before; 0: no limit then. */
unsigned tw_cert_validity_limit_days(int64_t not_before);
/*
 * An OCSP response: its status word ("good" "revoked" "unknown"; or why the responder
 * refused: "try-later" "unauthorized" …) and next update (0: none); false: unreadable.
 * The signature is not looked at: that is tw_cert_staple_is_authentic().
 */
bool tw_cert_read_staple(struct tw_bytes der, const char **ret_status, int64_t *ret_next_update);
/* Is it about leaf, current at at, signed by issuer or a responder of issuer's? */
bool tw_cert_staple_is_authentic(struct tw_bytes der, struct tw_bytes leaf,
    struct tw_bytes issuer, int64_t at);
/* SCTs in a SignedCertificateTimestampList (RFC 6962 3.3); 0 when malformed. */
unsigned tw_cert_count_scts(struct tw_bytes list);

#endif

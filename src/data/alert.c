/* alert.c -- the alerts of all TLS versions. Read by wire's readers, reports and explain. */
#include <stdlib.h>
#include <strings.h>

#include "base/bytes.h"
#include "data/alert.h"

const struct tw_alert_row tw_alerts[] = {
	{ 0, "close_notify", "The peer has nothing more to send: the orderly end of a session." },
	{ 10, "unexpected_message", "A message came out of turn, or was not TLS at all: a wrong "
	    "port, a broken implementation, or bytes injected before the handshake." },
	{ 20, "bad_record_mac", "A record did not decrypt: the keys differ, or somebody or "
	    "something changed the bytes on the way." },
	{ 21, "decryption_failed", "TLS 1.0's answer to bad padding; telling it apart from "
	    "bad_record_mac makes a padding oracle, so nothing modern sends it." },
	{ 22, "record_overflow", "A record is longer than allowed: usually a peer that speaks "
	    "something else than TLS on this port." },
	{ 30, "decompression_failure", "A compressed record could not be unpacked; compression "
	    "is gone since CRIME." },
	{ 40, "handshake_failure", "No common ground: no shared suite, group or signature "
	    "scheme, or a certificate type the server does not have." },
	{ 41, "no_certificate", "SSL 3.0: the client has no certificate to show." },
	{ 42, "bad_certificate", "The certificate could not be read or its signature is wrong." },
	{ 43, "unsupported_certificate", "The certificate is of a type or key the peer cannot "
	    "use, or its usage does not allow this." },
	{ 44, "certificate_revoked", "The issuer has revoked the certificate." },
	{ 45, "certificate_expired", "The certificate is out of date, or the peer's clock is "
	    "wrong." },
	{ 46, "certificate_unknown", "The certificate was refused for another reason: often a "
	    "name that does not match, or a client that does not trust the issuer." },
	{ 47, "illegal_parameter", "A field holds a value that may not stand there, or does "
	    "not fit another one." },
	{ 48, "unknown_ca", "The chain does not end at an authority the peer trusts: an "
	    "intermediate is missing, or the certificate is private or self-signed." },
	{ 49, "access_denied", "The certificate is good, and yet the peer may not come in." },
	{ 50, "decode_error", "A message could not be parsed: a wrong length, or a peer that "
	    "does not speak TLS." },
	{ 51, "decrypt_error", "A signature or a Finished message did not verify: the private "
	    "key does not fit the certificate, or the handshake was changed on the way." },
	{ 52, "too_many_cids_requested", "DTLS 1.3: more connection ids were asked for than "
	    "the peer gives." },
	{ 60, "export_restriction", "A relic of export rules: the key was longer than was "
	    "allowed." },
	{ 70, "protocol_version", "The peer does not speak any version offered: usually an "
	    "old client at a server that wants TLS 1.2, or the other way round." },
	{ 71, "insufficient_security", "There was common ground, but too weak for the peer's "
	    "policy." },
	{ 80, "internal_error", "Something failed inside the peer: out of memory, a key that "
	    "could not be read, a broken configuration. Its log says more." },
	{ 86, "inappropriate_fallback", "The client came back with an older version although "
	    "the server speaks a newer one: TLS_FALLBACK_SCSV did its work (RFC 7507)." },
	{ 90, "user_canceled", "The handshake was given up on purpose." },
	{ 100, "no_renegotiation", "The peer does not want a new handshake inside the session." },
	{ 109, "missing_extension", "TLS 1.3: an extension that must be there is not." },
	{ 110, "unsupported_extension", "An extension came back that nobody had offered." },
	{ 111, "certificate_unobtainable", "A certificate named by URL could not be fetched." },
	{ 112, "unrecognized_name", "The server has nothing for the name the client sent in "
	    "SNI: a wrong name, or a virtual host that is not configured here." },
	{ 113, "bad_certificate_status_response", "The stapled OCSP response was refused." },
	{ 114, "bad_certificate_hash_value", "A certificate fetched by URL does not match its "
	    "hash." },
	{ 115, "unknown_psk_identity", "The server does not know this pre-shared key or its "
	    "name." },
	{ 116, "certificate_required", "TLS 1.3: the server wants a client certificate and got "
	    "none." },
	{ 117, "general_error", "An error no other alert describes." },
	{ 120, "no_application_protocol", "ALPN: server and client share no protocol inside "
	    "TLS; a strict server says so instead of talking the wrong one." },
	{ 121, "ech_required", "Encrypted Client Hello was needed and did not work (RFC 9849)." },
};
const size_t tw_alerts_n = TW_COUNT(tw_alerts);

static int
compare(const void *key, const void *row)
{
	return *(const uint8_t *)key - ((const struct tw_alert_row *)row)->code;
}

const struct tw_alert_row *
tw_alert_by_code(uint8_t code)
{
	return bsearch(&code, tw_alerts, tw_alerts_n, sizeof(tw_alerts[0]), compare);
}

const struct tw_alert_row *
tw_alert_by_name(const char *name)
{
	for (size_t i = 0; i < tw_alerts_n; i++)
		if (strcasecmp(tw_alerts[i].name, name) == 0)
			return &tw_alerts[i];
	return NULL;
}

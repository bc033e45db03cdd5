/* alert.c -- the alerts of all TLS versions. Read by wire's readers, reports and explain. */
#include <stdlib.h>
#include <strings.h>

#include "base/bytes.h"
#include "data/alert.h"

const struct tw_alert_row tw_alerts[] = {
	{ 0, "close_notify", "The peer has nothing more to send: the orderly end of a session.",
	    "- nothing is wrong; where it comes before any data, the peer had "
	    "nothing to say: `explain handshake`\n" },
	{ 10, "unexpected_message", "A message came out of turn, or was not TLS at all: a wrong "
	    "port, a broken implementation, or bytes injected before the handshake.",
	    "- the port speaks something else, or wants STARTTLS first: `explain "
	    "starttls`\n"
	    "- a proxy answers in plain HTTP: `tlswright diagnose`\n"
	    "- words were injected before the handshake: `explain "
	    "starttls-injection`\n" },
	{ 20, "bad_record_mac", "A record did not decrypt: the keys differ, or somebody or "
	    "something changed the bytes on the way.",
	    "- the two ends hold different keys: a broken load balancer, tickets "
	    "of another server: `explain resumption`\n"
	    "- a middlebox changed bytes on the way\n"
	    "- old RC4 or CBC code: `explain padding-oracle`\n" },
	{ 21, "decryption_failed", "TLS 1.0's answer to bad padding; telling it apart from "
	    "bad_record_mac makes a padding oracle, so nothing modern sends it.",
	    "- software of the days of TLS 1.0: `explain tls10-offered`, `explain "
	    "padding-oracle`\n" },
	{ 22, "record_overflow", "A record is longer than allowed: usually a peer that speaks "
	    "something else than TLS on this port.",
	    "- the peer speaks no TLS on this port: `explain which-port`\n"
	    "- a broken TLS stack or middlebox\n" },
	{ 30, "decompression_failure", "A compressed record could not be unpacked; compression "
	    "is gone since CRIME.",
	    "- compression is still on somewhere: `explain crime`\n" },
	{ 40, "handshake_failure", "No common ground: no shared suite, group or signature "
	    "scheme, or a certificate type the server does not have.",
	    "- no shared suite: the server has old ones alone, or the client "
	    "does: `explain cipher-suite`\n"
	    "- no shared group (a server with one curve): `explain groups`\n"
	    "- the server has only an ECDSA certificate and the client knows RSA "
	    "alone, or the other way round\n"
	    "- TLS 1.2 and earlier: a client certificate is wanted: `explain "
	    "mtls`\n"
	    "- the server wants a name (SNI) and says so badly: `explain sni`\n" },
	{ 41, "no_certificate", "SSL 3.0: the client has no certificate to show.",
	    "- an SSL 3.0 client without a certificate: `explain ssl3-offered`\n" },
	{ 42, "bad_certificate", "The certificate could not be read or its signature is wrong.",
	    "- the file is damaged, or in another format than thought\n"
	    "- a chain in the wrong order: `explain chain-order`\n"
	    "- a signature no longer accepted: `explain sha1-signature`, `explain "
	    "md5-signature`\n" },
	{ 43, "unsupported_certificate", "The certificate is of a type or key the peer cannot "
	    "use, or its usage does not allow this.",
	    "- a key too short: `explain weak-key`\n"
	    "- the certificate is for clients, not servers, or the other way "
	    "round: `explain no-server-usage`\n" },
	{ 44, "certificate_revoked", "The issuer has revoked the certificate.",
	    "- it was revoked, for its key was lost or it was replaced: `explain "
	    "certificate-revoked`\n" },
	{ 45, "certificate_expired", "The certificate is out of date, or the peer's clock is "
	    "wrong.",
	    "- it has expired, and renewal failed or the service was not "
	    "reloaded: `explain certificate-expired`\n"
	    "- the clock of one side is wrong: `explain "
	    "certificate-not-yet-valid`\n" },
	{ 46, "certificate_unknown", "The certificate was refused for another reason: often a "
	    "name that does not match, or a client that does not trust the issuer.",
	    "- the name does not stand in it: `explain name-mismatch`\n"
	    "- the client has pinned another certificate\n"
	    "- the issuer is unknown to the client: `explain "
	    "certificate-untrusted`\n" },
	{ 47, "illegal_parameter", "A field holds a value that may not stand there, or does "
	    "not fit another one.",
	    "- a middlebox or an old stack that does not know what a newer one "
	    "sends: `explain version-intolerance`, `explain "
	    "long-hello-intolerance`\n"
	    "- a key share of a group that was not offered: `explain groups`\n" },
	{ 48, "unknown_ca", "The chain does not end at an authority the peer trusts: an "
	    "intermediate is missing, or the certificate is private or self-signed.",
	    "- the intermediate is missing from the server's file: `explain "
	    "chain-incomplete`\n"
	    "- a private authority the client was not given: `explain "
	    "self-signed-ca`\n"
	    "- a client certificate of the wrong authority: `explain mtls`\n" },
	{ 49, "access_denied", "The certificate is good, and yet the peer may not come in.",
	    "- the client certificate's subject is not on the server's list: "
	    "`explain mtls`\n" },
	{ 50, "decode_error", "A message could not be parsed: a wrong length, or a peer that "
	    "does not speak TLS.",
	    "- the peer reads only the first segment of a long hello: `explain "
	    "long-hello-intolerance`\n"
	    "- the peer speaks no TLS here: `explain which-port`\n" },
	{ 51, "decrypt_error", "A signature or a Finished message did not verify: the private "
	    "key does not fit the certificate, or the handshake was changed on the way.",
	    "- certificate and private key do not belong together\n"
	    "- a client certificate whose signature scheme the server lacks: "
	    "`explain mtls`\n"
	    "- two sides disagree on a pre-shared key\n" },
	{ 52, "too_many_cids_requested", "DTLS 1.3: more connection ids were asked for than "
	    "the peer gives.",
	    "- a peer with a defect: nobody meets this otherwise\n" },
	{ 60, "export_restriction", "A relic of export rules: the key was longer than was "
	    "allowed.",
	    "- software of the nineties: `explain export-suite`\n" },
	{ 70, "protocol_version", "The peer does not speak any version offered: usually an "
	    "old client at a server that wants TLS 1.2, or the other way round.",
	    "- the client is older than the server's least version: `explain "
	    "tls-1.2-1.3`\n"
	    "- the server is older than the client's least version: `explain "
	    "tls10-offered`\n"
	    "- a middlebox that knows no TLS 1.3: `explain version-intolerance`\n" },
	{ 71, "insufficient_security", "There was common ground, but too weak for the peer's "
	    "policy.",
	    "- the client offers weak suites or groups alone: `explain weak-dh`, "
	    "`explain weak-group`\n"
	    "- OpenSSL's security level refuses a short key: `explain weak-key`\n" },
	{ 80, "internal_error", "Something failed inside the peer: out of memory, a key that "
	    "could not be read, a broken configuration. Its log says more.",
	    "- the server cannot read its own key or certificate; look into its "
	    "log\n"
	    "- a mail or database server whose process lost the right to open the "
	    "key file after a renewal\n" },
	{ 86, "inappropriate_fallback", "The client came back with an older version although "
	    "the server speaks a newer one: TLS_FALLBACK_SCSV did its work (RFC 7507).",
	    "- the client tried again with less because the first try was lost on "
	    "the way: `explain no-fallback-scsv`\n"
	    "- somebody pushes the version down: `explain poodle-ssl`\n" },
	{ 90, "user_canceled", "The handshake was given up on purpose.",
	    "- somebody closed the window, or a program gave up before the end\n" },
	{ 100, "no_renegotiation", "The peer does not want a new handshake inside the session.",
	    "- the client asked for a new handshake inside the session; good "
	    "servers refuse: `explain client-renegotiation`\n" },
	{ 109, "missing_extension", "TLS 1.3: an extension that must be there is not.",
	    "- TLS 1.3: no groups, no signature schemes or no key share in the "
	    "hello; a broken stack or middlebox\n"
	    "- a server that wants a name (SNI): `explain sni-required`\n" },
	{ 110, "unsupported_extension", "An extension came back that nobody had offered.",
	    "- a server that answers what was not asked: a broken stack\n"
	    "- a middlebox that changes hellos\n" },
	{ 111, "certificate_unobtainable", "A certificate named by URL could not be fetched.",
	    "- certificates by URL, which nobody uses\n" },
	{ 112, "unrecognized_name", "The server has nothing for the name the client sent in "
	    "SNI: a wrong name, or a virtual host that is not configured here.",
	    "- a wrong name, or none, was asked for: `explain sni`\n"
	    "- the virtual host is not configured on this server\n"
	    "- the gateway or CDN does not serve that name: `explain sni-strict`\n" },
	{ 113, "bad_certificate_status_response", "The stapled OCSP response was refused.",
	    "- the stapled response is too old, or of another certificate: "
	    "`explain ocsp`\n"
	    "- the server's staple file is not renewed: `explain staple-missing`\n" },
	{ 114, "bad_certificate_hash_value", "A certificate fetched by URL does not match its "
	    "hash.",
	    "- certificates by URL, which nobody uses\n" },
	{ 115, "unknown_psk_identity", "The server does not know this pre-shared key or its "
	    "name.",
	    "- the pre-shared key's name is mistyped, or known to one side only\n" },
	{ 116, "certificate_required", "TLS 1.3: the server wants a client certificate and got "
	    "none.",
	    "- the server wants a client certificate and none was configured: "
	    "`explain mtls`, `explain client-certificate-required`\n" },
	{ 117, "general_error", "An error no other alert describes.",
	    "- look into the peer's log: the alert itself says nothing\n" },
	{ 120, "no_application_protocol", "ALPN: server and client share no protocol inside "
	    "TLS; a strict server says so instead of talking the wrong one.",
	    "- the client speaks another protocol than the port: `explain alpn`\n"
	    "- PostgreSQL direct TLS without ALPN `postgresql`, SQL Server strict "
	    "without `tds/8.0`: `explain alpn`\n"
	    "- HTTP/2 alone on one side, HTTP/1.1 alone on the other\n" },
	{ 121, "ech_required", "Encrypted Client Hello was needed and did not work (RFC 9849).",
	    "- the client's ECH keys are stale: the HTTPS record in DNS was not "
	    "renewed: `explain ech`\n" },
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

/* describe.c -- rows of the tables of data/ in words, on stdout. Called by explain. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "verb/describe.h"
#include "verb/page.h"

static const char *const status_words[] = {
	[TW_BROKEN] = "broken: practical attacks exist, nothing should speak it",
	[TW_DEPRECATED] = "deprecated: retired, and outside every current baseline",
	[TW_CURRENT] = "current",
};

void
tw_describe_version(const struct tw_version_row *v)
{
	static const char *const stories[TW_VERSIONS] = {
		[TW_SSL2] = "Netscape's first public version: MD5 alone, one key for everything, "
			    "no protection of the handshake. A server that still speaks it endangers "
			    "every other server with the same RSA key (`tlswright explain drown`).",
		[TW_SSL3] = "The redesign all later versions grow from. Its CBC padding is not "
			    "covered by the MAC, which POODLE uses (`tlswright explain poodle-ssl`).",
		[TW_TLS10] = "SSL 3.0 standardised, with HMAC. CBC vectors are predictable (BEAST), "
			     "and handshakes rest on MD5 and SHA-1.",
		[TW_TLS11] = "TLS 1.0 with explicit vectors for CBC; still MD5 and SHA-1, no AEAD. "
			     "Hardly any client ever needed it as its best version.",
		[TW_TLS12] = "Brought AEAD suites, SHA-256 and signature negotiation. Sound when "
			     "limited to ECDHE with AES-GCM or ChaCha20-Poly1305.",
		[TW_TLS13] = "Everything weak removed: forward secrecy and AEAD always, one round trip, "
			     "certificates encrypted; the only version with post-quantum key exchange.",
	};
	char text[64];

	tw_page_title(stdout, v->title);
	snprintf(text, sizeof(text), "%d", v->year);
	tw_page_field(stdout, "year", text);
	snprintf(text, sizeof(text), "0x%04X", v->wire);
	tw_page_field(stdout, "on the wire", text);
	tw_page_field(stdout, "status", status_words[v->status]);
	tw_page_field(stdout, "defined in", v->spec);
	tw_page_field(stdout, "retired by", v->retired);
	putchar('\n');
	tw_page_text(stdout, stories[v - tw_versions]);
}

/* Where a column of a suite holds this value, this is to be said. */
struct trait {
	const char *value, *means;
};

static const struct trait exchanges[] = {
	{ "any", "- TLS 1.3: the key exchange is negotiated apart from the suite, and always "
		     "ephemeral." },
	{ "ECDHE", "- Fresh elliptic-curve keys for every session: forward secrecy." },
	{ "DHE", "- Fresh Diffie-Hellman keys for every session: forward secrecy; as strong as the "
		     "server's prime (`tlswright explain weak-dh`)." },
	{ "RSA", "- The client encrypts the session key with the server's RSA key: no forward "
		     "secrecy (`tlswright explain static-rsa-suite`)." },
	{ "ECDH", "- A fixed curve key from the certificate: no forward secrecy." },
	{ "DH", "- A fixed Diffie-Hellman key from the certificate: no forward secrecy." },
	{ "PSK", "- A key both sides share beforehand: no forward secrecy." },
	{ "DHE-PSK", "- A shared key and fresh Diffie-Hellman: forward secrecy." },
	{ "ECDHE-PSK", "- A shared key and a fresh curve key: forward secrecy." },
	{ "RSA-PSK", "- A shared key and RSA: no forward secrecy." },
	{ "SRP", "- A password both sides know, proved without sending it (RFC 5054)." },
	{ "KRB5", "- Kerberos tickets (RFC 2712); hardly ever seen." },
	{ "GOST", "- Russian national algorithms." },
	{ "CECPQ1", "- Google's post-quantum experiment of 2016; over since then." },
};

static const struct trait ciphers[] = {
	{ "NULL", "- No encryption: everything is readable (`tlswright explain null-suite`)." },
	{ "RC4", "- RC4 is biased and forbidden by RFC 7465 (`tlswright explain rc4-suite`)." },
	{ "RC2", "- RC2 is obsolete (`tlswright explain rc2-suite`)." },
	{ "DES", "- Single DES falls to brute force (`tlswright explain des-suite`)." },
	{ "3DES", "- 64-bit blocks: SWEET32 (`tlswright explain 3des-suite`)." },
	{ "IDEA", "- 64-bit blocks: SWEET32, and obsolete (RFC 5469)." },
};

static const struct trait modes[] = {
	{ "GCM", "- Authenticated encryption, fast with hardware AES." },
	{ "POLY1305", "- Authenticated encryption, fast without hardware AES: phones." },
	{ "CCM", "- Authenticated encryption for small devices; sound, seldom used." },
	{ "CCM_8", "- An authentication tag of 8 bytes: for tiny devices only (`tlswright explain "
		       "ccm8-suite`)." },
	{ "CBC", "- CBC with the MAC inside: prone to padding oracles (`tlswright explain "
		     "cbc-sha1-suite`)." },
};

static void
say(const struct trait *t, size_t n, const char *value)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].value, value) == 0)
			tw_page_text(stdout, t[i].means);
}

void
tw_describe_suite(const struct tw_suite *s)
{
	char text[160];

	tw_page_title(stdout, s->name);
	snprintf(text, sizeof(text), s->ssl2 ? "0x%06X (SSL 2.0)" : "0x%04X", (unsigned)s->code);
	tw_page_field(stdout, "code", text);
	tw_page_field(stdout, "OpenSSL", s->openssl);
	if (s->signalling) {
		putchar('\n');
		tw_page_text(stdout, "Not a suite: a signal a client puts into its list. A server "
				     "never chooses it.");
		return;
	}
	tw_page_field(stdout, "key exchange", s->key_exchange);
	tw_page_field(stdout, "authentication", s->authentication);
	if (s->bits > 0)
		snprintf(text, sizeof(text), "%s %s, strength %u bits", s->cipher, s->mode, s->bits);
	else
		snprintf(text, sizeof(text), "none");
	tw_page_field(stdout, "encryption", text);
	tw_page_field(stdout, "integrity", s->mac);
	tw_page_field(stdout, "forward secrecy", s->forward_secrecy ? "yes" : "no");
	putchar('\n');
	say(exchanges, TW_COUNT(exchanges), s->key_exchange);
	if (strcmp(s->authentication, "anon") == 0)
		tw_page_text(stdout, "- Nobody proves who he is (`tlswright explain "
				     "anonymous-suite`).");
	if (s->export)
		tw_page_text(stdout, "- Weakened for export rules of the 1990s (`tlswright explain "
				     "export-suite`).");
	say(ciphers, TW_COUNT(ciphers), s->cipher);
	say(modes, TW_COUNT(modes), s->mode);
}

void
tw_describe_group(const struct tw_group *g)
{
	char text[64];

	tw_page_title(stdout, g->name);
	tw_page_field(stdout, "also known as", g->other);
	snprintf(text, sizeof(text), "0x%04X", g->code);
	tw_page_field(stdout, "code", text);
	if (g->bits > 0) {
		snprintf(text, sizeof(text), "%u bits", g->bits);
		tw_page_field(stdout, "size", text);
	}
	tw_page_field(stdout, "TLS 1.3", g->tls13 ? "yes" : "no: TLS 1.2 and older only");
	tw_page_field(stdout, "post-quantum", g->post_quantum ? "yes" : "no");
	putchar('\n');
	if (g->post_quantum && (strstr(g->name, "25519") != NULL || g->bits < 512))
		tw_page_text(stdout, "A hybrid: a classical curve and a lattice (ML-KEM) together. An "
				     "attacker has to break both (`tlswright explain post-quantum`).");
	else if (g->post_quantum)
		tw_page_text(stdout, "ML-KEM alone, without a classical curve beside it "
				     "(`tlswright explain post-quantum`).");
	else if (g->ffdhe)
		tw_page_text(stdout, "A finite-field group of RFC 7919: sound from 2048 bits, slower "
				     "than a curve of the same strength.");
	else if (g->bits < 224 && g->bits > 0)
		tw_page_text(stdout, "Too small: below 224 bits (`tlswright explain weak-group`).");
	else
		tw_page_text(stdout, "An elliptic curve (or a way to name one) for the key exchange.");
}

void
tw_describe_scheme(const struct tw_scheme *s)
{
	char text[64];

	tw_page_title(stdout, s->name);
	snprintf(text, sizeof(text), "0x%04X", s->code);
	tw_page_field(stdout, "code", text);
	tw_page_field(stdout, "key", s->key);
	tw_page_field(stdout, "hash", s->hash);
	tw_page_field(stdout, "TLS 1.3", s->tls13 ? "may sign the handshake" : "no");
	putchar('\n');
	if (strcmp(s->hash, "MD5") == 0 || strcmp(s->hash, "SHA1") == 0)
		tw_page_text(stdout, "The hash is broken (`tlswright explain "
				     "sha1-handshake-signature`).");
	else
		tw_page_text(stdout, "With this the server signs the handshake, to prove that it holds "
				     "the key of its certificate. The client lists what it takes.");
}

void
tw_describe_alert(const struct tw_alert_row *a)
{
	char text[64];

	snprintf(text, sizeof(text), "Alert %u, %s", a->code, a->name);
	tw_page_title(stdout, text);
	tw_page_text(stdout, a->means);
	fputs("\n", stdout);
	tw_page_text(stdout, "## Usual causes");
	tw_page_text(stdout, a->causes);
}

void
tw_describe_port(const struct tw_port *p)
{
	char text[64];

	if (p->port == 0)
		snprintf(text, sizeof(text), "any");
	else
		snprintf(text, sizeof(text), "%u/%s", p->port, p->transport);
	tw_page_title(stdout, p->title);
	tw_page_field(stdout, "port", text);
	tw_page_field(stdout, "scheme", p->scheme);
	tw_page_field(stdout, "also written", p->aliases);
	tw_page_field(stdout, "service", p->service);
	tw_page_field(stdout, "mode", tw_mode_names[p->mode]);
	tw_page_field(stdout, "negotiation", p->negotiation);
	tw_page_field(stdout, "ALPN", p->alpn);
	tw_page_field(stdout, "use", p->use);
	tw_page_field(stdout, "history", p->history);
	tw_page_field(stdout, "instead", p->instead);
}

/* Its steps, with what diagnose would fill in as people write such words: HOST. */
void
tw_describe_cause(const struct tw_cause_row *c)
{
	char text[1024];
	const char *p = c->next;
	bool word = false;

	tw_page_title(stdout, c->title);
	tw_page_field(stdout, "cause", c->id);
	putchar('\n');
	tw_page_text(stdout, "## What to do");
	while (*p != '\0') {
		size_t n = 0;

		text[n++] = '-';
		text[n++] = ' ';
		for (; *p != '\0' && *p != '|' && n < sizeof(text) - 1; p++) {
			if (*p == '{' || *p == '}')
				word = *p == '{';
			else
				text[n++] = word ? (char)toupper((unsigned char)*p) : *p;
		}
		text[n] = '\0';
		tw_page_text(stdout, text);
		p += *p == '|';
	}
	if (c->topic != NULL)
		printf("\nSee also: tlswright explain %s\n", c->topic);
}

void
tw_describe_finding(const struct tw_finding_row *f)
{
	char text[64];

	tw_page_title(stdout, f->title);
	tw_page_field(stdout, "finding", f->id);
	snprintf(text, sizeof(text), "%s by default; circumstances may change it",
	    tw_severity_names[f->severity]);
	tw_page_field(stdout, "severity", text);
	tw_page_field(stdout, "references", f->references);
}

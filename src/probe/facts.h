/*
 * facts.h -- what was seen of one endpoint: the struct behind the JSON of
 * `audit --json`. Probes write it, judge/ and report/ read it; nothing in it
 * says whether it is good. All of it lives in one arena.
 */
#ifndef TW_PROBE_FACTS_H
#define TW_PROBE_FACTS_H

#include "base/arena.h"
#include "cert/cert.h"
#include "data/port.h"
#include "data/version.h"

enum tw_check { TW_NOT_TESTED, TW_YES, TW_NO, TW_COULD_NOT_TEST, TW_NOT_APPLICABLE };
extern const char *const tw_check_names[];	/* "not-tested" "yes" "no" … */

enum tw_tcp { TW_TCP_NONE, TW_TCP_OPEN, TW_TCP_CLOSED, TW_TCP_FILTERED, TW_TCP_UNREACHABLE,
	TW_TCP_UNRESOLVED, TW_TCP_LOCAL_ERROR };
extern const char *const tw_tcp_names[];	/* NULL "open" "closed" … */

enum tw_reach_tls { TW_REACH_NONE, TW_REACH_TLS, TW_REACH_PLAINTEXT, TW_REACH_REFUSED,
	TW_REACH_NOT_OFFERED, TW_REACH_STRIPPED, TW_REACH_SILENT, TW_REACH_CLOSED,
	TW_REACH_GARBAGE, TW_REACH_ALERT };
extern const char *const tw_reach_tls_names[];	/* NULL "tls" "plaintext" … */

enum tw_preference { TW_PREF_UNKNOWN, TW_PREF_SERVER, TW_PREF_CLIENT, TW_PREF_SERVER_CHACHA,
	TW_PREF_SINGLE };
extern const char *const tw_preference_names[];	/* NULL "server" "client" "server-chacha" "single" */

/* A list the server chose from, in its order where it has one. */
struct tw_chosen {
	enum tw_preference preference;
	TW_LIST(uint32_t) codes;
};

struct tw_dh {
	unsigned bits;
	const char *prime;		/* its name, "unknown" when none */
	enum tw_check reused;		/* the same public value in two handshakes */
};

enum tw_sni_kind { TW_SNI_GIVEN, TW_SNI_NONE, TW_SNI_UNKNOWN };
extern const char *const tw_sni_kind_names[];	/* "given" "none" "unknown-name" */

struct tw_served {			/* how a certificate was met */
	enum tw_sni_kind sni;
	enum tw_version protocol;
	const char *authentication;	/* "RSA" "ECDSA" "EdDSA" … */
};

struct tw_certificate {			/* one distinct leaf */
	TW_LIST(struct tw_served) served;
	struct tw_cert cert;
	TW_LIST(struct tw_link) chain;	/* as sent, without the leaf */
	struct tw_bytes staple;		/* OCSP response as sent, p NULL: none */
	enum tw_check staple_present;	/* NOT_TESTED where it was not asked for */
	const char *staple_status;
	int64_t staple_next_update;	/* 0: none */
	unsigned scts;			/* in the certificate, the extension or the staple */
	/* Judged for the moment --at, by cert/: facts of the world, not of the policy. */
	enum tw_check matches_host, trusted, revoked;
	struct tw_trust_result trust;
	const char *trust_error;
};

enum tw_feature { TW_FEAT_SESSION_TICKETS, TW_FEAT_RESUMPTION, TW_FEAT_SECURE_RENEGOTIATION,
	TW_FEAT_CLIENT_RENEGOTIATION, TW_FEAT_EXTENDED_MASTER_SECRET,
	TW_FEAT_ENCRYPT_THEN_MAC, TW_FEAT_COMPRESSION, TW_FEAT_EARLY_DATA,
	TW_FEAT_FALLBACK_SCSV, TW_FEAT_HEARTBEAT, TW_FEAT_CLIENT_CERTIFICATE,
	TW_FEAT_GREASE_TOLERANT, TW_FEAT_STRICT_ALPN, TW_FEAT_STRICT_SNI,
	TW_FEAT_VERSION_TOLERANT, TW_FEAT_LONG_HELLO_TOLERANT, TW_FEAT_SNI_REQUIRED,
	TW_FEATURES };
extern const char *const tw_feature_names[TW_FEATURES];	/* "session_tickets" … as in JSON */

enum tw_attack { TW_ATTACK_HEARTBLEED, TW_ATTACK_CCS_INJECTION, TW_ATTACK_TICKETBLEED,
	TW_ATTACK_ROBOT, TW_ATTACK_DROWN, TW_ATTACK_POODLE_SSL, TW_ATTACK_POODLE_TLS,
	TW_ATTACK_FREAK, TW_ATTACK_LOGJAM, TW_ATTACK_SWEET32, TW_ATTACK_BEAST,
	TW_ATTACK_CRIME, TW_ATTACK_RC4, TW_ATTACK_LUCKY13, TW_ATTACK_STARTTLS_INJECTION,
	TW_ATTACK_OPOSSUM, TW_ATTACK_ALPACA, TW_ATTACKS };
extern const char *const tw_attack_names[TW_ATTACKS];	/* "heartbleed" … as in JSON */

struct tw_untested {
	const char *path;		/* "suites.TLSv1.2", "protocols.SSLv2" */
	enum tw_check state;
	const char *reason;
};

/* The course of the first look, step by step, in ms; 0: that step was not reached. */
struct tw_course {
	double greeting_ms;		/* until the server's first words */
	double dialogue_ms;		/* of the talk before TLS, greeting included */
	double hello_ms;		/* from ClientHello to the end of the answer */
	double shake_ms;		/* of a whole handshake by the library */
	double words_ms;		/* until the first words inside TLS */
	bool shaken;			/* the library's handshake was finished */
	int alert;			/* fatal one that ended its session; -1: none */
	struct tw_bytes words;		/* first words inside TLS, at most TW_COURSE_WORDS */
};
#define TW_COURSE_WORDS 2048

/* What became of a hello of today's clients, in three sizes (probe/today.c). */
enum tw_today { TW_TODAY_LARGE, TW_TODAY_SMALL, TW_TODAY_TINY, TW_TODAYS };
enum tw_fate { TW_FATE_NONE, TW_FATE_ANSWERED, TW_FATE_ALERT, TW_FATE_CLOSED, TW_FATE_SILENT,
	TW_FATE_GARBAGE };
extern const char *const tw_fate_names[];	/* NULL "answered" "alert" "closed" … */
struct tw_hello_fate {
	enum tw_fate fate;
	uint8_t alert;			/* TW_FATE_ALERT: its code */
	uint16_t version;		/* TW_FATE_ANSWERED: what was chosen; 0: a retry */
	uint32_t suite;
	double ms;
};

struct tw_facts {
	struct tw_arena *arena;		/* owns everything below */
	const char *target, *host;	/* as asked; host NULL only for a broken target */
	const char *address;		/* the one examined, NULL: none answered */
	TW_LIST(const char *) addresses;
	int port;			/* 0: none (a host of which no port answers): JSON null */
	const char *sni;		/* NULL: none sent */
	const char *service;		/* "imap", NULL: unknown */
	enum tw_mode mode;
	TW_LIST(enum tw_mode) modes;
	struct tw_bytes software, software_version, banner;	/* p NULL: not known */
	bool has_dialogue;		/* false: implicit, JSON null */
	enum tw_check starttls_offered, plaintext_auth_refused;
	TW_LIST(struct tw_bytes) capabilities;
	struct tw_bytes reply;
	bool plaintext_auth_tried;	/* by the first step of a login, not by what is listed */
	bool response_injected;		/* bytes between the go-ahead and the handshake */
	enum tw_tcp tcp;
	enum tw_reach_tls tls;
	double reach_ms;
	const char *detail;		/* one plain sentence, NULL: nothing to add */
	bool preauth;			/* IMAP PREAUTH before TLS */
	int64_t started;		/* seconds since 1970 */
	int64_t elapsed_ms;
	unsigned connections;
	bool quick;			/* --quick: lists are what one hello showed */

	enum tw_check protocols[TW_VERSIONS];
	struct tw_chosen suites[TW_VERSIONS], groups[TW_VERSIONS];
	TW_LIST(uint16_t) schemes[TW_VERSIONS];
	TW_LIST(struct tw_dh) dh;
	TW_LIST(struct tw_certificate) certificates;
	TW_LIST(struct tw_bytes) alpn;
	enum tw_check features[TW_FEATURES];
	enum tw_check attacks[TW_ATTACKS];	/* filled by tw_facts_infer() and attack probes */
	TW_LIST(struct tw_untested) untested;
	const char *error;		/* could not be audited: why; else NULL */
	struct tw_course course;
	bool throttled;			/* it asked us to come back later, or does not want this host */
	struct tw_hello_fate today[TW_TODAYS];
};

struct tw_facts *tw_facts_new(const char *target);	/* with an arena of its own */
void tw_facts_free(struct tw_facts *f);			/* takes NULL */
/* Notes that path could not be (or was not) tested, once per path. */
void tw_facts_untested(struct tw_facts *f, const char *path, enum tw_check state,
    const char *reason);
/* Adds code to list unless it is there; true when it was new. */
bool tw_facts_choose(struct tw_facts *f, struct tw_chosen *list, uint32_t code);

#endif

/*
 * rows.c -- the directives `config --check` judges, a row each: whose, what its value is, what
 * finding a bad one makes, and what the server does where it is not set. Sources: nginx's
 * CHANGES (1.23.4: TLS 1.3 by default; 1.27.3: 1.0 and 1.1 no longer), mod_ssl's manual,
 * Postfix's postconf(5) and `postconf -d` (3.10), Dovecot's settings (ssl_min_protocol: TLSv1
 * before 2.3.15) and `doveconf -d` (2.4.1); HAProxy 3.0 and 2.0 as tried.
 */
#include "conf/row.h"

#define F(id)	TW_FINDING_##id

/* Dovecot's own list, the same since 2.3. */
#define DOVECOT_CIPHERS	"ALL:!kRSA:!SRP:!kDHd:!DSS:!aNULL:!eNULL:!EXPORT:!DES:!3DES:!MD5:" \
	"!PSK:!RC4:!ADH:!LOW@STRENGTH"
/* Postfix before 3.8, and since. */
#define POSTFIX_OLD	"aNULL:-aNULL:HIGH"
#define POSTFIX_NOT	":!SEED:!IDEA:!3DES:!RC2:!RC4:!RC5:!kDH:!kECDH:!aDSS:!MD5"

const struct tw_conf_row tw_rows[] = {
	{ TW_NGINX, "ssl_protocols", TW_CONF_VERSIONS, .own = {
	    { "1.27.3", "TLSv1.2 TLSv1.3" }, { "1.23.4", "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3" },
	    { "", "TLSv1 TLSv1.1 TLSv1.2" } } },
	{ TW_NGINX, "ssl_conf_command+Protocol", TW_CONF_SIGNED },
	{ TW_NGINX, "ssl_conf_command+MinProtocol", TW_CONF_LEAST },
	{ TW_NGINX, "ssl_conf_command+MaxProtocol", TW_CONF_MOST },
	{ TW_NGINX, "ssl_ciphers ssl_conf_command+CipherString", TW_CONF_CIPHERS,
	    .own = { { "", "HIGH:!aNULL:!MD5" } } },
	{ TW_NGINX, "ssl_conf_command+Ciphersuites", TW_CONF_SUITES13 },
	{ TW_NGINX, "ssl_ecdh_curve ssl_conf_command+Groups ssl_conf_command+Curves", TW_CONF_GROUPS,
	    .own = { { "", "openssl" } } },
	{ TW_NGINX, "ssl_early_data", TW_CONF_SWITCH, "on", F(EARLY_DATA), TW_CONF_ANY,
	    .mend = "ssl_early_data off;" },
	{ TW_NGINX, "starttls", TW_CONF_SWITCH, "off", F(STARTTLS_NOT_OFFERED),
	    TW_CONF_MAIL_PLAIN, .own = { { "", "off" } }, .mend = "starttls only;" },
	{ TW_NGINX, "starttls", TW_CONF_SWITCH, "on", F(PLAINTEXT_AUTH_ACCEPTED),
	    TW_CONF_MAIL_PLAIN, .mend = "starttls only;" },
	{ TW_NGINX, "add_header+Strict-Transport-Security", TW_CONF_HSTS, .need = TW_CONF_HTTP },
	{ TW_NGINX, "server_name", TW_CONF_FACT },
	{ TW_NGINX, "ssl", TW_CONF_FACT },

	{ TW_APACHE, "SSLProtocol", TW_CONF_SIGNED, .own = { { "2.4.17", "all -SSLv3" },
	    { "", "all" } } },
	{ TW_APACHE, "SSLOpenSSLConfCmd+Protocol", TW_CONF_SIGNED },
	{ TW_APACHE, "SSLOpenSSLConfCmd+MinProtocol", TW_CONF_LEAST },
	{ TW_APACHE, "SSLOpenSSLConfCmd+MaxProtocol", TW_CONF_MOST },
	{ TW_APACHE, "SSLCipherSuite SSLOpenSSLConfCmd+CipherString", TW_CONF_CIPHERS,
	    .own = { { "", "openssl" } } },
	{ TW_APACHE, "SSLCipherSuite+TLSv1.3", TW_CONF_SUITES13 },
	{ TW_APACHE, "SSLOpenSSLConfCmd+Groups SSLOpenSSLConfCmd+Curves", TW_CONF_GROUPS,
	    .own = { { "", "openssl" } } },
	{ TW_APACHE, "SSLCompression", TW_CONF_SWITCH, "on", F(CRIME), TW_CONF_ANY,
	    .own = { { "2.4.3", "off" }, { "", "on" } }, .mend = "SSLCompression off" },
	{ TW_APACHE, "SSLInsecureRenegotiation", TW_CONF_SWITCH, "on",
	    F(INSECURE_RENEGOTIATION), TW_CONF_ANY, .mend = "SSLInsecureRenegotiation off" },
	{ TW_APACHE, "SSLEngine", TW_CONF_SWITCH, "optional", F(OPOSSUM), TW_CONF_ALWAYS,
	    .mend = "SSLEngine on" },
	{ TW_APACHE, "Header", TW_CONF_HSTS, .need = TW_CONF_HTTP },
	{ TW_APACHE, "ServerName", TW_CONF_FACT },

	{ TW_POSTFIX, "smtpd_tls_security_level", TW_CONF_SWITCH, "none \"\"",
	    F(STARTTLS_NOT_OFFERED), TW_CONF_ALWAYS, .own = { { "", "" } },
	    .mend = "smtpd_tls_security_level = may", .unless = "smtpd_use_tls smtpd_enforce_tls "
	    "smtpd_tls_wrappermode", .between = true },
	{ TW_POSTFIX, "smtpd_tls_auth_only", TW_CONF_SWITCH, "no", F(PLAINTEXT_AUTH_ACCEPTED),
	    TW_CONF_PASSWORDS, .own = { { "", "no" } }, .mend = "smtpd_tls_auth_only = yes" },
	{ TW_POSTFIX, "smtpd_tls_protocols", TW_CONF_EXCEPT, .own = { { "3.6", ">=TLSv1" },
	    { "", "!SSLv2, !SSLv3" } }, .between = true },
	{ TW_POSTFIX, "smtpd_tls_mandatory_protocols", TW_CONF_EXCEPT, .own = {
	    { "3.6", ">=TLSv1" }, { "", "!SSLv2, !SSLv3" } } },
	{ TW_POSTFIX, "smtpd_tls_ciphers", TW_CONF_GRADE, "smtpd_tls_exclude_ciphers",
	    .own = { { "", "medium" } }, .mend = "smtpd_tls_ciphers = high", .between = true },
	{ TW_POSTFIX, "smtpd_tls_mandatory_ciphers", TW_CONF_GRADE,
	    "smtpd_tls_exclude_ciphers smtpd_tls_mandatory_exclude_ciphers",
	    .own = { { "", "medium" } }, .mend = "smtpd_tls_mandatory_ciphers = high" },
	{ TW_POSTFIX, "tls_eecdh_auto_curves", TW_CONF_GROUPS, .own = { { "3.11", "openssl" },
	    { "", "X25519 X448 prime256v1 secp384r1 secp521r1" } } },
	{ TW_POSTFIX, "tls_high_cipherlist", TW_CONF_FACT, .own = {
	    { "3.8", POSTFIX_OLD POSTFIX_NOT ":@STRENGTH" }, { "", POSTFIX_OLD ":@STRENGTH" } } },
	{ TW_POSTFIX, "tls_medium_cipherlist", TW_CONF_FACT, .own = {
	    { "3.8", POSTFIX_OLD ":MEDIUM" POSTFIX_NOT ":+RC4:@STRENGTH" },
	    { "", POSTFIX_OLD ":MEDIUM:+RC4:@STRENGTH" } } },
	{ TW_POSTFIX, "tls_low_cipherlist", TW_CONF_FACT, .own = {
	    { "", POSTFIX_OLD ":MEDIUM:LOW:+RC4:@STRENGTH" } } },
	{ TW_POSTFIX, "tls_export_cipherlist", TW_CONF_FACT, .own = {
	    { "", POSTFIX_OLD ":MEDIUM:LOW:EXPORT:+RC4:@STRENGTH" } } },
	{ TW_POSTFIX, "tls_null_cipherlist", TW_CONF_FACT, .own = { { "", "eNULL:!aNULL" } } },
	{ TW_POSTFIX, "smtpd_tls_exclude_ciphers", TW_CONF_FACT },
	{ TW_POSTFIX, "smtpd_tls_mandatory_exclude_ciphers", TW_CONF_FACT },
	{ TW_POSTFIX, "smtpd_sasl_auth_enable", TW_CONF_FACT },
	{ TW_POSTFIX, "smtpd_use_tls", TW_CONF_FACT },
	{ TW_POSTFIX, "smtpd_enforce_tls", TW_CONF_FACT },
	{ TW_POSTFIX, "smtpd_tls_wrappermode", TW_CONF_FACT },

	{ TW_DOVECOT, "ssl", TW_CONF_SWITCH, "no", F(STARTTLS_NOT_OFFERED), TW_CONF_ALWAYS,
	    .own = { { "", "yes" } }, .mend = "ssl = required" },
	{ TW_DOVECOT, "auth_allow_cleartext", TW_CONF_SWITCH, "yes", F(PLAINTEXT_AUTH_ACCEPTED),
	    TW_CONF_NOT_REQUIRED, .mend = "auth_allow_cleartext = no" },
	{ TW_DOVECOT, "disable_plaintext_auth", TW_CONF_SWITCH, "no",
	    F(PLAINTEXT_AUTH_ACCEPTED), TW_CONF_NOT_REQUIRED,
	    .mend = "disable_plaintext_auth = yes" },
	{ TW_DOVECOT, "ssl_min_protocol", TW_CONF_LEAST, .own = { { "2.3.15", "TLSv1.2" },
	    { "", "TLSv1" } } },
	{ TW_DOVECOT, "ssl_protocols", TW_CONF_EXCEPT },
	{ TW_DOVECOT, "ssl_cipher_list", TW_CONF_CIPHERS, .own = { { "", DOVECOT_CIPHERS } } },
	{ TW_DOVECOT, "ssl_cipher_suites", TW_CONF_SUITES13 },
	{ TW_DOVECOT, "ssl_curve_list", TW_CONF_GROUPS, .own = { { "", "openssl" } } },
	{ TW_DOVECOT, "ssl_options", TW_CONF_SWITCH, "compression", F(CRIME), TW_CONF_ANY,
	    .mend = "ssl_options = no_compression" },

	{ TW_HAPROXY, "ssl-min-ver", TW_CONF_LEAST, .own = { { "2.2", "TLSv1.2" },
	    { "", "openssl" } } },
	{ TW_HAPROXY, "ssl-max-ver", TW_CONF_MOST },
	{ TW_HAPROXY, "no-sslv3", TW_CONF_WITHOUT, "SSLv3", .unless = "ssl-min-ver ssl-max-ver" },
	{ TW_HAPROXY, "no-tlsv10", TW_CONF_WITHOUT, "TLSv1.0", .unless = "ssl-min-ver ssl-max-ver" },
	{ TW_HAPROXY, "no-tlsv11", TW_CONF_WITHOUT, "TLSv1.1", .unless = "ssl-min-ver ssl-max-ver" },
	{ TW_HAPROXY, "no-tlsv12", TW_CONF_WITHOUT, "TLSv1.2", .unless = "ssl-min-ver ssl-max-ver" },
	{ TW_HAPROXY, "no-tlsv13", TW_CONF_WITHOUT, "TLSv1.3", .unless = "ssl-min-ver ssl-max-ver" },
	{ TW_HAPROXY, "force-sslv3", TW_CONF_ONLY, "SSLv3" },
	{ TW_HAPROXY, "force-tlsv10", TW_CONF_ONLY, "TLSv1.0" },
	{ TW_HAPROXY, "force-tlsv11", TW_CONF_ONLY, "TLSv1.1" },
	{ TW_HAPROXY, "force-tlsv12", TW_CONF_ONLY, "TLSv1.2" },
	{ TW_HAPROXY, "force-tlsv13", TW_CONF_ONLY, "TLSv1.3" },
	{ TW_HAPROXY, "ssl-default-bind-ciphers ciphers", TW_CONF_CIPHERS,
	    .own = { { "", "openssl" } } },
	{ TW_HAPROXY, "ssl-default-bind-ciphersuites ciphersuites", TW_CONF_SUITES13 },
	{ TW_HAPROXY, "ssl-default-bind-curves curves ecdhe", TW_CONF_GROUPS,
	    .own = { { "", "openssl" } } },
	{ TW_HAPROXY, "allow-0rtt", TW_CONF_SWITCH, "\"\"", F(EARLY_DATA), TW_CONF_ANY,
	    .mend = "(without allow-0rtt)" },
	{ TW_HAPROXY, "http-response http-after-response rspadd rsphdr", TW_CONF_HSTS,
	    .need = TW_CONF_HTTP },
	{ TW_HAPROXY, "mode", TW_CONF_FACT },
};
const size_t tw_rows_n = TW_COUNT(tw_rows);

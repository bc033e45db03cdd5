/*
 * What servers say, as recorded of real ones or written in their manuals, and
 * what each client makes of it: turn, flaw, words, notes; cut at every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "service/plain.h"
#include "service/service.h"

#define W(lit) { (const uint8_t *)(lit), sizeof(lit) - 1 }

enum plain { UNKNOWN, OFFERED, DENIED };

struct talk {
	const char *service;
	struct tw_bytes hears;		/* all that the server says */
	enum tw_turn turn;
	enum tw_dialog_flaw flaw;
	struct tw_bytes says;		/* all that we say */
	enum plain plain;		/* passwords in the clear */
	const char *capability;		/* one that is noted, or NULL */
	const char *reply;		/* how the reply note begins, or NULL */
	const char *software;		/* "Dovecot 2.3", or NULL: do not ask */
};

#define POSTFIX "220 mx.example.com ESMTP Postfix (Debian/GNU)\r\n"
#define POSTFIX_LIST "250-mx.example.com\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n" \
	"250-ETRN\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n" \
	"250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"
#define EHLO "EHLO audit.test\r\n"
#define LDAP_ASK "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"
#define SSL_REQUEST "\0\0\0\x08\x04\xd2\x16\x2f"
#define PRELOGIN "\x12\x01\0\x2f\0\0\0\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\x04" \
	"\x04\0\x26\0\x01\xff\x10\0\0\0\0\0\x01\0\0\0\0\0\0"
#define RDP_ASK "\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"
#define STREAM(ns, to) "<?xml version='1.0'?><stream:stream xmlns='" ns "' xmlns:stream=" \
	"'http://etherx.jabber.org/streams' version='1.0' " to "'server.test'>"
#define ASK_TLS "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
#define MYSQL_ASK "\x20\0\0\x01\x01\x8a\x08\0\0\0\0\x01\x2d\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct talk talks[] = {
	/* Mail transfer. */
	{ "smtp", W(POSTFIX POSTFIX_LIST "220 2.0.0 Ready to start TLS\r\n"), TW_TLS, TW_FLAW_NONE,
	    W(EHLO "STARTTLS\r\n"), OFFERED, "STARTTLS", "220 2.0.0 Ready", "Postfix " },
	{ "smtp", W("220 mail.example.org ESMTP Exim 4.96 Tue, 24 Nov 2026 22:00:00 +0000\r\n"
	    "250-mail.example.org Hello audit.test [192.0.2.1]\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n"
	    "250-PIPELINING\r\n250-PIPECONNECT\r\n250-CHUNKING\r\n250-STARTTLS\r\n250-PRDR\r\n250 HELP\r\n"
	    "220 TLS go ahead\r\n"), TW_TLS, TW_FLAW_NONE, W(EHLO "STARTTLS\r\n"), DENIED, "PRDR",
	    "220 TLS go ahead", "Exim 4.96" },
	{ "smtp", W(POSTFIX POSTFIX_LIST "220 go\r\n250 injected\r\n"), TW_BAD, TW_FLAW_INJECTED,
	    W(EHLO "STARTTLS\r\n"), OFFERED, NULL, NULL, NULL },
	{ "smtp", W(POSTFIX "250-mx.example.com\r\n250 8BITMIME\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(EHLO), DENIED, "8BITMIME", NULL, NULL },
	{ "smtp", W("220 ***************************************\r\n250-mx\r\n250-XXXXXXXA\r\n"
	    "250-AUTH=LOGIN PLAIN\r\n250 8BITMIME\r\n"), TW_NOT_OFFERED, TW_FLAW_STRIPPED, W(EHLO), OFFERED,
	    "XXXXXXXA", NULL, NULL },
	{ "smtp", W(POSTFIX POSTFIX_LIST "500 5.5.1 Command unrecognized: \"XXXXXXXX\"\r\n"), TW_REFUSED,
	    TW_FLAW_STRIPPED, W(EHLO "STARTTLS\r\n"), OFFERED, NULL, "500 5.5.1", NULL },
	{ "smtp", W(POSTFIX POSTFIX_LIST "454 4.7.0 TLS not available due to local problem\r\n"), TW_REFUSED,
	    TW_FLAW_NONE, W(EHLO "STARTTLS\r\n"), OFFERED, NULL, "454 4.7.0", NULL },
	{ "smtp", W("421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1\r\n"), TW_REFUSED,
	    TW_FLAW_THROTTLED, W(""), UNKNOWN, NULL, "421 4.7.0", NULL },
	{ "smtp", W(POSTFIX "421 4.7.0 try again later\r\n"), TW_REFUSED, TW_FLAW_THROTTLED, W(EHLO), UNKNOWN,
	    NULL, "421", NULL },
	{ "smtp", W("554-mx.example.com\r\n554 Your access to this mail system has been rejected\r\n"),
	    TW_REFUSED, TW_FLAW_HOST_REFUSED, W(""), UNKNOWN, NULL, "554-", NULL },
	{ "smtp", W("220 old\r\n500 Command unrecognized\r\n250 old\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(EHLO "HELO audit.test\r\n"), UNKNOWN, NULL, "250 old", NULL },
	{ "smtp", W("220 files\r\n530 Please login with USER and PASS.\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL,
	    W(EHLO), UNKNOWN, NULL, "530", NULL },
	{ "smtp", W("220 files\r\n500 EHLO?\r\n500 HELO?\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL,
	    W(EHLO "HELO audit.test\r\n"), UNKNOWN, NULL, "500", NULL },
	{ "smtp", W("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL, W(""), UNKNOWN,
	    NULL, NULL, "OpenSSH 9.2p1" },
	{ "smtp", W("\x15\x03\x01\0\x02\x02\x46"), TW_BAD, TW_FLAW_NOT_PROTOCOL, W(""), UNKNOWN, NULL, NULL, NULL },
	{ "smtp", W("220-mx.example.com ESMTP\r\n220 hello\r\n250 mx STARTTLS\r\n"), TW_NOT_OFFERED,
	    TW_FLAW_NONE, W(EHLO), DENIED, NULL, NULL, NULL },	/* the name is no extension */
	{ "lmtp", W("220 mx.example.com Dovecot LMTP ready\r\n250-mx.example.com\r\n250-STARTTLS\r\n"
	    "250 PIPELINING\r\n220 2.0.0 OK\r\n"), TW_TLS, TW_FLAW_NONE, W("LHLO audit.test\r\nSTARTTLS\r\n"),
	    DENIED, "STARTTLS", "220 2.0.0", "Dovecot " },
	{ "lmtp", W("220 mx ESMTP\r\n502 5.5.2 Error: command not recognized\r\n"), TW_BAD,
	    TW_FLAW_NOT_PROTOCOL, W("LHLO audit.test\r\n"), UNKNOWN, NULL, "502", NULL },
	/* Mailboxes. */
	{ "imap", W("* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS "
	    "LOGINDISABLED] Dovecot (Debian) ready.\r\na2 OK Begin TLS negotiation now.\r\n"), TW_TLS,
	    TW_FLAW_NONE, W("a2 STARTTLS\r\n"), DENIED, "LOGINDISABLED", "a2 OK", "Dovecot " },
	{ "imap", W("* OK IMAP4rev1 Service Ready\r\n* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n"
	    "a1 OK done\r\na2 OK go\r\n"), TW_TLS, TW_FLAW_NONE, W("a1 CAPABILITY\r\na2 STARTTLS\r\n"), OFFERED,
	    "AUTH=PLAIN", "a2 OK", NULL },
	{ "imap", W("* OK The Microsoft Exchange IMAP4 service is ready.\r\n* CAPABILITY IMAP4 IMAP4rev1 "
	    "LOGINDISABLED STARTTLS UIDPLUS\r\na1 OK CAPABILITY completed.\r\na2 OK Begin TLS\r\n* BAD x\r\n"),
	    TW_BAD, TW_FLAW_INJECTED, W("a1 CAPABILITY\r\na2 STARTTLS\r\n"), DENIED, NULL, NULL,
	    "Microsoft Exchange " },
	{ "imap", W("* OK [CAPABILITY IMAP4rev1 ID] hi\r\n* CAPABILITY IMAP4rev1 ID\r\na1 OK done\r\n"),
	    TW_NOT_OFFERED, TW_FLAW_NONE, W("a1 CAPABILITY\r\n"), OFFERED, "ID", NULL, NULL },
	{ "imap", W("* OK hi\r\n* CAPABILITY IMAP4rev1 XXXXXXXX\r\na1 OK done\r\n"), TW_NOT_OFFERED,
	    TW_FLAW_STRIPPED, W("a1 CAPABILITY\r\n"), OFFERED, NULL, NULL, NULL },
	{ "imap", W("* PREAUTH [CAPABILITY IMAP4rev1] Logged in as root\r\n"), TW_REFUSED, TW_FLAW_PREAUTH, W(""),
	    UNKNOWN, NULL, "* PREAUTH", NULL },
	{ "imap", W("* BYE Maximum number of connections from user+IP exceeded\r\n"), TW_REFUSED,
	    TW_FLAW_THROTTLED, W(""), UNKNOWN, NULL, "* BYE", NULL },
	{ "imap", W("* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\n* 1 EXISTS\r\na2 NO TLS is broken\r\n"),
	    TW_REFUSED, TW_FLAW_NONE, W("a2 STARTTLS\r\n"), OFFERED, NULL, "a2 NO", NULL },
	{ "imap", W("* OK [CAPABILITY IMAP4rev1 STARTTLS] x\r\na2 BAD unknown command\r\n"), TW_REFUSED,
	    TW_FLAW_STRIPPED, W("a2 STARTTLS\r\n"), OFFERED, NULL, "a2 BAD", NULL },
	{ "pop3", W("+OK Dovecot (Debian) ready.\r\n+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\n"
	    "AUTH-RESP-CODE\r\nSTLS\r\nSASL\r\n.\r\n+OK Begin TLS negotiation now.\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("CAPA\r\nSTLS\r\n"), DENIED, "STLS", "+OK Begin", "Dovecot " },
	{ "pop3", W("+OK ready <1.2@x>\r\n+OK\r\nUSER\r\nSTLS\r\n.\r\n+OK\r\n+OK forged\r\n"), TW_BAD,
	    TW_FLAW_INJECTED, W("CAPA\r\nSTLS\r\n"), OFFERED, NULL, NULL, NULL },
	{ "pop3", W("+OK old\r\n-ERR unknown command\r\n+OK go\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("CAPA\r\nSTLS\r\n"), UNKNOWN, NULL, "+OK go", NULL },
	{ "pop3", W("+OK old\r\n-ERR unknown command\r\n-ERR unknown command\r\n"), TW_NOT_OFFERED,
	    TW_FLAW_NONE, W("CAPA\r\nSTLS\r\n"), UNKNOWN, NULL, "-ERR", NULL },
	{ "pop3", W("+OK hi\r\n+OK list\r\nUSER\r\nSASL PLAIN\r\n.\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W("CAPA\r\n"), OFFERED, "SASL PLAIN", NULL, NULL },
	{ "pop3", W("+OK hi\r\n+OK list\r\nSTLS\r\n.\r\n-ERR no certificate\r\n"), TW_REFUSED, TW_FLAW_NONE,
	    W("CAPA\r\nSTLS\r\n"), DENIED, NULL, "-ERR", NULL },
	{ "sieve", W("\"IMPLEMENTATION\" \"Dovecot Pigeonhole\"\r\n\"SIEVE\" \"fileinto reject\"\r\n"
	    "\"NOTIFY\" \"mailto\"\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\n"
	    "OK \"Dovecot (Debian) ready.\"\r\nOK \"Begin TLS negotiation now.\"\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("STARTTLS\r\n"), DENIED, "SASL\nSTARTTLS\nVERSION 1.0", "OK \"Begin", "Dovecot " },
	{ "sieve", W("\"IMPLEMENTATION\" {5}\r\nOK x\n\r\n\"SASL\" \"PLAIN LOGIN\"\r\n\"STARTTLS\"\r\nOK\r\n"
	    "NO {3}\r\nOK\n\r\n"), TW_REFUSED, TW_FLAW_NONE, W("STARTTLS\r\n"), OFFERED, NULL, "NO", NULL },
	{ "sieve", W("\"SASL\" \"PLAIN\"\r\nOK\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE, W(""), OFFERED, NULL, NULL, NULL },
	{ "sieve", W("BYE \"Too many connections\"\r\n"), TW_REFUSED, TW_FLAW_THROTTLED, W(""), UNKNOWN, NULL,
	    "BYE", NULL },
	/* News. */
	{ "nntp", W("200 news.example.com InterNetNews NNRP server INN 2.7.1 ready (posting ok)\r\n"
	    "101 Capability list:\r\nVERSION 2\r\nIMPLEMENTATION INN 2.7.1\r\nAUTHINFO USER SASL\r\nLIST\r\n"
	    "STARTTLS\r\n.\r\n382 Begin TLS negotiation now\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("CAPABILITIES\r\nSTARTTLS\r\n"), OFFERED, "STARTTLS", "382", "INN 2.7.1" },
	{ "nntp", W("201 x\r\n500 what?\r\n580 no\r\n"), TW_REFUSED, TW_FLAW_NONE,
	    W("CAPABILITIES\r\nSTARTTLS\r\n"), UNKNOWN, NULL, "580", NULL },
	{ "nntp", W("201 x\r\n500 what?\r\n500 what?\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W("CAPABILITIES\r\nSTARTTLS\r\n"), UNKNOWN, NULL, "500", NULL },
	{ "nntp", W("400 load at 28.9, try again later\r\n"), TW_REFUSED, TW_FLAW_THROTTLED, W(""), UNKNOWN,
	    NULL, "400", NULL },
	{ "nntp", W("502 You have no permission to talk. Goodbye.\r\n"), TW_REFUSED, TW_FLAW_HOST_REFUSED, W(""),
	    UNKNOWN, NULL, "502", NULL },
	/* Files. */
	{ "ftp", W("220 ProFTPD 1.3.8 Server (Debian) [::ffff:192.0.2.1]\r\n211-Features:\r\n AUTH TLS\r\n"
	    " CCC\r\n PBSZ\r\n PROT\r\n SSCN\r\n UTF8\r\n211 End\r\n234 AUTH TLS successful\r\n"), TW_TLS,
	    TW_FLAW_NONE, W("FEAT\r\nAUTH TLS\r\n"), UNKNOWN, "AUTH TLS", "234", "ProFTPD 1.3.8" },
	{ "ftp", W("220-Welcome\r\n220-220 inside\r\n 220 x\r\n220 (vsFTPd 3.0.3)\r\n211-Features:\r\n"
	    " AUTH SSL\r\n AUTH TLS\r\n211 End\r\n234 Proceed with negotiation.\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("FEAT\r\nAUTH TLS\r\n"), UNKNOWN, NULL, "234", "vsftpd 3.0.3" },
	{ "ftp", W("220 (vsFTPd 3.0.3)\r\n530 Please login with USER and PASS.\r\n530 Please login with USER "
	    "and PASS.\r\n530 Please login with USER and PASS.\r\n"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W("FEAT\r\nAUTH TLS\r\nAUTH SSL\r\n"), UNKNOWN, NULL, "530", NULL },
	{ "ftp", W("220 x FTP\r\n500 FEAT?\r\n504 AUTH mechanism?\r\n234 go\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("FEAT\r\nAUTH TLS\r\nAUTH SSL\r\n"), UNKNOWN, NULL, "234", NULL },
	{ "ftp", W("220 Microsoft FTP Service\r\n211-Extended features supported:\r\n AUTH TLS;TLS-C;SSL;TLS-P;\r\n"
	    "211 END\r\n534 Local policy on server does not allow TLS secure connections.\r\n"), TW_REFUSED,
	    TW_FLAW_NONE, W("FEAT\r\nAUTH TLS\r\n"), UNKNOWN, NULL, "534", "Microsoft FTP Service " },
	{ "ftp", W("220 x FTP\r\n211-f\r\n AUTH TLS\r\n211 End\r\n431 Unable to negotiate\r\n"), TW_REFUSED,
	    TW_FLAW_NONE, W("FEAT\r\nAUTH TLS\r\n"), UNKNOWN, NULL, "431", NULL },
	{ "ftp", W("421 Too many users\r\n"), TW_REFUSED, TW_FLAW_THROTTLED, W(""), UNKNOWN, NULL, "421", NULL },
	{ "ftp", W("220 x FTP\r\n211 no features\r\n234 go\r\n220 injected\r\n"), TW_BAD, TW_FLAW_INJECTED,
	    W("FEAT\r\nAUTH TLS\r\n"), UNKNOWN, NULL, NULL, NULL },
	/* Directories: OpenLDAP's short lengths, Active Directory's long ones. */
	{ "ldap", W("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"), TW_TLS, TW_FLAW_NONE, W(LDAP_ASK),
	    UNKNOWN, NULL, "resultCode 0", NULL },
	{ "ldap", W("\x30\x84\0\0\0\x28\x02\x01\x01\x78\x84\0\0\0\x1f\x0a\x01\0\x04\0\x04\0\x8a\x16"
	    "1.3.6.1.4.1.1466.20037"), TW_TLS, TW_FLAW_NONE, W(LDAP_ASK), UNKNOWN, NULL, "resultCode 0", NULL },
	{ "ldap", W("\x30\x84\0\0\0\x1e\x02\x04\0\0\0\x01\x78\x84\0\0\0\x12\x0a\x01\x34\x04\0\x04\x0bno cert now"),
	    TW_REFUSED, TW_FLAW_NONE, W(LDAP_ASK), UNKNOWN, NULL, "resultCode 52: no cert now", NULL },
	{ "ldap", W("\x30\x26\x02\x01\x01\x78\x21\x0a\x01\x02\x04\0\x04\x1bunsupported extended opera"), TW_BAD,
	    TW_FLAW_MALFORMED, W(LDAP_ASK), UNKNOWN, NULL, NULL, NULL },	/* an inner length lies */
	{ "ldap", W("\x30\x0d\x02\x01\x01\x78\x08\x0a\x01\x02\x04\0\x04\x01x"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(LDAP_ASK), UNKNOWN, NULL, "resultCode 2: x", NULL },
	{ "ldap", W("\x30\x15\x02\x01\x01\x78\x10\x0a\x01\x0a\x04\0\x04\0\xa3\x07\x04\x05ldap:"), TW_REFUSED,
	    TW_FLAW_NONE, W(LDAP_ASK), UNKNOWN, NULL, "resultCode 10", NULL },
	{ "ldap", W("\x30\x24\x02\x01\0\x78\x1f\x0a\x01\x33\x04\0\x04\0\x8a\x16" "1.3.6.1.4.1.1466.20036"),
	    TW_REFUSED, TW_FLAW_THROTTLED, W(LDAP_ASK), UNKNOWN, NULL, "resultCode 51", NULL },
	{ "ldap", W("\x30\x18\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0\xa0\x0a\x30\x08\x04\x06" "1.2.34"), TW_TLS,
	    TW_FLAW_NONE, W(LDAP_ASK), UNKNOWN, NULL, NULL, NULL },	/* controls behind it */
	{ "ldap", W("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0x"), TW_BAD, TW_FLAW_INJECTED, W(LDAP_ASK),
	    UNKNOWN, NULL, NULL, NULL },
	{ "ldap", W("\x30\x80\x02\x01\x01"), TW_BAD, TW_FLAW_NOT_PROTOCOL, W(LDAP_ASK), UNKNOWN, NULL, NULL, NULL },
	{ "ldap", W("\x30\x84\xff\xff\xff\xff"), TW_BAD, TW_FLAW_TOO_LONG, W(LDAP_ASK), UNKNOWN, NULL, NULL, NULL },
	/* Messages. */
	{ "xmpp-client", W("<?xml version='1.0'?><stream:stream xmlns:db='jabber:server:dialback' version='1.0' "
	    "id='a>b' xml:lang='en' xmlns='jabber:client' from='server.test'><stream:features>"
	    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
	    "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), TW_TLS, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=") ASK_TLS), DENIED, "starttls", "<proceed", NULL },
	{ "xmpp-client", W("<str:stream xmlns:str=\"s\" version=\"1.0\">\n<str:features><t:starttls xmlns:t=\"u\"/>"
	    "<mechanisms xmlns='m'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>"
	    "<c xmlns='caps'><deep/></c></str:features> <t:proceed xmlns:t=\"u\"></t:proceed>"), TW_TLS, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=") ASK_TLS), OFFERED, "starttls\nSCRAM-SHA-1\nPLAIN\nc", NULL, NULL },
	{ "xmpp-client", W("<stream:stream version='1.0'><stream:features><mechanisms><mechanism>PLAIN"
	    "</mechanism></mechanisms></stream:features>"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=")), OFFERED, "PLAIN", NULL, NULL },
	{ "xmpp-client", W("<stream:stream version='1.0'><stream:features/>"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=")), DENIED, NULL, NULL, NULL },
	{ "xmpp-client", W("<stream:stream id='1'>"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=")), UNKNOWN, NULL, NULL, NULL },
	{ "xmpp-client", W("<stream:stream version='1.0'><stream:error><host-unknown xmlns='e'/><text>no"
	    "</text></stream:error></stream:stream>"), TW_REFUSED, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=")), UNKNOWN, NULL, "host-unknown", NULL },
	{ "xmpp-client", W("<stream:stream version='1.0'><stream:error><see-other-host xmlns='e'>x.test"
	    "</see-other-host></stream:error>"), TW_REFUSED, TW_FLAW_NONE, W(STREAM("jabber:client", "to=")),
	    UNKNOWN, NULL, "see-other-host", NULL },
	{ "xmpp-client", W("<stream:stream version='1.0'></stream:stream>"), TW_CLOSE, TW_FLAW_NONE,
	    W(STREAM("jabber:client", "to=")), UNKNOWN, NULL, NULL, NULL },
	{ "xmpp-client", W("<!DOCTYPE html><html>"), TW_BAD, TW_FLAW_NOT_PROTOCOL,
	    W(STREAM("jabber:client", "to=")), UNKNOWN, NULL, NULL, NULL },
	{ "xmpp-client", W("HTTP/1.1 400 Bad Request\r\n\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL,
	    W(STREAM("jabber:client", "to=")), UNKNOWN, NULL, NULL, NULL },
	{ "xmpp-server", W("<stream:stream version='1.0'><stream:features><starttls xmlns='t'/></stream:features>"
	    "<failure xmlns='t'/></stream:stream>"), TW_REFUSED, TW_FLAW_NONE,
	    W(STREAM("jabber:server", "to=") ASK_TLS), UNKNOWN, NULL, "<failure", NULL },
	{ "xmpp-server", W("<stream:stream version='1.0'><stream:features><starttls xmlns='t'/></stream:features>"
	    "<proceed xmlns='t'/><x/>"), TW_BAD, TW_FLAW_INJECTED, W(STREAM("jabber:server", "to=") ASK_TLS),
	    UNKNOWN, NULL, NULL, NULL },
	{ "irc", W(":irc.test NOTICE * :*** Looking up your hostname...\r\n:irc.test CAP * LS :multi-prefix tls\r\n"
	    ":irc.test 670 * :STARTTLS successful, go ahead with TLS handshake\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("CAP LS\r\nSTARTTLS\r\n"), UNKNOWN, "tls", ":irc.test 670", NULL },
	{ "irc", W("NOTICE AUTH :*** Checking Ident\r\nPING :12345\r\n:x 421 * CAP :Unknown command\r\n"
	    ":x 691 * :STARTTLS failed\r\n"), TW_REFUSED, TW_FLAW_NONE,
	    W("CAP LS\r\nSTARTTLS\r\nPONG :12345\r\n"), UNKNOWN, NULL, ":x 691", NULL },
	{ "irc", W(":x 451 * :You have not registered\r\n:x 451 * :You have not registered\r\n"), TW_NOT_OFFERED,
	    TW_FLAW_NONE, W("CAP LS\r\nSTARTTLS\r\n"), UNKNOWN, NULL, NULL, NULL },
	{ "irc", W(":x CAP * LS :multi-prefix\r\n:x 421 * STARTTLS :Unknown command\r\n"), TW_NOT_OFFERED,
	    TW_FLAW_NONE, W("CAP LS\r\nSTARTTLS\r\n"), UNKNOWN, "multi-prefix", NULL, NULL },
	{ "irc", W(":x CAP 974AAAAAA LS * :sasl\r\n:x CAP 974AAAAAA LS :tls\r\n:x 670 974AAAAAA :go\r\n"),
	    TW_TLS, TW_FLAW_NONE, W("CAP LS\r\nSTARTTLS\r\n"), UNKNOWN, "sasl\ntls", NULL, NULL },
	{ "irc", W("ERROR :Your host is trying to (re)connect too fast -- throttled.\r\n"), TW_REFUSED,
	    TW_FLAW_THROTTLED, W("CAP LS\r\nSTARTTLS\r\n"), UNKNOWN, NULL, "ERROR", NULL },
	/* Databases. */
	{ "postgres", W("S"), TW_TLS, TW_FLAW_NONE, W(SSL_REQUEST), UNKNOWN, NULL, "S", NULL },
	{ "postgres", W("N"), TW_NOT_OFFERED, TW_FLAW_NONE, W(SSL_REQUEST), UNKNOWN, NULL, "N", NULL },
	{ "postgres", W("SE"), TW_BAD, TW_FLAW_INJECTED, W(SSL_REQUEST), UNKNOWN, NULL, NULL, NULL },
	{ "postgres", W("E\0\0\0\x2bSFATAL\0C53300\0Msorry, too many clients\0\0"), TW_REFUSED,
	    TW_FLAW_THROTTLED, W(SSL_REQUEST), UNKNOWN, NULL, "sorry, too many", NULL },
	{ "postgres", W("EFATAL 1:  unsupported frontend protocol\0"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(SSL_REQUEST), UNKNOWN, NULL, "FATAL 1:", NULL },
	{ "postgres", W("HTTP"), TW_BAD, TW_FLAW_NOT_PROTOCOL, W(SSL_REQUEST), UNKNOWN, NULL, NULL, NULL },
	{ "mysql", W("\x63\0\0\0\x0a" "5.5.5-10.11.6-MariaDB-0+deb12u1\0\x1f\0\0\0" "4}*]}wE8\0\xfe\xff\x2d\x02\0"
	    "\xff\x81\x15\0\0\0\0\0\0\x1d\0\0\0" "5Hpnk7B_Rj9t\0mysql_native_password\0"), TW_TLS,
	    TW_FLAW_NONE, W(MYSQL_ASK), UNKNOWN, "SSL", NULL, "MariaDB 10.11.6" },
	{ "mysql", W("\x4a\0\0\0\x0a" "8.0.36\0\x08\0\0\0ABCDEFGH\0\xff\xf7\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0"
	    "\0\0abcdefghijkl\0caching_sha2_password\0"), TW_NOT_OFFERED, TW_FLAW_NONE, W(""), UNKNOWN, NULL, NULL,
	    "MySQL 8.0.36" },
	{ "mysql", W("\x44\0\0\0\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server"),
	    TW_REFUSED, TW_FLAW_HOST_REFUSED, W(""), UNKNOWN, NULL, "Host '192.0.2.1'", NULL },
	{ "mysql", W("\x1d\0\0\0\xff\x10\x04#08004Too many connections"), TW_REFUSED, TW_FLAW_THROTTLED, W(""),
	    UNKNOWN, NULL, "Too many", NULL },
	{ "mysql", W("SSH-2.0-x\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL, W(""), UNKNOWN, NULL, NULL, NULL },
	{ "mssql", W("\x04\x01\0\x2b\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20\0\x01\x02\0\x21\0\x01\x03\0\x22\0\0\x04\0\x22"
	    "\0\x01\xff\x0f\0\x07\xd0\0\0\x01\0\0"), TW_TLS, TW_FLAW_NONE, W(PRELOGIN), UNKNOWN, NULL,
	    "ENCRYPT_ON", "Microsoft SQL Server 15.0.2000" },
	{ "mssql", W("\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\x11\0\x01\xff\x10\0\x03\xe8\0\0\x02"),
	    TW_NOT_OFFERED, TW_FLAW_NONE, W(PRELOGIN), UNKNOWN, NULL, "ENCRYPT_NOT_SUP",
	    "Microsoft SQL Server 16.0.1000" },
	{ "mssql", W("\x04\x01\0\x1a\0\0\x01\0\0\0\x0b\0\x06\x01\0\xff\0\x01\xff\x10\0\x03\xe8\0\0\x02"), TW_BAD,
	    TW_FLAW_MALFORMED, W(PRELOGIN), UNKNOWN, NULL, NULL, NULL },	/* the offset lies */
	/* Desktops, queues, proxies. */
	{ "rdp", W("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0"), TW_TLS, TW_FLAW_NONE, W(RDP_ASK),
	    UNKNOWN, NULL, "PROTOCOL_HYBRID", NULL },
	{ "rdp", W("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\0\x08\0\0\0\0\0"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(RDP_ASK), UNKNOWN, NULL, "PROTOCOL_RDP", NULL },
	{ "rdp", W("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x05\0\0\0"), TW_REFUSED, TW_FLAW_NONE,
	    W(RDP_ASK), UNKNOWN, NULL, "HYBRID_REQUIRED", NULL },
	{ "rdp", W("\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x03\0\x08\0\x02\0\0\0"), TW_NOT_OFFERED, TW_FLAW_NONE,
	    W(RDP_ASK), UNKNOWN, NULL, "SSL_NOT_ALLOWED", NULL },
	{ "rdp", W("\x03\0\0\x0b\x06\xd0\0\0\x12\x34\0"), TW_NOT_OFFERED, TW_FLAW_NONE, W(RDP_ASK), UNKNOWN, NULL,
	    "no negotiation", NULL },
	{ "nats", W("INFO {\"server_id\":\"NA\",\"server_name\":\"a\\\"tls_required\\\":true\",\"version\":\"2.9.10\","
	    "\"proto\":1,\"tls_required\": true,\"max_payload\":1048576}\r\n"), TW_TLS, TW_FLAW_NONE, W(""), DENIED,
	    "tls_required", NULL, "NATS 2.9.10" },
	{ "nats", W("INFO {\"server_name\":\"\\\"tls_required\\\":true\",\"version\":\"2\"} \r\n"), TW_NOT_OFFERED,
	    TW_FLAW_NONE, W(""), UNKNOWN, NULL, NULL, "NATS 2" },
	{ "nats", W("INFO {\"tls_available\":true}\r\nPING\r\n"), TW_BAD, TW_FLAW_INJECTED, W(""), UNKNOWN, NULL,
	    NULL, NULL },
	{ "nats", W("-ERR 'maximum connections exceeded'\r\n"), TW_REFUSED, TW_FLAW_THROTTLED, W(""), UNKNOWN, NULL,
	    "-ERR", NULL },
	{ "http-connect", W("HTTP/1.1 200 Connection established\r\nVia: 1.1 squid\r\n\r\n"), TW_TLS, TW_FLAW_NONE,
	    W("CONNECT server.test HTTP/1.1\r\nHost: server.test\r\n\r\n"), UNKNOWN, NULL, "HTTP/1.1 200", NULL },
	{ "http-connect", W("HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/5.7\r\n"
	    "Content-Length: 5\r\n\r\nno no"), TW_REFUSED, TW_FLAW_NONE,
	    W("CONNECT server.test HTTP/1.1\r\nHost: server.test\r\n\r\n"), UNKNOWN, NULL, "HTTP/1.1 407", NULL },
	{ "http-connect", W("SSH-2.0-x\r\n"), TW_BAD, TW_FLAW_NOT_PROTOCOL,
	    W("CONNECT server.test HTTP/1.1\r\nHost: server.test\r\n\r\n"), UNKNOWN, NULL, NULL, NULL },
};

static enum plain
plain_of(const struct tw_dialog *d)
{
	return d->plain_auth ? OFFERED : d->no_plain_auth ? DENIED : UNKNOWN;
}

static void
check_software(const struct tw_service *s, const struct tw_dialog *d, const char *want, size_t row)
{
	struct tw_bytes name = { 0 }, version = { 0 };
	char is[200];

	if (!s->software(tw_dialog_noted(d, d->banner), &name, &version))
		fail_msg("row %zu: no software", row);
	snprintf(is, sizeof(is), "%.*s %.*s", (int)name.n, (const char *)name.p, (int)version.n,
	    version.n == 0 ? "" : (const char *)version.p);
	assert_string_equal(is, want);
}

static void
check_notes(const struct talk *t, const struct tw_dialog *d, size_t row)
{
	if (t->capability != NULL &&
	    !tw_bytes_contain(tw_dialog_noted(d, d->capabilities), t->capability))
		fail_msg("row %zu: capability %s missing", row, t->capability);
	if (t->reply != NULL && !tw_bytes_begin_with(tw_dialog_noted(d, d->reply), t->reply))
		fail_msg("row %zu: reply is not %s: %.*s", row, t->reply, (int)d->reply.n,
		    (const char *)d->notes + d->reply.at);
}

static void
check_talk(const struct talk *t, size_t row, size_t cut)
{
	const struct tw_service *s = tw_service_by_name(t->service);
	static struct tw_dialog d;

	assert_non_null(s);
	tw_dialog_open(&d, &s->client, "server.test", "audit.test");
	for (size_t at = 0; at < t->hears.n; at += cut)
		tw_dialog_feed(&d, (struct tw_bytes){ t->hears.p + at,
		    t->hears.n - at < cut ? t->hears.n - at : cut });
	if (d.turn != t->turn || d.flaw != t->flaw)
		fail_msg("%s, row %zu, cut %zu: turn %d, flaw %d", t->service, row, cut, d.turn,
		    d.flaw);
	if (!tw_bytes_equal(t->says, (struct tw_bytes){ d.out, d.out_n }))
		fail_msg("%s, row %zu: said %.*s", t->service, row, (int)d.out_n,
		    (const char *)d.out);
	if (plain_of(&d) != t->plain)
		fail_msg("%s, row %zu: passwords %d", t->service, row, plain_of(&d));
	check_notes(t, &d, row);
	if (t->software != NULL)
		check_software(s, &d, t->software, row);
}

static void
test_what_servers_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(talks); i++)
		for (size_t cut = 1; cut <= talks[i].hears.n; cut++)
			check_talk(&talks[i], i, cut);
}

/* Endless answers end the dialog at its bounds, with the same flaw. */
static void
check_endless(const char *service, const char *first, const char *then)
{
	const struct tw_service *s = tw_service_by_name(service);
	static struct tw_dialog d;
	size_t fed = 0;

	tw_dialog_open(&d, &s->client, "server.test", "audit.test");
	tw_dialog_feed(&d, tw_bytes_of(first));
	while (d.turn == TW_MORE && fed < 10 * TW_DIALOG_TOTAL) {
		tw_dialog_feed(&d, tw_bytes_of(then));
		fed += strlen(then);
		d.out_n = 0;
	}
	assert_int_equal(d.turn, TW_BAD);
	assert_int_equal(d.flaw, TW_FLAW_TOO_LONG);
	assert_true(fed <= TW_DIALOG_TOTAL + TW_DIALOG_IN);
}

static void
test_endless_talk_is_bounded(void **state)
{
	(void)state;
	check_endless("smtp", "220-", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	check_endless("smtp", "", "220-hello\r\n");
	check_endless("imap", "* OK hi\r\n", "* 1 EXISTS\r\n");
	check_endless("ftp", "", "120 wait\r\n");
	check_endless("irc", "", "PING x\r\n");
	check_endless("xmpp-client", "<stream:stream version='1.0'>", "<x/>");
	check_endless("http-connect", "HTTP/1.1 200 OK\r\n", "X: y\r\n");
	check_endless("sieve", "", "\"X\" {5}\r\n12345\r\n");
}

/* A name cannot end the line, or the attribute, it stands in. */
static void
test_names_cannot_inject(void **state)
{
	static struct tw_dialog d;

	(void)state;
	tw_dialog_open(&d, &tw_service_by_name("http-connect")->client, "a\r\nX: y", "m");
	assert_true(tw_bytes_begin_with((struct tw_bytes){ d.out, d.out_n }, "CONNECT aX:y HTTP/1.1\r\n"));
	tw_dialog_open(&d, &tw_service_by_name("xmpp-client")->client, "a'<&\n", "m");
	assert_true(tw_bytes_contain((struct tw_bytes){ d.out, d.out_n }, "to='a&apos;&lt;&amp;'>"));
}

static const struct {
	struct tw_bytes greeting;
	const char *service;	/* NULL: none */
	const char *plain;	/* name of the protocol */
} greetings[] = {
	{ W(POSTFIX), "smtp", "smtp" },
	{ W("220 mx LMTP Postfix\r\n"), "lmtp", "lmtp" },
	{ W("220 ready\r\n"), "smtp", NULL },
	{ W("220 ProFTPD Server\r\n"), "ftp", NULL },
	{ W("220 (vsFTPd 3.0.5)\r\n"), "ftp", NULL },
	{ W("220 VMware Authentication Daemon Version 1.10: SSL Required\r\n"), NULL,
	    "VMware authentication daemon" },
	{ W("* OK ready\r\n"), "imap", "imap" },
	{ W("+OK ready\r\n"), "pop3", NULL },
	{ W("\"IMPLEMENTATION\" \"x\"\r\n"), "sieve", NULL },
	{ W("200 news.x InterNetNews server INN ready\r\n"), "nntp", NULL },
	{ W("INFO {\"server_id\":\"x\"}\r\n"), "nats", "NATS" },
	{ W(":irc.x NOTICE * :*** hi\r\n"), "irc", NULL },
	{ W("\x4a\0\0\0\x0a" "8.0.36\0xxxxxxxx"), "mysql", "mysql" },
	{ W("\x15\0\0\0\xff\x6a\x04Host not allowed"), "mysql", NULL },
	{ W("SSH-2.0-OpenSSH_9.2\r\n"), NULL, "SSH" },
	{ W("RFB 003.008\n"), NULL, "VNC" },
	{ W("HTTP/1.1 400 Bad Request\r\n"), NULL, "HTTP" },
	{ W("-ERR unknown command\r\n"), NULL, "Redis" },
	{ W("-NOAUTH Authentication required.\r\n"), NULL, "Redis" },
	{ W("-DENIED Redis is running in protected mode\r\n"), NULL, "Redis" },
	{ W("\xff\xfd\x18\xff\xfd\x20"), NULL, "Telnet" },
	{ W("@RSYNCD: 31.0\n"), NULL, "rsync" },
	{ W("\x15\x03\x01\0\x02\x02\x46"), NULL, NULL },
	{ W("\0\0\0"), NULL, NULL },
};

static void
test_greetings_name_their_service(void **state)
{
	(void)state;
	for (size_t i = 0; i < TW_COUNT(greetings); i++) {
		const struct tw_service *s = tw_service_by_greeting(greetings[i].greeting);
		const char *plain = tw_plain_name(greetings[i].greeting);

		if ((s == NULL) != (greetings[i].service == NULL) ||
		    (s != NULL && strcmp(s->name, greetings[i].service) != 0))
			fail_msg("row %zu: %s", i, s == NULL ? "none" : s->name);
		if (greetings[i].plain != NULL && plain == NULL)
			fail_msg("row %zu: no protocol", i);
		if (greetings[i].plain != NULL)
			assert_string_equal(plain, greetings[i].plain);
		else if (s == NULL)
			assert_null(plain);
	}
}

static void
test_services_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; tw_services[i] != NULL; i++) {
		const struct tw_service *s = tw_services[i];

		assert_ptr_equal(tw_service_by_name(s->name), s);
		assert_non_null(s->title);
		assert_non_null(s->spec);
		assert_non_null(s->client.step);
		assert_non_null(s->client.frame);
		/* Who greets is waited for; who does not is asked. */
		assert_int_equal(s->server_first, s->client.open == NULL || s->greets != NULL ?
		    strcmp(s->name, "irc") != 0 : 0);
		if (!s->server_first)
			assert_non_null(s->answers);
		assert_int_equal(s->seal != NULL, s->unseal != NULL);
	}
	assert_null(tw_service_by_name("no such service"));
	assert_string_equal(tw_service_by_greeting_but(TW_BYTES("220 ready\r\n"),
	    tw_service_by_name("smtp"))->name, "ftp");
}

/* Records wrapped by TDS 7 come out as they went in, in packets of at most 4 KiB. */
static void
test_tds_wraps_and_unwraps(void **state)
{
	const struct tw_service *s = tw_service_by_name("mssql");
	static uint8_t bytes[10000];
	struct tw_buf sealed, back;
	struct tw_bytes in, v;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	tw_buf_init(&sealed, 1 << 16);
	tw_buf_init(&back, 1 << 16);
	s->seal((struct tw_bytes){ bytes, sizeof(bytes) }, &sealed);
	assert_int_equal(sealed.n, sizeof(bytes) + 3 * 8);
	for (in = tw_buf_view(&sealed); in.n > 0;) {
		ptrdiff_t n = s->unseal(in, &v);

		assert_true(n > 0 && n <= 4096);
		assert_int_equal(s->unseal((struct tw_bytes){ in.p, (size_t)n - 1 }, &v), 0);
		s->unseal(in, &v);
		tw_buf_bytes(&back, v);
		in.p += n;
		in.n -= (size_t)n;
	}
	assert_true(tw_bytes_equal(tw_buf_view(&back), (struct tw_bytes){ bytes, sizeof(bytes) }));
	assert_int_equal(s->unseal(TW_BYTES("\x04\x01\0\x03"), &v), -1);
	assert_int_equal(s->unseal(TW_BYTES("\x17\x03\x03"), &v), -1);
	tw_buf_clear(&sealed);
	tw_buf_clear(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_servers_say),
		cmocka_unit_test(test_endless_talk_is_bounded),
		cmocka_unit_test(test_names_cannot_inject),
		cmocka_unit_test(test_greetings_name_their_service),
		cmocka_unit_test(test_services_are_whole),
		cmocka_unit_test(test_tds_wraps_and_unwraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Names of server software in greetings; see software.h. */
#include "service/software.h"

#include "dialog/line.h"

/*
 * The first row whose word stands in the greeting names it. Longer words stand
 * before the shorter ones they hold.
 */
static const struct {
	const char *word, *name;
} known[] = {
	{ "Postfix", "Postfix" },
	{ "Exim", "Exim" },
	{ "OpenSMTPD", "OpenSMTPD" },
	{ "Sendmail", "Sendmail" },
	{ "Microsoft ESMTP MAIL Service", "Microsoft Exchange" },
	{ "Microsoft Exchange", "Microsoft Exchange" },
	{ "Haraka", "Haraka" },
	{ "qmail", "qmail" },
	{ "Stalwart", "Stalwart" },
	{ "MailEnable", "MailEnable" },
	{ "Kerio Connect", "Kerio Connect" },
	{ "CommuniGate Pro", "CommuniGate Pro" },
	{ "Zimbra", "Zimbra" },
	{ "hMailServer", "hMailServer" },
	{ "IceWarp", "IceWarp" },
	{ "MDaemon", "MDaemon" },
	{ "Maddy", "maddy" },
	{ "Apache James", "Apache James" },
	{ "JAMES", "Apache James" },
	{ "Dovecot", "Dovecot" },
	{ "Cyrus", "Cyrus" },
	{ "Courier", "Courier" },
	{ "UW IMAP", "UW IMAP" },
	{ "Gimap", "Gmail" },
	{ "gsmtp", "Gmail" },
	{ "Gpop", "Gmail" },
	{ "ProFTPD", "ProFTPD" },
	{ "vsFTPd", "vsftpd" },
	{ "Pure-FTPd", "Pure-FTPd" },
	{ "FileZilla Server", "FileZilla Server" },
	{ "Microsoft FTP Service", "Microsoft FTP Service" },
	{ "Serv-U FTP Server", "Serv-U" },
	{ "wu-ftpd", "WU-FTPD" },
	{ "pyftpdlib", "pyftpdlib" },
	{ "CrushFTP", "CrushFTP" },
	{ "INN", "INN" },
	{ "InspIRCd", "InspIRCd" },
	{ "UnrealIRCd", "UnrealIRCd" },
	{ "Unreal", "UnrealIRCd" },
	{ "ngIRCd", "ngIRCd" },
	{ "Prosody", "Prosody" },
	{ "ejabberd", "ejabberd" },
	{ "Openfire", "Openfire" },
	{ "Pigeonhole", "Pigeonhole" },
	{ "Dropbear", "Dropbear" },
	{ "dropbear", "Dropbear" },
	{ "OpenSSH", "OpenSSH" },
	{ "libssh", "libssh" },
	{ "Microsoft SQL Server", "Microsoft SQL Server" },
	{ "nats-server", "NATS" },
	{ "Squid", "Squid" },
};

/* What stands between a name and its version: "ProFTPD 1.3.8", "OpenSSH_9.2". */
static bool
is_joint(uint8_t c)
{
	return c != '\0' && strchr(" _/-v(", c) != NULL;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct tw_bytes
tw_software_version(struct tw_bytes b)
{
	struct tw_bytes v = { b.p, 0 };

	if (b.n == 0 || !is_digit(*b.p))
		return (struct tw_bytes){ 0 };
	while (v.n < b.n && (is_digit(b.p[v.n]) || is_letter(b.p[v.n]) ||
	    strchr("._-+~", b.p[v.n]) != NULL) && b.p[v.n] != '\0')
		v.n++;
	while (v.n > 0 && !is_digit(v.p[v.n - 1]) && !is_letter(v.p[v.n - 1]))
		v.n--;
	return v;
}

/* Does a word of n bytes at b's place at stand alone, no letter or digit joined to it? */
static bool
stands_alone(struct tw_bytes b, size_t at, size_t n)
{
	if (at > 0 && (is_letter(b.p[at - 1]) || is_digit(b.p[at - 1])))
		return false;
	return at + n == b.n || !is_letter(b.p[at + n]);
}

/* What stands behind the word; false: the word is not there. */
static bool
find(struct tw_bytes b, const char *word, struct tw_bytes *ret_rest)
{
	size_t n = strlen(word), at = 0;

	while (b.n - at >= n) {
		const uint8_t *hit = memmem(b.p + at, b.n - at, word, n);

		if (hit == NULL)
			return false;
		at = (size_t)(hit - b.p);
		if (stands_alone(b, at, n)) {
			*ret_rest = (struct tw_bytes){ hit + n, b.n - at - n };
			return true;
		}
		at++;
	}
	return false;
}

bool
tw_software_find(
    struct tw_bytes g, struct tw_bytes *ret_name, struct tw_bytes *ret_version)
{
	for (size_t i = 0; i < TW_COUNT(known); i++) {
		struct tw_bytes rest;

		if (!find(g, known[i].word, &rest))
			continue;
		for (int k = 0; k < 3 && rest.n > 0 && is_joint(*rest.p); k++)
			rest.p++, rest.n--;
		*ret_name = tw_bytes_of(known[i].name);
		*ret_version = tw_software_version(rest);
		return true;
	}
	return false;
}

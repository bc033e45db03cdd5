/* Client commands for serve --try, see paste.h; one row a service. */
#include "service/paste.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *service, *explicit, *implicit;	/* NULL: s_client */
} rows[] = {
	{ "smtp", "openssl s_client -connect %h:%p -starttls smtp -crlf", NULL },
	{ "submission", "openssl s_client -connect %h:%p -starttls smtp -crlf", NULL },
	{ "lmtp", "openssl s_client -connect %h:%p -starttls lmtp -crlf", NULL },
	{ "imap", "openssl s_client -connect %h:%p -starttls imap -crlf", NULL },
	{ "pop3", "openssl s_client -connect %h:%p -starttls pop3 -crlf", NULL },
	{ "sieve", "openssl s_client -connect %h:%p -starttls sieve -crlf", NULL },
	{ "nntp", "openssl s_client -connect %h:%p -starttls nntp -crlf", NULL },
	{ "ftp", "lftp -e 'set ssl:verify-certificate no; set ftp:ssl-force yes' "
	    "-u USER ftp://%h:%p",
	    "lftp -e 'set ssl:verify-certificate no' -u USER ftps://%h:%p" },
	{ "ldap", "LDAPTLS_REQCERT=never ldapsearch -x -ZZ -H ldap://%h:%p -s base -b ''",
	    "LDAPTLS_REQCERT=never ldapsearch -x -H ldaps://%h:%p -s base -b ''" },
	{ "postgres", "psql 'host=%h port=%p user=USER dbname=DATABASE sslmode=require'",
	    "psql 'host=%h port=%p user=USER dbname=DATABASE sslmode=require "
	    "sslnegotiation=direct'" },
	{ "mysql", "mariadb --ssl --skip-ssl-verify-server-cert -h %h -P %p -u USER -p", NULL },
	{ "xmpp-client", "openssl s_client -connect %h:%p -starttls xmpp", NULL },
	{ "xmpp-server", "openssl s_client -connect %h:%p -starttls xmpp-server", NULL },
	{ "irc", "openssl s_client -connect %h:%p -starttls irc -crlf", NULL },
	{ "https", NULL, "curl -k https://%h:%p/" },
	{ "http", NULL, "curl -k https://%h:%p/" },
	{ "redis", NULL, "redis-cli --tls --insecure -h %h -p %p" },
};

const char *
tw_paste_for(const char *service, bool implicit)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].service, service) == 0) {
			const char *s = implicit ? rows[i].implicit : rows[i].explicit;

			if (s != NULL)
				return s;
		}
	return "openssl s_client -connect %h:%p -crlf";
}

/* Plaintext protocols by their first bytes; see plain.h. */
#include "service/plain.h"

#include "service/service.h"

static bool
is_telnet(struct tw_bytes b)
{
	/* IAC, then WILL, WONT, DO or DONT (RFC 854). */
	return b.n >= 2 && b.p[0] == 0xff && b.p[1] >= 0xfb && b.p[1] <= 0xfe;
}

static bool
is_html(struct tw_bytes b)
{
	return tw_bytes_begin_with(b, "<!DOCTYPE html") ||
	       tw_bytes_begin_with(b, "<html");
}

static const struct {
	const char *name;
	const char *begins;			/* any case, or NULL: */
	bool (*is)(struct tw_bytes first);
} plains[] = {
	{ "SSH", "SSH-", NULL },
	{ "VNC", "RFB 0", NULL },
	{ "HTTP", "HTTP/1.", NULL },
	{ "HTTP", "HTTP/0.9", NULL },
	{ "HTTP", NULL, is_html },
	{ "RTSP", "RTSP/1.0", NULL },
	{ "SIP", "SIP/2.0", NULL },
	{ "Redis", "-NOAUTH", NULL },
	{ "Redis", "-DENIED", NULL },
	{ "Redis", "-ERR unknown command", NULL },
	{ "Redis", "-ERR Protocol error", NULL },
	{ "Redis", "-ERR wrong number", NULL },
	{ "Redis", "-ERR max number of clients", NULL },
	{ "Redis", "-LOADING", NULL },
	{ "memcached", "ERROR\r\n", NULL },
	{ "rsync", "@RSYNCD:", NULL },
	{ "Telnet", NULL, is_telnet },
	{ "NATS", "INFO {", NULL },
	{ "AMQP", "AMQP", NULL },
	{ "VMware authentication daemon", "220 VMware Authentication Daemon", NULL },
	{ "Asterisk manager", "Asterisk Call Manager/", NULL },
	{ "PJL", "@PJL", NULL },
	{ "STOMP", "ERROR\nmessage", NULL },
	{ "Zabbix", "ZBXD", NULL },
	{ "Elasticsearch transport", "This is not an HTTP port", NULL },
};

const char *
tw_plain_name(struct tw_bytes first)
{
	const struct tw_service *s;

	for (size_t i = 0; i < TW_COUNT(plains); i++)
		if (plains[i].is != NULL ? plains[i].is(first) :
		    tw_bytes_begin_with(first, plains[i].begins))
			return plains[i].name;
	s = tw_service_by_greeting(first);
	return s == NULL ? NULL : s->name;
}

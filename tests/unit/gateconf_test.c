/* The gateway's configuration: what is read of a good file, what is said of wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "base/crypto_certificate.h"
#include "base/text.h"
#include "cert/cert.h"
#include "gate/config_check.h"
#include "gate/config_inside.h"

#define NOW	INT64_C(1795000000)	/* November 2026 */

/* INTERFACE's own example, as it stands. */
static const char example[] =
"user = tlswright   workers = 0   control = \"/run/tlswright/control\"   keys = process   records = own        # workers 0: one a core; keys: process | inline; records: own | library\n"
"certificate mail   { chain = \"/etc/…/fullchain.pem\"  key = \"/etc/…/privkey.pem\" }             # names come from the certificate\n"
"limit default      { handshakes_per_address = \"20/s\"  connections_per_address = 100  dialogue_timeout = 30s  handshake_timeout = 10s  idle_timeout = 30m }\n"
"ban logins         { after = 5  within = 10m  for = 10m  longest = 7d  allow = {\"192.0.2.0/24\"}  nftables = true }\n"
"backend dovecot    { address = {\"unix:/run/dovecot/imap-plain\"}  proxy_protocol = v2  source = \"\"  tls = none  check = 5s }     # tls: none | verify | insecure-no-verify; source: the local address to connect from\n"
"listen imaps       { service = imap  mode = implicit  address = {\"0.0.0.0:993\", \"[::]:993\"}  certificate = {mail}  backend = dovecot  limit = default  ban = logins }\n"
"listen imap        { service = imap  mode = explicit  address = {\"0.0.0.0:143\"}  certificate = {mail}  backend = dovecot  allow = {\"10.0.0.0/8\"} }\n"
"legacy printers    { listen = imap  network = {\"10.1.2.0/24\"}  versions = {\"TLSv1.1\"}  until = 2027-06-30  reason = \"…\" }\n"
"redirect           { address = {\"0.0.0.0:80\"}  to = https  acme = \"/var/lib/tlswright/acme\" }\n"
"log access         { path = \"/var/log/tlswright/access.json\"  format = json }\n"
"metrics            { address = \"127.0.0.1:9120\" }\n";

static void
the_example_is_read(void **state)
{
	struct tw_config_remarks remarks;
	struct tw_config *c = tw_config_read("t.conf", example, NOW, &remarks);

	(void)state;
	for (size_t i = 0; i < remarks.n; i++)
		print_message("%s:%u: %s\n", remarks.v[i].where.file, remarks.v[i].where.line,
		    remarks.v[i].text);
	assert_non_null(c);
	assert_string_equal(c->user, "tlswright");
	assert_true(c->workers > 0 && c->keys_in_process && c->own_records);
	assert_int_equal(c->certificates_n, 1);
	assert_string_equal(c->certificates[0].chain, "/etc/…/fullchain.pem");
	assert_int_equal(c->limits[0].handshakes_per_address.n, 20);
	assert_int_equal(c->limits[0].handshakes_per_address.span_ms, 1000);
	assert_int_equal(c->limits[0].idle_timeout_ms, 1800000);
	assert_int_equal(c->limits[0].connect_timeout_ms, 5000);
	assert_int_equal(c->bans[0].longest_ms, 7 * 86400000ll);
	assert_int_equal(tw_networks_count(c->bans[0].allow), 1);
	assert_true(c->bans[0].nftables);
	assert_int_equal(c->backends[0].proxy_protocol, TW_PROXY_V2);
	assert_null(c->backends[0].source);
	assert_string_equal(c->backends[0].addresses[0].address.un.sun_path,
	    "/run/dovecot/imap-plain");
	assert_int_equal(c->backends[0].check_ms, 5000);
	assert_int_equal(c->listens_n, 2);
	assert_string_equal(c->listens[0].port->scheme, "imaps");
	assert_int_equal(c->listens[0].mode, TW_IMPLICIT);
	assert_int_equal(c->listens[0].addresses_n, 2);
	assert_ptr_equal(c->listens[0].certificates[0], &c->certificates[0]);
	assert_ptr_equal(c->listens[0].backend, &c->backends[0]);
	assert_ptr_equal(c->listens[0].limit, &c->limits[0]);
	assert_ptr_equal(c->listens[1].limit, &c->limits[0]);
	assert_null(c->listens[1].ban);
	assert_int_equal(c->listens[1].mode, TW_EXPLICIT);
	assert_string_equal(c->listens[1].service->name, "imap");
	assert_true(c->listens[1].require_tls && c->listens[1].strict_sni);
	assert_ptr_equal(c->listens[1].legacy, &c->legacies[0]);
	assert_true(c->legacies[0].versions[TW_TLS11] && !c->legacies[0].versions[TW_TLS10]);
	assert_string_equal(c->legacies[0].until_text, "2027-06-30");
	assert_int_equal(c->listens[1].where.line, 7);
	assert_int_equal(c->redirects[0].to_port, 443);
	assert_string_equal(c->logs[0].path, "/var/log/tlswright/access.json");
	assert_string_equal(c->metrics->text, "127.0.0.1:9120");
	tw_config_free(c);
	tw_config_clear_remarks(&remarks);
}

#define CERT	"certificate c { chain = \"/c\" key = \"/k\" }\n"		/* line 1 */
#define BACK	"backend b { address = \"192.0.2.9:1000\" tls = verify }\n"	/* line 2 */
#define LISTEN(more) \
	"listen l { service = imap mode = implicit address = \"0.0.0.0:993\" certificate = c " \
	"backend = b " more " }\n"						/* line 3 */
#define GOOD	CERT BACK LISTEN("")
#define SERVE(service, more) \
	"listen l { address = \"0.0.0.0:9993\" certificate = c backend = b service = " service \
	" " more " }\n"
#define BEHIND(service, address) \
	CERT "backend b { address = \"" address "\" }\n" SERVE(service, "mode = implicit")

static const struct {
	const char *text;
	unsigned line;
	bool warning;
	const char *says;	/* a part of the sentence */
} wrong[] = {
	/* syntax: ends the reading */
	{ "workers = \n", 2, false, "\"workers\" has no value behind its =" },
	{ "user \"x\"\n", 1, false, "behind \"user x\" stands no {; was \"user = x\" meant?" },
	{ GOOD "limit x { connections = 1\n", 4, false, "the block \"limit x\" that begins here has no }" },
	{ "limit x {\nban y { after = 5 }\n}\n", 2, false,
	    "\"ban\" begins inside limit x, of line 1: a } is missing before it" },
	{ "}\n", 1, false, "a } stands where the name of a key should be: no block is open" },
	{ "user = \"a\nb\n", 1, false, "the quotation mark here has no second one" },
	{ "# x\n/* y\n", 2, false, "the comment that begins here has no end" },
	{ "user = \"a\\x\"\n", 1, false, "a backslash stands only before" },
	{ "control = *\n", 1, false, "a * stands outside quotation marks" },
	{ "control = a(b)\n", 1, false, "a ( stands outside quotation marks" },
	{ "limit x { connections = {1, 2 }\n= 3 }\n", 2, false,
	    "a = stands where the name of a key should be" },
	{ "ban x { allow = {\"10.0.0.0/8\" \"11.0.0.0/8\"} }\n", 1, false,
	    "the list of \"allow\" goes on neither with , nor with }" },
	/* names */
	{ "# one\n\nusr = x\n" GOOD, 3, false, "no key \"usr\" in the file outside blocks; did you mean \"user\"?" },
	{ "/* a\n b */ worker = 2\n" GOOD, 2, false, "did you mean \"workers\"?" },
	{ GOOD "lissen x { a = b c { d = e } }\n", 4, false, "no block \"lissen\"; did you mean \"listen\"?" },
	{ GOOD "limit x {\n  idle_timout = 5m\n}\n", 5, false, "did you mean \"idle_timeout\"?" },
	{ GOOD "limit x { proxy_protocol = v2 }\n", 4, false, "it stands in backend blocks" },
	{ GOOD "limit x { workers = 2 }\n", 4, false, "it stands outside all blocks" },
	{ GOOD "limit { connections = 1 }\n", 4, false, "a limit block wants a name: limit NAME { … }" },
	{ GOOD "metrics m { address = \"127.0.0.1:9120\" }\n", 4, false, "a metrics block has no name" },
	{ GOOD "limit \"a b\" { connections = 1 }\n", 4, false, "may have letters, digits" },
	{ GOOD CERT, 4, false, "certificate c stands here a second time; the first is on line 1" },
	{ GOOD "metrics { address = \"127.0.0.1:1\" }\nmetrics { address = \"127.0.0.1:2\" }\n", 5,
	    false, "metrics stands here a second time; the first is on line 4" },
	{ "user = a\nuser = b\n" GOOD, 2, false, "\"user\" stands here a second time; the first is on line 1" },
	{ "user += a\n" GOOD, 1, false, "\"user\" has +=" },
	{ "user = a;\n" GOOD, 1, false, "no semicolon is wanted behind \"a\"" },
	/* names that refer to nothing */
	{ CERT BACK SERVE("imaps", "limit = defualt") "limit default { connections = 0 }\n", 3, false,
	    "limit = defualt: no limit block has this name; did you mean \"default\"?" },
	{ CERT BACK SERVE("imaps", "ban = x"), 3, false, "ban = x: no ban block has this name, for there is none" },
	{ CERT "backend bb { address = \"192.0.2.9:1\" tls = verify }\n" LISTEN(""), 3, false,
	    "backend = b: no backend block has this name; did you mean \"bb\"?" },
	{ CERT BACK "listen l { service = imaps address = \"0.0.0.0:993\"\n certificate = {c,\n d} backend = b }\n",
	    5, false, "certificate = d: no certificate block has this name" },
	{ CERT BACK LISTEN("also = {m}"), 3, false, "also = m: no listen block has this name" },
	{ CERT BACK "listen l { service = imaps address = \"0.0.0.0:993\" certificate = {c, c} backend = b }\n",
	    3, false, "this name stands here twice" },
	{ GOOD "legacy o { listen = k network = \"10.0.0.0/8\" versions = \"TLSv1.1\" until = 2027-01-01 reason = r }\n",
	    4, false, "listen = k: no listen block has this name" },
	{ "policy = tlsright\n" GOOD, 1, false, "no such policy; did you mean \"tlswright\"?" },
	/* what must be given */
	{ CERT "backend b { tls = verify }\n" LISTEN(""), 2, false, "\"address\" is missing here" },
	{ "certificate c { chain = \"/c\" }\n" BACK LISTEN(""), 1, false, "\"key\" is missing here" },
	{ CERT BACK "listen l { service = imaps certificate = c backend = b }\n", 3, false,
	    "\"address\" is missing here: where to listen, like address = {\"0.0.0.0:993\", \"[::]:993\"}" },
	{ CERT BACK SERVE("imap", ""), 3, false, "\"mode\" is missing here: imap is served with TLS at once" },
	{ CERT BACK SERVE("ftps", ""), 3, false, "\"passive\" is missing here" },
	{ "", 1, false, "there is no listen block" },
	/* values */
	{ "workers = 65\n" GOOD, 1, false, "workers = 65: a number from 0 to 64 is wanted" },
	{ "workers = -1\n" GOOD, 1, false, "a number from 0 to 64" },
	{ "workers = {1, 2}\n" GOOD, 1, false, "\"workers\" has one value, not 2" },
	{ "keys = proces\n" GOOD, 1, false, "inline or process is wanted; did you mean \"process\"?" },
	{ GOOD "limit x { idle_timeout = 0 }\n", 4, false, "idle_timeout = 0: 0 would end it at once; it may be 1s to 7d" },
	{ GOOD "limit x { idle_timeout = 30d }\n", 4, false, "that is too long; it may be 1s to 7d" },
	{ GOOD "limit x { handshake_timeout = 5x }\n", 4, false, "this is no time; one looks like 500ms" },
	{ GOOD "limit x { handshakes_per_address = \"20 per second\" }\n", 4, false, "handshakes_per_address:" },
	{ GOOD "ban x { nftables = ja }\n", 4, false, "true or false is wanted" },
	{ GOOD "ban x { for = 8d }\n", 4, false, "\"longest\" is shorter than \"for\"" },
	{ GOOD "ban x { allow = \"192.0.2.1/24\" }\n", 4, false, "192.0.2.0/24" },
	{ CERT BACK SERVE("imapz", ""), 3, false, "service = imapz: there is no such service; did you mean \"imap" },
	{ CERT BACK SERVE("imap", "mode = explizit"), 3, false, "implicit or explicit is wanted; did you mean \"explicit\"?" },
	{ CERT BACK SERVE("imaps", "mode = explicit"), 3, false, "did you mean service = imap?" },
	{ CERT BACK SERVE("https", "mode = explicit"), 3, false, "knows no way to begin TLS inside https" },
	{ CERT BACK SERVE("tls", "mode = explicit"), 3, false, "knows no way to begin TLS inside tls" },
	{ CERT BACK SERVE("snmp", "mode = implicit"), 3, false, "a service over UDP" },
	{ CERT BACK SERVE("ftps", "passive = \"50100-50000\""), 3, false,
	    "the range runs backwards; did you mean \"50000-50100\"?" },
	{ CERT BACK SERVE("ftps", "passive = \"many\""), 3, false, "this is no range of ports" },
	{ CERT BACK LISTEN("passive = \"1-2\""), 3, false, "this is for service = ftp alone" },
	{ GOOD "redirect { address = \"0.0.0.0:80\" to = http }\n", 4, false, "https is wanted, or the port" },
	{ GOOD "log x { path = \"-\" format = text }\n", 4, false, "there is json alone" },
	/* addresses */
	{ CERT "backend b { address = \"localhost:143\" }\n" LISTEN(""), 2, false, "\"127.0.0.1:143\"?" },
	{ CERT "backend b { address = \"::1:143\" }\n" LISTEN(""), 2, false, "\"[::1]:143\"?" },
	{ CERT "backend b { address = \"192.0.2.1\" }\n" LISTEN(""), 2, false, "its port is missing" },
	{ CERT "backend b { address = \"/run/x\" }\n" LISTEN(""), 2, false, "\"unix:/run/x\"?" },
	{ CERT "backend b { address = \"unix:run/x\" }\n" LISTEN(""), 2, false, "the path of a socket begins with /" },
	{ CERT "backend b { address = \"192.0.2.1:0\" }\n" LISTEN(""), 2, false, "this is no address" },
	{ CERT "backend b { address = \"192.0.2.1:70000\" }\n" LISTEN(""), 2, false, "this is no address" },
	{ CERT "backend b { address = \"0.0.0.0:143\" tls = verify }\n" LISTEN(""), 2, false, "not where one connects" },
	{ GOOD "metrics { address = 9120 }\n", 4, false, "{\"0.0.0.0:9120\", \"[::]:9120\"}?" },
	{ GOOD SERVE("imaps", "") "redirect { address = {\"[::]:80\",\n\"0.0.0.0:993\"} }\n", 6, false,
	    "address = 0.0.0.0:993 stands on line 3 already, in listen l" },
	{ CERT "backend b { address = \"127.0.0.1:993\" source = 127.0.0.2 }\n" LISTEN(""), 2, false,
	    "it would connect to itself" },
	{ CERT "backend b { address = \"[::1]:1\" source = 127.0.0.2 }\n" LISTEN(""), 2, false,
	    "one is IPv4, the other IPv6" },
	{ CERT "backend b { address = \"127.0.0.1:1\" source = \"127.0.0.2:5\" }\n" LISTEN(""), 2, false,
	    "one looks like 127.0.0.2 or ::1" },
	{ CERT "backend b { address = \"unix:/x\" tls = verify }\n" LISTEN(""), 2, false, "\"server_name\" is missing" },
	/* listeners */
	{ CERT BACK LISTEN("client_certificate = required"), 3, false, "\"client_ca\" does not say whose" },
	{ CERT BACK LISTEN("client_ca = \"/x\""), 3, true, "client_ca does nothing" },
	{ CERT BACK LISTEN("client_certificate_for = \"10.0.0.0/8\""), 3, true, "client_certificate_for does nothing" },
	{ CERT BACK LISTEN("hsts = 1d"), 3, false, "listen l is not https" },
	{ CERT BACK LISTEN("also = l"), 3, false, "this is the listener itself" },
	{ CERT BACK LISTEN("require_tls = true"), 3, true, "require_tls does nothing" },
	{ CERT BACK LISTEN("route { backend = b }\nroute { sni = \"x.example\" backend = b }"), 4, false,
	    "this route is never reached: the one on line 3" },
	{ CERT BACK LISTEN("route { sni = \"a.*.example\" backend = b }"), 3, false, "a * stands for one whole label" },
	{ CERT BACK "listen l { service = imap mode = explicit address = \"0.0.0.0:993\" certificate = c backend = b }\n",
	    3, true, "at port 993 clients expect implicit, and here it is explicit" },
	{ CERT BACK SERVE("imap", "mode = explicit require_tls = false"), 3, true, "takes passwords before TLS" },
	/* legacy */
	{ GOOD "legacy o { listen = l network = \"10.0.0.0/8\" versions = \"TLSv1.1\" until = 2020-01-01 reason = r }\n",
	    4, true, "the window of legacy o ended with 2020-01-01" },
	{ GOOD "legacy o { listen = l network = \"10.0.0.0/8\" versions = \"SSLv3\" until = 2027-01-01 reason = r }\n",
	    4, false, "this version is broken" },
	{ GOOD "legacy o { listen = l network = \"10.0.0.0/8\" versions = \"TLSv1.3\" until = 2027-01-01 reason = r }\n",
	    4, false, "this version needs no window" },
	{ GOOD "legacy o { listen = l network = \"10.0.0.0/8\" versions = \"TLSv1.1\" until = 2027-13-01 reason = r }\n",
	    4, false, "until:" },
	{ GOOD "legacy o { listen = l versions = \"TLSv1.1\" until = 2027-01-01 reason = r }\n", 4, false,
	    "\"network\" is missing here" },
	/* no outsider gains loopback's rights, and what else a backend must be told */
	{ BEHIND("submissions", "127.0.0.1:25"), 2, true, "mynetworks" },
	{ BEHIND("imaps", "127.0.0.1:143"), 2, true, "login_trusted_networks" },
	{ BEHIND("postgres", "127.0.0.1:15432"), 2, true, "pg_hba.conf" },
	{ BEHIND("rediss", "[::1]:16379"), 2, true, "protected-mode" },
	{ BEHIND("ldaps", "127.0.0.1:389"), 2, true, "peername.ip=127.0.0.1" },
	{ BEHIND("https", "127.0.0.1:80"), 2, true, "set_real_ip_from" },
	{ BEHIND("nntps", "unix:/run/nntp"), 2, true, "readers.conf" },
	{ BEHIND("gemini", "127.0.0.1:1"), 2, true, "whatever it allows connections of this machine" },
	{ BEHIND("mysql", "127.0.0.1:13306"), 2, true, "caching_sha2_password" },
	{ CERT "backend b { address = \"127.0.0.1:1\" proxy_protocol = v2 }\n" SERVE("rediss", ""), 2, true,
	    "no usual server of redis reads the PROXY protocol" },
	{ CERT "backend b { address = \"127.0.0.1:1\" proxy_protocol = v1 }\n" SERVE("ircs", ""), 2, true,
	    "servers of irc read the PROXY protocol in v2, not v1" },
	{ CERT "backend b { address = \"192.0.2.9:1\" }\n" LISTEN(""), 2, true, "is another machine, and without TLS" },
	{ CERT "backend b { address = \"192.0.2.9:1\" tls = insecure-no-verify }\n" LISTEN(""), 2, true,
	    "anybody on the way can be the backend" },
	{ CERT "backend b { address = \"192.0.2.9:1\" ca = \"/x\" }\n" LISTEN(""), 2, true, "ca does nothing" },
	{ CERT "backend b { address = \"unix:/x\" source = 127.0.0.2 }\n" LISTEN(""), 2, true, "source does nothing" },
	{ GOOD "backend d { address = \"192.0.2.9:1\" tls = verify }\n", 4, true, "backend d is used by nothing" },
	{ GOOD "limit x { connections_per_address = 9 connections = 5 }\n", 4, true, "one address may take all 5" },
};

static void
show(const struct tw_config_remarks *r)
{
	for (size_t i = 0; i < r->n; i++)
		print_message("    %s:%u: %s%s\n", r->v[i].where.file, r->v[i].where.line,
		    r->v[i].warning ? "warning: " : "", r->v[i].text);
}

/* Each mistake is said at its line, and only what is no warning refuses the file. */
static void
mistakes_are_told(void **state)
{
	size_t missed = 0;

	(void)state;
	for (size_t i = 0; i < TW_COUNT(wrong); i++) {
		struct tw_config_remarks r;
		struct tw_config *c = tw_config_read("t.conf", wrong[i].text, NOW, &r);
		bool said = false, refused = false;

		for (size_t j = 0; j < r.n; j++) {
			said = said || (r.v[j].where.line == wrong[i].line &&
			    r.v[j].warning == wrong[i].warning &&
			    strstr(r.v[j].text, wrong[i].says) != NULL);
			refused = refused || !r.v[j].warning;
		}
		if (!said || (c == NULL) != refused || (c != NULL && !wrong[i].warning)) {
			print_message("%zu: wants line %u: %s\nof\n%s", i, wrong[i].line, wrong[i].says,
			    wrong[i].text);
			show(&r);
			missed++;
		}
		tw_config_free(c);
		tw_config_clear_remarks(&r);
	}
	assert_int_equal(missed, 0);
}

/* Not the first mistake alone: one of each kind in one file. */
static void
all_are_told(void **state)
{
	static const char text[] = "usr = a\nworkers = 99\nlimt x { }\nban y { after = 0\nfro = 3m }\n"
	    CERT "backend b { address = \"x\" prxy = v2 }\n"
	    "listen l { service = imp mode = explicit\n certificate = d backend = e }\n";
	static const unsigned lines[] = { 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9, 9 };
	struct tw_config_remarks r;

	(void)state;
	assert_null(tw_config_read("t.conf", text, NOW, &r));
	show(&r);
	for (size_t i = 0; i < r.n && i < TW_COUNT(lines); i++)
		assert_true(i == 0 || r.v[i].where.line >= r.v[i - 1].where.line);
	assert_true(r.n >= 10);
	tw_config_clear_remarks(&r);
}

/* What a peer-less file may hold besides: quotes, comments, lists over lines, an empty list. */
static void
odd_texts_are_read(void **state)
{
	static const char text[] = "// a\n# b \"\n/* c\n\" */ user = 'a b' # d\ncontrol = \"/x \\\" \\\\ #{\"\n"
	    CERT BACK LISTEN("allow = {\"10.0.0.0/8\",\n# in a list\n\"11.0.0.0/8\",}\n deny = {}");
	struct tw_config_remarks r;
	struct tw_config *c = tw_config_read("t.conf", text, NOW, &r);

	(void)state;
	show(&r);
	assert_non_null(c);
	assert_string_equal(c->user, "a b");
	assert_string_equal(c->control, "/x \" \\ #{");
	assert_int_equal(c->listens[0].where.line, 8);
	assert_int_equal(tw_networks_count(c->listens[0].allow), 2);
	assert_null(c->listens[0].deny);
	tw_config_free(c);
	tw_config_clear_remarks(&r);
}

/* A window ends when its day does, local time. */
static void
legacy_ends_with_its_day(void **state)
{
	static const char text[] = GOOD "legacy o { listen = l network = \"10.0.0.0/8\" "
	    "versions = \"TLSv1.1\" until = 2027-06-30 reason = r }\n";
	struct tw_config_remarks r;
	struct tw_config *c = tw_config_read("t.conf", text, NOW, &r);
	int64_t until;

	(void)state;
	assert_non_null(c);
	until = c->legacies[0].until;
	assert_in_range(until, tw_text_seconds(2027, 6, 30, 9, 0, 0), tw_text_seconds(2027, 7, 1, 13, 0, 0));
	assert_ptr_equal(c->listens[0].legacy, &c->legacies[0]);
	tw_config_free(c);
	tw_config_clear_remarks(&r);
	c = tw_config_read("t.conf", text, until - 1, &r);
	assert_ptr_equal(c->listens[0].legacy, &c->legacies[0]);
	tw_config_free(c);
	tw_config_clear_remarks(&r);
	c = tw_config_read("t.conf", text, until, &r);
	assert_non_null(c);
	assert_null(c->listens[0].legacy);
	assert_true(c->legacies[0].expired);
	tw_config_free(c);
	tw_config_clear_remarks(&r);
}

/* A source of its own, or the PROXY header, and nothing is left to be warned of. */
static void
no_warning_without_need(void **state)
{
	static const char *const texts[] = {
		CERT "backend b { address = \"127.0.0.1:1\" source = 127.0.0.2 }\n" SERVE("postgres", "mode = implicit"),
		CERT "backend b { address = \"127.0.0.1:1\" proxy_protocol = v2 }\n" SERVE("imaps", ""),
		GOOD,
	};

	(void)state;
	for (size_t i = 0; i < TW_COUNT(texts); i++) {
		struct tw_config_remarks r;
		struct tw_config *c = tw_config_read("t.conf", texts[i], NOW, &r);

		show(&r);
		assert_non_null(c);
		assert_int_equal(r.n, 0);
		tw_config_free(c);
		tw_config_clear_remarks(&r);
	}
}

/* tlswright.conf(5) tells of every key of the table, in its block, with its default. */
static void
the_manual_has_every_key(void **state)
{
	static char page[1 << 17];
	FILE *f = fopen(TW_GOLDEN "/../../man/tlswright.conf.5.scd", "r");

	(void)state;
	assert_non_null(f);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	fclose(f);
	for (size_t i = 0; i < tw_config_keys_n; i++) {
		const struct tw_config_key *k = &tw_config_keys[i];
		char head[64], key[64];
		const char *section, *end, *at;

		snprintf(head, sizeof(head), "\n# %s", k->block == TW_BLOCK_ROOT ? "OUTSIDE BLOCKS"
		    : tw_config_blocks[k->block].name);
		snprintf(key, sizeof(key), "\n*%s* = ", k->name);
		section = strstr(page, head);
		end = section != NULL ? strstr(section + 1, "\n# ") : NULL;
		at = end != NULL ? strstr(section, key) : NULL;
		if (at == NULL || at > end)
			fail_msg("the page does not tell of %s in %s", k->name, head + 1);
		if (*k->standard != '\0') {
			const char *line_end = strchr(at + 1, '\n');

			snprintf(head, sizeof(head), "(default: %s)", k->standard);
			at = strstr(at, head);
			if (at == NULL || at > line_end)
				fail_msg("the page has another default of %s than %s", k->name, k->standard);
		}
	}
}

/* What --try writes is read without a mistake, for every service there is over TCP. */
static void
try_texts_are_read(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < tw_ports_n; i++) {
		struct tw_buf text;
		struct tw_config_remarks r;
		struct tw_config *c;
		struct tw_err e;

		tw_buf_init(&text, 4096);
		if (tw_config_try(tw_ports[i].scheme, "127.0.0.1:2", "127.0.0.1:40001", "/tmp/a \"b", "/k",
		    &text, &e) == 0) {
			c = tw_config_read("--try", tw_buf_cstr(&text), NOW, &r);
			if (c == NULL) {
				print_message("%s", tw_buf_cstr(&text));
				show(&r);
			}
			assert_non_null(c);
			assert_string_equal(c->certificates[0].chain, "/tmp/a \"b");
			assert_string_equal(c->listens[0].port->service, tw_ports[i].service);
			tw_config_free(c);
			tw_config_clear_remarks(&r);
			tried++;
		}
		tw_buf_clear(&text);
	}
	assert_true(tried > 50);
}

static void
try_refuses_what_cannot_be(void **state)
{
	struct tw_buf text;
	struct tw_err e;

	(void)state;
	tw_buf_init(&text, 4096);
	assert_int_equal(tw_config_try("imapp", "127.0.0.1:2", "127.0.0.1:1", "c", "k", &text, &e), -1);
	assert_non_null(strstr(e.text, "did you mean imap"));
	assert_int_equal(tw_config_try("imap", "127.0.0.1", "127.0.0.1:1", "c", "k", &text, &e), -1);
	assert_non_null(strstr(e.text, "its port is missing"));
	assert_int_equal(tw_config_try("imap", "127.0.0.1:1", "x", "c", "k", &text, &e), -1);
	tw_buf_clear(&text);
}

/* The throwaway certificate is good today, fits its key and localhost. */
static void
the_throwaway_fits(void **state)
{
	struct tw_arena *a = tw_arena_new();
	struct tw_buf cert, key, other_cert, other;
	struct tw_cert c;
	uint8_t spki[32];
	int64_t now = (int64_t)time(NULL);

	(void)state;
	tw_buf_init(&cert, 8192);
	tw_buf_init(&key, 8192);
	tw_buf_init(&other_cert, 8192);
	tw_buf_init(&other, 8192);
	tw_crypto_throwaway(&cert, &key);
	tw_crypto_throwaway(&other_cert, &other);
	assert_true(tw_cert_read_pem(a, tw_buf_view(&cert), &c));
	assert_true(c.parsed && c.self_signed && !c.is_ca && c.server_usage);
	assert_string_equal(c.curve, "P-256");
	assert_true(c.not_before < now && c.not_after > now + 3600);
	assert_true(tw_cert_fits(&c, "localhost") && tw_cert_fits(&c, "127.0.0.1") &&
	    tw_cert_fits(&c, "::1") && !tw_cert_fits(&c, "example.com"));
	assert_true(tw_crypto_key_spki(tw_buf_view(&key), spki));
	assert_memory_equal(spki, c.spki_sha256, 32);
	assert_true(tw_crypto_key_spki(tw_buf_view(&other), spki));
	assert_memory_not_equal(spki, c.spki_sha256, 32);
	assert_false(tw_crypto_key_spki(tw_buf_view(&cert), spki));
	assert_false(tw_crypto_key_spki((struct tw_bytes){ NULL, 0 }, spki));
	tw_buf_clear(&cert);
	tw_buf_clear(&key);
	tw_buf_clear(&other_cert);
	tw_buf_clear(&other);
	tw_arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_read),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(all_are_told),
		cmocka_unit_test(odd_texts_are_read),
		cmocka_unit_test(legacy_ends_with_its_day),
		cmocka_unit_test(no_warning_without_need),
		cmocka_unit_test(the_manual_has_every_key),
		cmocka_unit_test(try_texts_are_read),
		cmocka_unit_test(try_refuses_what_cannot_be),
		cmocka_unit_test(the_throwaway_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

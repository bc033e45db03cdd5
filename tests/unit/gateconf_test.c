/* The gateway's configuration: what is read of a good file, what is said of wrong ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "gate/config.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the control socket's commands answer; control.c has read them. */
#include <string.h>

#include "base/text.h"
#include "gate/control_inside.h"
#include "gate/counters.h"
#include "gate/generation.h"
#include "guard/bans_hand.h"
#include "net/process.h"

#define STANDARD_BAN_MS	(24 * 3600 * 1000)
#define SOME		64	/* lines said before they are sent */

/* ---- status ---- */

static json_t *
listeners(const struct tw_gate_parent *p)
{
	const struct tw_config *c = p->set->config;
	const struct tw_config_listen *l;
	json_t *all = json_array();

	for (size_t i = 0; (l = tw_generation_listen(c, i)) != NULL; i++) {
		json_t *addresses = json_array();
		struct tw_counts sum;
		uint64_t ended = 0, done = 0, failed = 0;

		tw_counters_sum(p->counters, l->number, &sum);
		for (int k = 0; k < TW_GATE_ENDS; k++)
			ended += sum.ends[k];
		for (int k = 0; k < (TW_VERSIONS + 1) * 2; k++) {
			failed += sum.handshakes[k / 2][k % 2][0];
			done += sum.handshakes[k / 2][k % 2][1];
		}
		for (size_t k = 0; k < l->addresses_n; k++)
			json_array_append_new(addresses, tw_control_text(l->addresses[k].text));
		json_array_append_new(all, json_pack("{s:o s:s s:s s:o s:i s:I s:I s:I s:I s:I s:I}",
		    "listener", tw_control_text(l->name),
		    "service", l->port == NULL ? "http" : l->port->service,
		    "mode", tw_mode_names[l->mode], "addresses", addresses,
		    "connections", (int)tw_admission_connected(p->guard, l->number),
		    "ended", (json_int_t)ended, "handshakes", (json_int_t)done,
		    "handshakes_failed", (json_int_t)failed,
		    "logins_failed", (json_int_t)sum.logins_failed,
		    "bytes_in", (json_int_t)sum.bytes_in, "bytes_out", (json_int_t)sum.bytes_out));
	}
	return all;
}

static json_t *
workers(const struct tw_gate_parent *p)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < TW_GATE_WORKERS; i++) {
		const struct tw_gate_child *c = &p->children[i];

		if (c->pid > 0)
			json_array_append_new(all, json_pack("{s:i s:i s:b}", "worker", (int)i,
			    "pid", (int)c->pid, "finishing", c->set->finishing));
	}
	return all;
}

static void
status(struct tw_desk_client *c, const json_t *request)
{
	const struct tw_gate_parent *p = c->ctx;
	uint64_t now = tw_loop_wall_ms();

	(void)request;
	tw_control_put(c, json_pack("{s:b s:s s:i s:o s:s s:o s:f s:i s:s s:s s:i s:o s:o}",
	    "ok", 1, "version", TW_VERSION, "pid", (int)tw_process_id(),
	    "configuration", tw_control_text(p->set->config->path),
	    "state", p->ending ? "ending" : "serving",
	    "since", tw_control_time((int64_t)(p->began_ms / 1000)),
	    "seconds", (double)(now > p->began_ms ? now - p->began_ms : 0) / 1000,
	    "reloads", (int)p->reloads,
	    "keys", p->set->config->keys_in_process ? "process" : "inline",
	    "records", p->set->config->own_records ? "own" : "library",
	    "bans", (int)tw_bans_count(tw_admission_bans(p->guard), tw_loop_now_ms(p->loop)),
	    "workers", workers(p), "listeners", listeners(p)));
}

/* ---- certificates ---- */

static json_t *
names_of(const struct tw_served *s)
{
	json_t *all = json_array();
	const char *p = s->names;

	while (*p != '\0') {
		size_t n = strcspn(p, "\n");

		json_array_append_new(all, json_stringn(p, n));
		p += n + (p[n] == '\n');
	}
	return all;
}

static json_t *
certificate(const struct tw_config_certificate *c, const struct tw_served *s, int64_t now)
{
	if (s == NULL || !s->read)
		return json_pack("{s:o s:o s:o}", "certificate", tw_control_text(c->name),
		    "file", tw_control_text(c->chain), "subject", json_null());
	return json_pack("{s:o s:o s:s s:o s:b s:o s:o s:f s:s s:s s:s}",
	    "certificate", tw_control_text(c->name), "file", tw_control_text(c->chain),
	    "subject", s->subject, "names", names_of(s), "more_names", s->more_names,
	    "not_before", tw_control_time(s->not_before),
	    "not_after", tw_control_time(s->not_after),
	    /* As an audit says it, to a tenth. */
	    "days_left", (double)((s->not_after - now) * 10 / 86400) / 10,
	    "serial", s->serial, "sha256", s->sha256, "key", s->key);
}

static bool
more_certificates(struct tw_desk_client *c, struct tw_control_list *l)
{
	const struct tw_gate_set *s = ((struct tw_gate_parent *)c->ctx)->set;
	int64_t now = (int64_t)(tw_loop_wall_ms() / 1000);

	for (unsigned k = 0; k < SOME && l->cursor < s->config->certificates_n; k++, l->cursor++)
		tw_control_put(c, certificate(&s->config->certificates[l->cursor],
		    s->served == NULL ? NULL : &s->served[l->cursor], now));
	if (l->cursor < s->config->certificates_n)
		return true;
	tw_control_put(c, json_pack("{s:b s:I}", "ok", 1, "certificates", (json_int_t)l->cursor));
	return false;
}

static void
certificates(struct tw_desk_client *c, const json_t *request)
{
	(void)request;
	(void)tw_control_list_begin(c, more_certificates);
}

/* ---- bans ---- */

/* The moment on the wall that a monotonic one will be. */
static json_t *
until(const struct tw_gate_parent *p, uint64_t ms)
{
	uint64_t now = tw_loop_now_ms(p->loop), wall = tw_loop_wall_ms();

	return tw_control_time((int64_t)((ms > now ? wall + (ms - now) : wall) / 1000));
}

static json_t *
ban_line(const struct tw_gate_parent *p, const struct tw_ban *b)
{
	uint64_t now = tw_loop_now_ms(p->loop);
	char text[TW_NETWORK_TEXT];

	return json_pack("{s:s s:o s:I s:i s:s s:b s:o}",
	    "address", tw_networks_text(&b->network, text),
	    "until", until(p, b->until_ms),
	    "seconds_left", (json_int_t)(b->until_ms > now ? (b->until_ms - now + 999) / 1000 : 0),
	    "times", (int)b->times,
	    "kind", b->kind == TW_BAN_LOGIN ? "login" : b->kind == TW_BAN_HANDSHAKE ? "handshake" :
	    "hand", "firewall", b->firewall, "reason", tw_control_text(b->reason));
}

static bool
more_bans(struct tw_desk_client *c, struct tw_control_list *l)
{
	const struct tw_gate_parent *p = c->ctx;
	struct tw_ban v[SOME];
	size_t n = tw_bans_list(tw_admission_bans(p->guard), TW_BANS_PARENT, &l->cursor, false, v,
	    SOME, tw_loop_now_ms(p->loop));

	for (size_t i = 0; i < n; i++)
		tw_control_put(c, ban_line(p, &v[i]));
	l->count += n;
	if (n > 0)
		return true;
	tw_control_put(c, json_pack("{s:b s:I}", "ok", 1, "bans", (json_int_t)l->count));
	return false;
}

static void
bans(struct tw_desk_client *c, const json_t *request)
{
	(void)request;
	(void)tw_control_list_begin(c, more_bans);
}

/* Seconds, or text as in the configuration. False: it is neither. */
static bool
read_for(const json_t *v, uint64_t *ret_ms)
{
	int64_t ms;

	if (v == NULL) {
		*ret_ms = STANDARD_BAN_MS;
		return true;
	}
	if (json_is_integer(v) && json_integer_value(v) > 0 &&
	    json_integer_value(v) <= (json_int_t)(TW_BANS_FOREVER_MS / 1000)) {
		*ret_ms = (uint64_t)json_integer_value(v) * 1000;
		return true;
	}
	if (!json_is_string(v))
		return false;
	if (strcmp(json_string_value(v), "forever") == 0) {
		*ret_ms = TW_BANS_FOREVER_MS;
		return true;
	}
	if (!tw_text_parse_duration(json_string_value(v), &ms) || ms <= 0)
		return false;
	*ret_ms = (uint64_t)ms;
	return true;
}

static void
ban(struct tw_desk_client *c, const json_t *request)
{
	struct tw_gate_parent *p = c->ctx;
	const struct tw_config *config = p->set->config;
	const json_t *who = json_object_get(request, "address");
	const struct tw_networks *allow[TW_GATE_LISTENS];
	struct tw_bans_wish wish = {
		.who = { (const uint8_t *)json_string_value(who), json_string_length(who) },
		.reason = tw_bytes_of(json_string_value(json_object_get(request, "reason"))),
		.allow = allow,
	};
	struct tw_ban made;
	struct tw_err e;
	json_t *answer;

	if (!read_for(json_object_get(request, "for"), &wish.for_ms)) {
		tw_control_refuse(c, "\"for\" is a time: \"30s\", \"10m\", \"2h\", \"7d\", or "
		    "\"forever\"");
		return;
	}
	for (size_t i = 0; i < config->bans_n; i++) {
		wish.firewall |= config->bans[i].nftables;
		if (wish.allow_n < TW_GATE_LISTENS)
			allow[wish.allow_n++] = config->bans[i].allow;
	}
	if (tw_bans_hand_ban(tw_admission_bans(p->guard), &wish, tw_loop_now_ms(p->loop), &made,
	    &e) != 0) {
		tw_control_refuse(c, e.text);
		return;
	}
	answer = ban_line(p, &made);
	json_object_set_new(answer, "ok", json_true());
	tw_control_put(c, answer);
}

static void
unban(struct tw_desk_client *c, const json_t *request)
{
	struct tw_gate_parent *p = c->ctx;
	const json_t *who = json_object_get(request, "address");
	struct tw_network network;
	char text[TW_NETWORK_TEXT];
	struct tw_err e;

	if (tw_bans_hand_unban(tw_admission_bans(p->guard), (struct tw_bytes){
	    (const uint8_t *)json_string_value(who), json_string_length(who) },
	    tw_loop_now_ms(p->loop), &network, &e) != 0)
		tw_control_refuse(c, e.text);
	else
		tw_control_put(c, json_pack("{s:b s:s}", "ok", 1, "address",
		    tw_networks_text(&network, text)));
}

/* ---- reload ---- */

/* It is over when its answer is there: tw_control_loaded() says it. */
static bool
await_load(struct tw_desk_client *c, struct tw_control_list *l)
{
	(void)c;
	return l->loads > 0;
}

void
tw_control_loaded(struct tw_gate_parent *p, bool changed, const char *line)
{
	struct tw_desk_client *next, *c = p->control == NULL ? NULL : tw_desk_first(p->control);

	for (; c != NULL; c = next) {
		struct tw_control_list *l = c->own;

		next = c->next;
		if (l == NULL || l->more != await_load || l->loads == 0 || --l->loads > 0)
			continue;
		if (changed)
			tw_control_put(c, json_pack("{s:b s:i s:s}", "ok", 1, "reloads",
			    (int)p->reloads, "said", line));
		else
			tw_control_refuse(c, line);
		tw_desk_settle(c);
	}
}

static void
reload(struct tw_desk_client *c, const json_t *request)
{
	struct tw_gate_parent *p = c->ctx;

	(void)request;
	if (p->ending) {
		tw_control_refuse(c, "the gateway is ending");
		return;
	}
	/* What is under way may have read the file before it was changed. */
	tw_control_list_begin(c, await_load)->loads = tw_reload_is_busy(p) ? 2 : 1;
	tw_reload(p);
}

const struct tw_control_command tw_control_commands[] = {
	{ "status", status },
	{ "sessions", tw_control_sessions },
	{ "certificates", certificates },
	{ "bans", bans },
	{ "ban", ban },
	{ "unban", unban },
	{ "reload", reload },
	{ NULL, NULL },
};

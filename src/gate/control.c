/*
 * The control socket: requests are read, and answered by the commands of
 * control_answers.c; see control.h. Long answers are given a piece at a time, as fast as
 * they are taken.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "gate/control_inside.h"
#include "net/control_socket.h"

void
tw_control_put(struct tw_desk_client *c, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(line);
	if (text == NULL)
		abort();
	tw_buf_str(&c->out, text);
	tw_buf_u8(&c->out, '\n');
	free(text);
}

void
tw_control_refuse(struct tw_desk_client *c, const char *why)
{
	tw_control_put(c, json_pack("{s:b s:o}", "ok", 0, "error", tw_control_text(why)));
}

json_t *
tw_control_text(const char *s)
{
	struct tw_buf b;
	json_t *v;

	if (s == NULL)
		return json_null();
	tw_buf_init(&b, 65536);
	tw_text_escape(&b, tw_bytes_of(s));
	v = json_string(tw_buf_cstr(&b));
	tw_buf_clear(&b);
	return v;
}

json_t *
tw_control_time(int64_t seconds)
{
	char text[32];

	return json_string(tw_text_time(seconds, text));
}

static void
obey(struct tw_desk_client *c, struct tw_bytes line)
{
	json_error_t why;
	json_t *request = json_loadb((const char *)line.p, line.n, JSON_REJECT_DUPLICATES, &why);
	const char *word = json_string_value(json_object_get(request, "command"));
	const struct tw_control_command *k = tw_control_commands;

	if (word == NULL) {
		tw_control_refuse(c, request == NULL ? "that is no JSON: a line looks like "
		    "{\"command\": \"status\"}" : "an object with a \"command\" is wanted");
		json_decref(request);
		return;
	}
	while (k->name != NULL && strcmp(k->name, word) != 0)
		k++;
	if (k->name == NULL)
		tw_control_refuse(c, "there is no such command");
	else
		k->run(c, request);
	json_decref(request);
}

static void
on_request(struct tw_desk_client *c)
{
	const uint8_t *end;

	while (!c->busy && c->out.n == 0 &&
	    (end = memchr(c->in, '\n', c->in_n)) != NULL) {
		size_t n = (size_t)(end - c->in);
		uint8_t line[TW_DESK_IN];

		memcpy(line, c->in, n);
		tw_desk_take(c, n + 1);
		if (n > 0)
			obey(c, (struct tw_bytes){ line, n });
	}
	if (!c->busy && c->out.n == 0 && c->in_n == sizeof(c->in)) {
		tw_control_refuse(c, "the line is too long");
		c->last = true;
	}
}

static void
on_drained(struct tw_desk_client *c)
{
	struct tw_control_list *l = c->own;

	if (l->more(c, l))
		return;
	c->own = NULL;
	c->busy = false;
	free(l);
}

static void
on_gone(struct tw_desk_client *c)
{
	free(c->own);
}

struct tw_control_list *
tw_control_list_begin(struct tw_desk_client *c, bool (*more)(struct tw_desk_client *c,
    struct tw_control_list *l))
{
	struct tw_control_list *l = calloc(1, sizeof(*l));

	if (l == NULL)
		abort();
	l->more = more;
	c->own = l;
	c->busy = true;
	return l;
}

static const struct tw_desk_kind kind = {
	.most = 8,
	.step_ms = 30000,
	.total_ms = 600000,
	.out = 1u << 20,
	.heard = on_request,
	.drained = on_drained,
	.gone = on_gone,
};

void
tw_control_close(struct tw_gate_parent *p)
{
	tw_desk_close(p->control);
	if (p->control_at != NULL)
		tw_control_socket_remove(p->control_at, &p->control_file);
	free(p->control_at);
	p->control = NULL;
	p->control_at = NULL;
}

int
tw_control_open(struct tw_gate_parent *p, const struct tw_config *c, struct tw_err *e)
{
	struct tw_control_file file;
	int fd;

	if (c->control == NULL) {
		tw_control_close(p);
		return 0;
	}
	if (p->control_at != NULL && strcmp(p->control_at, c->control) == 0)
		return 0;
	fd = tw_control_socket_open(c->control, c->user == NULL ? (gid_t)-1 : p->identity.gid,
	    &file, e);
	if (fd < 0)
		return -1;
	tw_control_close(p);
	p->control = tw_desk_open(p->loop, fd, &kind, p);
	p->control_file = file;
	if ((p->control_at = strdup(c->control)) == NULL)
		abort();
	return 0;
}

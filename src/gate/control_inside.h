/* control_inside.h -- between the files of the control socket: requests, answers, lists. */
#ifndef TW_GATE_CONTROL_INSIDE_H
#define TW_GATE_CONTROL_INSIDE_H

#include <jansson.h>

#include "gate/control.h"

struct tw_control_command {
	const char *name;
	void (*run)(struct tw_desk_client *c, const json_t *request);
};
extern const struct tw_control_command tw_control_commands[];	/* a NULL name ends it */

/* An answer of many lines, under way. */
struct tw_control_list {
	/* Says some more; false: that was all, its last line included. */
	bool (*more)(struct tw_desk_client *c, struct tw_control_list *l);
	size_t cursor;			/* of bans, certificates */
	size_t count;			/* told */
	unsigned worker;		/* sessions: who is asked, … */
	uint32_t from, serial;		/* … from which row on, … */
	bool waiting;			/* … and has not answered yet */
	unsigned silent;		/* workers that ended meanwhile */
	unsigned loads;			/* reload: ends of one to wait for */
};

struct tw_control_list *tw_control_list_begin(struct tw_desk_client *c,
    bool (*more)(struct tw_desk_client *c, struct tw_control_list *l));

/* One line to c; line is taken. */
void tw_control_put(struct tw_desk_client *c, json_t *line);
/* The last line of an answer that is none: {"ok": false, "error": why}. */
void tw_control_refuse(struct tw_desk_client *c, const char *why);
json_t *tw_control_text(const char *s);		/* escaped; NULL: null */
json_t *tw_control_time(int64_t seconds);	/* Unix time as "2026-11-23T18:00:00Z" */

/* control_sessions.c */
void tw_control_sessions(struct tw_desk_client *c, const json_t *request);

#endif

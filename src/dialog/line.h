/*
 * line.h -- dialogs of line protocols, written as tables: the client side is
 * rules (in this state, to such a line, this is said), the server side is
 * commands (to this word, this is answered). Services are the callers.
 *
 * In what is said "%h" is the server's name, "%m" our own, "%t" the tag of the
 * client's command.
 */
#ifndef TW_DIALOG_LINE_H
#define TW_DIALOG_LINE_H

#include "dialog/frame.h"

enum tw_line_when { TW_ALWAYS, TW_IF_OFFERED, TW_IF_NOT_OFFERED };

/*
 * Client: the first rule of the present state that fits the message is
 * followed. Where none fits, the peer does not speak the protocol.
 */
struct tw_line_rule {
	unsigned state;
	const char *expect;	/* how the message begins, any case */
	enum tw_line_when when;	/* and whether TLS was offered so far */
	unsigned next;		/* the state after it, for TW_MORE */
	const char *say;	/* or NULL */
	enum tw_turn turn;
	enum tw_dialog_flaw flaw;
};

/* What a rule does, for use in rows: go on in a state (and say), or end. */
#define TW_GO(next_state, words) .next = (next_state), .say = (words)
#define TW_END(end, why) .turn = (end), .flaw = (why)
#define TW_OFFERED .when = TW_IF_OFFERED
#define TW_UNOFFERED .when = TW_IF_NOT_OFFERED

/* Server: the first row that fits is answered; the one with no word fits all. */
struct tw_line_command {
	const char *word;
	const char *argument;	/* NULL: any or none; "": none; else just that, any case */
	const char *reply;
	enum tw_turn turn;
};

struct tw_line {
	/* Client and backend. */
	const char *opens;		/* said first, or NULL */
	const struct tw_line_rule *rules;
	size_t rules_n;
	/* Sees every message before the rules do: capabilities, what is offered. */
	void (*hears)(struct tw_dialog *d, struct tw_bytes msg);
	/* Server. */
	const char *greeting;
	const struct tw_line_command *commands;
	bool tagged;			/* "a1 STARTTLS" */
	const char *no_literals;	/* said before closing where a command ends in "{5+}" */
};

enum tw_turn tw_line_open(struct tw_dialog *d);
enum tw_turn tw_line_follow(struct tw_dialog *d, struct tw_bytes msg);
enum tw_turn tw_line_obey(struct tw_dialog *d, struct tw_bytes msg);

/* Says a template; tag is what "%t" stands for. Of names no byte below "!" is said. */
void tw_line_say(struct tw_dialog *d, const char *t, struct tw_bytes tag);
/* Takes the next word (blanks or a line end around it) from *b; false: there is none. */
bool tw_line_word(struct tw_bytes *b, struct tw_bytes *ret_word);
/* Takes the next line from *b, without its end; false: b is empty. */
bool tw_line_next(struct tw_bytes *b, struct tw_bytes *ret_line);
/* Is the word equal to s, any case? */
bool tw_line_is(struct tw_bytes word, const char *s);
/* Does a refusal ask to come back later ("too many connections")? */
bool tw_line_throttles(struct tw_bytes msg);
/* Does a refusal say that it is for want of encryption ("TLS required", "only under a layer")? */
bool tw_line_wants_tls(struct tw_bytes msg);
/* Notes the answer to the first step of a login, tried in the clear: taken, or refused for that. */
void tw_line_hears_trial(struct tw_dialog *d, struct tw_bytes msg, bool taken);

#define TW_LINE_CLIENT(framing, table, hearing) { .open = tw_line_open, \
	.frame = framing, .step = tw_line_follow, \
	.data = &(const struct tw_line){ .rules = table, .rules_n = TW_COUNT(table), \
	    .hears = hearing } }
/* The last arguments are what else a server's tables need: .tagged, .no_literals. */
#define TW_LINE_SERVER(hello, ...) { .open = tw_line_open, \
	.frame = tw_frame_line, .step = tw_line_obey, \
	.data = &(const struct tw_line){ .greeting = hello, .commands = __VA_ARGS__ } }

#endif

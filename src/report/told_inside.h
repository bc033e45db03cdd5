/* told_inside.h -- what told.c and told_choice.c share: rows, and the teller of each message. */
#ifndef TW_REPORT_TOLD_INSIDE_H
#define TW_REPORT_TOLD_INSIDE_H

#include "report/told.h"

#define TW_TOLD_INDENT	18	/* columns: where a message's name begins */
#define TW_TOLD_TEXT	32	/* and the text behind a label */

/* "label   text", wrapped; nothing where the text is NULL or empty. */
void tw_told_row(struct tw_told *t, const char *label, const char *text);
void tw_told_certificate(struct tw_told *t);
void tw_told_scheme(struct tw_told *t, uint16_t code, const char *what);

/* Bodies of messages; what the server says has been read into t->flight. */
void tw_told_client_hello(struct tw_told *t, struct tw_bytes body);
void tw_told_server_hello(struct tw_told *t, struct tw_bytes body);
void tw_told_ticket(struct tw_told *t, struct tw_bytes body);
void tw_told_extensions(struct tw_told *t, struct tw_bytes body);
void tw_told_server_certificate(struct tw_told *t, struct tw_bytes body);
void tw_told_key_exchange(struct tw_told *t, struct tw_bytes body);
void tw_told_verify(struct tw_told *t, struct tw_bytes body);

#endif

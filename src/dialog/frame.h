/*
 * frame.h -- "is a whole message here?" of line protocols. Every function has
 * the shape of tw_side's frame(): a length, 0 for not yet, -1 for never.
 */
#ifndef TW_DIALOG_FRAME_H
#define TW_DIALOG_FRAME_H

#include "dialog/dialog.h"

typedef ptrdiff_t tw_frame_fn(const struct tw_dialog *d, struct tw_bytes in);

/* To LF. -1 where a control byte says that this is no text. */
tw_frame_fn tw_frame_line;
/* To the first line that is not "250-": SMTP (RFC 5321 4.2.1). */
tw_frame_fn tw_frame_reply;
/* "211-" to the line that begins "211 ", whatever lies between: FTP (RFC 959 4.2). */
tw_frame_fn tw_frame_block;
/* To the line ".": POP3's and NNTP's multi-line answers (RFC 1939 3, RFC 3977 3.1.1). */
tw_frame_fn tw_frame_dotted;

#endif

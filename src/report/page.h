/*
 * page.h -- lines for a person: labels in a column, text wrapped at words, colour
 * where it is wanted. Every string is escaped here on its way out: the one place.
 */
#ifndef TW_REPORT_PAGE_H
#define TW_REPORT_PAGE_H

#include "report/report.h"

#define TW_PAGE_LABEL 16	/* where the text behind a label begins */

enum tw_ink { TW_INK_PLAIN, TW_INK_BOLD, TW_INK_DIM, TW_INK_GOOD, TW_INK_NOTE, TW_INK_WARN,
	TW_INK_BAD };

struct tw_page {
	struct tw_buf *out;
	bool color;
	unsigned width, column;
};

void tw_page_init(struct tw_page *p, const struct tw_report_style *style, struct tw_buf *out);
void tw_page_newline(struct tw_page *p);
/* Blanks up to column, if it is not there yet. */
void tw_page_to(struct tw_page *p, unsigned column);
/* Puts s where the line stands, not wrapped. */
void tw_page_put(struct tw_page *p, enum tw_ink ink, const char *s);
void tw_page_fmt(struct tw_page *p, enum tw_ink ink, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts s from where the line stands, wrapped at blanks, further lines from indent; ends it. */
void tw_page_wrap(struct tw_page *p, unsigned indent, enum tw_ink ink, const char *s);
/* Begins a row: the label at indent, then blanks to TW_PAGE_LABEL. */
void tw_page_label(struct tw_page *p, unsigned indent, const char *label);
/* A whole row: label and wrapped text. Nothing where text is NULL or empty. */
void tw_page_row(struct tw_page *p, unsigned indent, const char *label, const char *text);

enum tw_ink tw_page_ink_of(enum tw_severity severity);
/* "mail.example.com:143", "[2001:db8::7]:443", or the target where there is no port. */
const char *tw_page_endpoint(struct tw_arena *a, const struct tw_facts *f);

#endif

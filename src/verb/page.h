/* page.h -- text for a person at a terminal: width, colour, wrapped paragraphs. For verbs. */
#ifndef TW_VERB_PAGE_H
#define TW_VERB_PAGE_H

#include <stdbool.h>
#include <stdio.h>

/* Columns to fill: the terminal's (or COLUMNS), between 40 and 88; 78 where there is none. */
int tw_page_width(FILE *to);
/* Colour only on a terminal, and not where NO_COLOR is set or TERM is "dumb". */
bool tw_page_colour(FILE *to);

/* A heading line, bold where colour is. */
void tw_page_title(FILE *to, const char *title);
/* "label      value", the value wrapped and hung behind the label; nothing for NULL or "". */
void tw_page_field(FILE *to, const char *label, const char *value);
/* Markdown in a small dialect: paragraphs, "- " lists, "## " headings, `code`, and lines
 * indented by four blanks, which stay as they are, indented by two. */
void tw_page_text(FILE *to, const char *text);
/* Display columns of UTF-8 text (each code point counts one). */
int tw_page_columns(const char *s);

#endif

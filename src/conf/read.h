/* read.h -- what the tokenizers of this folder share: pieces out, put together by read.c. */
#ifndef TW_CONF_READ_H
#define TW_CONF_READ_H

#include "conf/conf.h"

/* A directive, the beginning of a block (with its words), or its end (without). */
enum tw_piece_kind { TW_PIECE_LINE, TW_PIECE_OPEN, TW_PIECE_CLOSE };

struct tw_piece {
	enum tw_piece_kind kind;
	const char *file;
	unsigned line;
	const char **words;
	size_t n;
};

struct tw_reader {
	struct tw_arena *arena;
	enum tw_conf_server server;
	struct tw_bytes rest;		/* not read yet */
	const char *file;		/* being read, and the line in it */
	unsigned line;
	TW_LIST(struct tw_piece) pieces;
	const char *words[TW_CONF_WORDS + 1];	/* of the directive being read */
	size_t n;
	unsigned word_line;		/* where that directive begins */
	const char *flaw;		/* what is wrong with the text; NULL: nothing */
	unsigned flaw_line;
};

/* The tokenizers: r->rest into r->pieces, as far as it makes sense. */
void tw_read_block(struct tw_reader *r);	/* nginx */
void tw_read_assign(struct tw_reader *r);	/* Postfix, Dovecot */
void tw_read_section(struct tw_reader *r);		/* Apache, HAProxy */

/* Takes the next line without its end; false: there is none. Counts it. */
bool tw_read_line(struct tw_reader *r, struct tw_bytes *ret_line);
/* Adds a word to the directive being read. */
void tw_read_word(struct tw_reader *r, struct tw_bytes word);
/* Parts a text at blanks, with quotes taken off, into words of that directive. */
void tw_read_words(struct tw_reader *r, struct tw_bytes text);
/* The directive being read is whole; nothing where it has no words (an end has none). */
void tw_read_piece(struct tw_reader *r, enum tw_piece_kind kind);
/* From here on it is another file: the next line is its first. */
void tw_read_file(struct tw_reader *r, struct tw_bytes name);
/* Says what is wrong, where nothing was before. */
void tw_read_flaw(struct tw_reader *r, const char *flaw);
struct tw_bytes tw_read_trim(struct tw_bytes text);	/* blanks at both ends */

#endif

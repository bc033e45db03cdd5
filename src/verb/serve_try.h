/* serve_try.h -- serve --try: a backend is fronted at once, for a look. */
#ifndef TW_VERB_SERVE_TRY_H
#define TW_VERB_SERVE_TRY_H

/* words: SERVICE and BACKEND. Serves until it is ended; the exit status. */
int tw_serve_try(char *const *words, int words_n);

#endif

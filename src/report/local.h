/*
 * local.h -- what `diagnose --local` says of this machine, for a person and as JSON.
 * Pure: struct tw_machine in, bytes out.
 */
#ifndef TW_REPORT_LOCAL_H
#define TW_REPORT_LOCAL_H

#include "host/machine.h"
#include "report/report.h"

void tw_local_text(const struct tw_machine *m, const struct tw_report_style *style,
    struct tw_buf *out);
void tw_local_json(const struct tw_machine *m, struct tw_buf *out);	/* one object, one line */

/* local_words.c: parts of sentences, in the arena. */
/* "10.0.0.0/8 and 192.0.2.7", "everyone", "everyone but 203.0.113.9". */
const char *tw_local_sources(struct tw_arena *a, struct tw_ranges x, bool v6);
/* "open to everyone", "open to 10.0.0.0/8; silence for everyone else (inet filter, …)". */
const char *tw_local_passage(struct tw_arena *a, const struct tw_passage *p, bool v6);
/* "*:443", "127.0.0.1:5432 and [::1]:5432" */
const char *tw_local_addresses(struct tw_arena *a, const struct tw_listener *l);
/* "nginx (pid 12 and 3 more, root)", "a process of user postgres" */
const char *tw_local_process(struct tw_arena *a, const struct tw_listener *l);
/* "https, TLS 1.3 and TLS 1.2", "smtp, STARTTLS", "ssh: not TLS". */
const char *tw_local_service(struct tw_arena *a, const struct tw_listener *l);
/* Who may reach it, in one sentence. */
const char *tw_local_exposure(struct tw_arena *a, const struct tw_machine *m,
    const struct tw_listener *l);
/* The service's word: what it was recognised as, else the registry's for its port; NULL. */
const char *tw_local_service_word(const struct tw_listener *l);

#endif

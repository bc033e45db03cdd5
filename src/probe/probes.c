/* The table of probes, from the list in meson.build. */
#include "probe/probe.h"

#define PROBE(name) extern const struct tw_probe tw_probe_##name;
#include "probe/probes.def"
#undef PROBE

const struct tw_probe *const tw_probes[] = {
#define PROBE(name) &tw_probe_##name,
#include "probe/probes.def"
#undef PROBE
	NULL
};

/* The hail alone: lists.c keeps what it shows. */
const struct tw_probe *const tw_quick_probes[] = { &tw_probe_lists, NULL };

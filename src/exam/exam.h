/*
 * exam.h -- the planner: a target in, facts out. It resolves, reaches,
 * recognises, runs the dialogue and asks the probes' questions side by side,
 * within what the server bears. audit, watch and serve's self-audit call it.
 */
#ifndef TW_EXAM_EXAM_H
#define TW_EXAM_EXAM_H

#include "probe/facts.h"

#endif

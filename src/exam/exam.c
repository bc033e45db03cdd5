/* The planner; see exam.h. */
#include "exam/exam.h"

// SPDX-License-Identifier: GPL-2.0
/* Tracepoints: what makes them, here alone. */
#define CREATE_TRACE_POINTS
#include "trace.h"

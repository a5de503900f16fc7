/* SPDX-License-Identifier: GPL-2.0 */
/* Running inputs: on one stage, by one thread or by several. */
#ifndef FUZZ_RUN_H
#define FUZZ_RUN_H

#include "input.h"

extern void (*on_thread)(unsigned int number);

void run_input(const struct input *input);

#endif

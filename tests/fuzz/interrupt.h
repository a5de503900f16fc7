/* SPDX-License-Identifier: GPL-2.0 */
/* Signals for a thread that may sleep for ever in a call, so that it does not. */
#ifndef FUZZ_INTERRUPT_H
#define FUZZ_INTERRUPT_H

void interrupt_begin(void);
void interrupt_end(void);

#endif

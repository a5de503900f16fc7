/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ends a program that waits, when it is ready to: SIGINT, SIGTERM, SIGHUP, and
 * that nobody can see its output any more.
 */
#ifndef MSGSLOT_INTERRUPT_H
#define MSGSLOT_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

/* From now on. A second one ends it at once. */
void interrupt_catch(void);

/**
 * interrupt_wait() - until there is something to read, or the program should end
 * @fd: where from
 * @timeout: for how long, in nanoseconds
 *
 * Return: 1 for something to read, 0 when the time is over, or -1 for either:
 * interrupt_came() says whether to end.
 */
int interrupt_wait(int fd, uint64_t timeout);

bool interrupt_came(void);

#endif /* MSGSLOT_INTERRUPT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What the server waits for. Nothing is done when it happens but to note it. */
#ifndef MSGSLOT_SERVE_LOOP_H
#define MSGSLOT_SERVE_LOOP_H

#include <stdint.h>

/**
 * struct source - a descriptor that is waited for
 * @fd: the descriptor
 * @ready: called once when it can be read; it must not free a source
 * @data: given to it
 */
struct source {
	int fd;
	void (*ready)(void *data);
	void *data;
};

/* Return: 0 or -errno; the source must stay where it is until loop_remove(). */
int loop_add(struct source *source);

/* To have it called again. */
void loop_again(struct source *source);

void loop_remove(struct source *source);

/* Something has happened already: the next loop_wait() does not wait. */
void loop_soon(void);

/* Waits until something has happened, but not for longer than this, in nanoseconds. */
void loop_wait(uint64_t timeout);

#endif /* MSGSLOT_SERVE_LOOP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot that the command line named, and what libmsgslot leaves to its users:
 * room for messages of any size, and going on after signals.
 */
#ifndef MSGSLOT_SLOT_H
#define MSGSLOT_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "msgslot.h"

struct slot {
	const char *path;
	int fd;
};

/* The environment variable that has the descriptor which holds a claim. */
#define SLOT_CLAIMED_FD "MSGSLOT_FD"

/* @mode: O_RDONLY, O_WRONLY or O_RDWR. Return: 0 or -errno, as all of these. */
int slot_open(struct slot *slot, const char *path, int mode);

void slot_close(struct slot *slot);

/*
 * To write by the descriptor that a claim was passed on with, if there is one for
 * this slot, for any other open file would be refused; else as slot_open().
 */
int slot_open_to_write(struct slot *slot, const char *path);

/* Makes room for the message as needed; its record is filled in as the ABI says. */
int slot_get(const struct slot *slot, uint32_t channel,
	     struct message *message);

/* Waits @timeout ns for a message with a version above @version. */
int slot_wait(const struct slot *slot, uint32_t channel, uint64_t version,
	      uint64_t timeout, struct message *message);

#endif /* MSGSLOT_SLOT_H */

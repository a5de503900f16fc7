/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot, and every call to the kernel that only slots know: nothing else here
 * has a MSG_SLOT_ command. Calls return 0 or a negative errno.
 */
#ifndef MSGSLOT_SLOT_H
#define MSGSLOT_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"

struct slot {
	const char *path;
	int fd;
};

/* The environment variable that has the descriptor which holds a claim. */
#define SLOT_CLAIMED_FD "MSGSLOT_FD"

/* @mode: O_RDONLY, O_WRONLY or O_RDWR. */
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

int slot_put(const struct slot *slot, struct msg_slot_put *put);
int slot_clear(const struct slot *slot, struct msg_slot_clear *clear);
int slot_claim(const struct slot *slot, const struct msg_slot_claim *claim);
int slot_release(const struct slot *slot, uint32_t channel);
int slot_limits(const struct slot *slot, struct msg_slot_limits *limits);
int slot_set_limits(const struct slot *slot,
		    const struct msg_slot_limits *limits);
int slot_usage(const struct slot *slot, struct msg_slot_usage *usage);

/* Return: a descriptor to read events from, which never waits; or -errno. */
int slot_watch(const struct slot *slot, const uint32_t *channels, size_t count);

/* Whether it is a slot at all, for when a call failed. */
bool slot_is_one(const struct slot *slot);

#endif /* MSGSLOT_SLOT_H */

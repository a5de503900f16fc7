/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot that the command line named, and what libmsgslot leaves to its users:
 * room for messages of any size, and going on after signals.
 */
#ifndef MSGSLOT_SLOT_H
#define MSGSLOT_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "msgslot.h"

/**
 * struct slot - a slot
 * @path: what it was called by: a path or a name
 * @fd: its descriptor, or that of one channel
 * @has_names: its channels may have names: it is in a slotfs, and no device
 * @only: the name of the channel that @fd is of, as the whole slot may not be opened;
 *	or NULL
 * @only_id: its id, or 0 if that can't be known: the selected one
 * @names: the names that name_find() remembers
 */
struct slot {
	const char *path;
	int fd;
	bool has_names;
	const char *only;
	uint32_t only_id;
	struct names *names;
};

/* The environment variable that has the descriptor which holds a claim. */
#define SLOT_CLAIMED_FD "MSGSLOT_FD"

/* @mode: O_RDONLY, O_WRONLY or O_RDWR. Return: 0 or -errno, as all of these. */
int slot_open(struct slot *slot, const char *path, int mode);

/*
 * For @channel alone, or for all if that is NULL: who may not open the slot may open the
 * channel's file. With O_CREAT in @mode that is made.
 */
int slot_open_for(struct slot *slot, const char *path, const char *channel,
		  int mode);

void slot_close(struct slot *slot);

/*
 * To write by the descriptor that a claim was passed on with, if there is one for
 * this slot or channel, for any other open file would be refused; else as
 * slot_open_for(). @mode: 0 or O_CREAT.
 */
int slot_open_to_write(struct slot *slot, const char *path, const char *channel,
		       int mode);

/* The id of a channel by its number or name; -EINVAL if it is neither, for this slot. */
int slot_find(const struct slot *slot, const char *channel, uint32_t *id);

/* Likewise; a name that is missing is made. */
int slot_make(const struct slot *slot, const char *channel, uint32_t *id);

/* Likewise, and a number is given a file as well. */
int slot_make_file(const struct slot *slot, const char *channel, uint32_t *id);

/* Makes room for the message as needed; its record is filled in as the ABI says. */
int slot_get(const struct slot *slot, uint32_t channel,
	     struct message *message);

/* Waits @timeout ns for a message with a version above @version. */
int slot_wait(const struct slot *slot, uint32_t channel, uint64_t version,
	      uint64_t timeout, struct message *message);

#endif /* MSGSLOT_SLOT_H */

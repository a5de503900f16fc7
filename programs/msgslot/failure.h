/* SPDX-License-Identifier: GPL-2.0 */
/* What a failed call means to a person. */
#ifndef MSGSLOT_FAILURE_H
#define MSGSLOT_FAILURE_H

#include "slot.h"

/**
 * struct failure - a call that failed
 * @slot: where
 * @channel: its id, if it was about one
 * @size: the size of the message, if one was to be written
 * @error: -errno
 */
struct failure {
	const struct slot *slot;
	uint32_t channel;
	size_t size;
	int error;
};

/* Room for the words, and their end. */
#define FAILURE_WORDS 256

void failure_words(const struct failure *failure,
		   char words[static FAILURE_WORDS]);

/* The exit status that it gives. */
int failure_status(const struct failure *failure);

/* Says what failed: the fields of a &struct failure. Return: its exit status. */
int failure_complain(const struct slot *slot, uint32_t channel, size_t size,
		     int error);

/* Likewise of a condition: the channel has version @is, not @wanted. */
int failure_complain_version(const struct slot *slot, uint32_t channel,
			     uint64_t wanted, uint64_t is);

/* Likewise, for a name that is not there, and so has no message of any version. */
int failure_complain_nothing(const struct slot *slot, const char *channel);

/* Of a channel that could not be found or made. Return: the exit status. */
int failure_complain_channel(const struct slot *slot, const char *channel,
			     int error);

/* Likewise; in words. */
void failure_channel_words(const struct slot *slot, const char *channel,
			   int error, char words[static FAILURE_WORDS]);

/* As failure_complain(), and ends the program. */
_Noreturn void failure_die(const struct slot *slot, uint32_t channel,
			   size_t size, int error);

/* Of opening a slot, or of something that is not about a channel. */
_Noreturn void failure_die_slot(const struct slot *slot, int error);

/* The id of a channel, as slot_find() has it, or the program ends. */
uint32_t failure_or_channel(const struct slot *slot, const char *channel);

#endif /* MSGSLOT_FAILURE_H */

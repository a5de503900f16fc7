/* SPDX-License-Identifier: GPL-2.0 */
/* The messages of a whole slot, as its watch has told them so far. */
#ifndef MSGSLOT_BOARD_H
#define MSGSLOT_BOARD_H

#include "slot.h"

/**
 * struct channel - a channel
 * @message: what was told of it last; a channel whose message has gone stays
 * @version: of the last message that it had
 * @born: when the message was written, by CLOCK_BOOTTIME
 * @round: when the channel was told of last
 * @changes: how often it changed, as far as is known
 * @measured: @changes at the last board_measure()
 * @rate: changes in a second, between the last two
 */
struct channel {
	struct message message;
	uint64_t version;
	uint64_t born;
	uint64_t round;
	uint64_t changes;
	uint64_t measured;
	double rate;
};

/**
 * struct board - a slot's channels
 * @channels: a tree of &struct channel, by tsearch()
 * @round: the number of times that it was brought up to date
 * @present: how many channels have a message
 */
struct board {
	void *channels;
	uint64_t round;
	size_t present;
};

/**
 * board_catch_up() - take in what happened since the last time
 *
 * Ends at the latest when a channel comes a second time, for by then all others
 * had their turn: however fast they are written to, it ends.
 *
 * @slot: the slot
 * @watch: its watch
 * @told: if not NULL, called after each event
 *
 * Return: 0 or -errno.
 */
int board_catch_up(struct board *board, const struct slot *slot,
		   struct msgslot_watch *watch, void (*told)(size_t events));

/* Return: an array of those that have a message, by channel, for free(). */
struct channel **board_present(const struct board *board);

/* What changed in the @seconds since the last time are the rates now. */
void board_measure(struct board *board, double seconds);

void board_free(struct board *board);

/* The messages of a slot as they are now, or else the program ends. */
void board_read(struct board *board, const struct slot *slot,
		void (*told)(size_t events));

#endif /* MSGSLOT_BOARD_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a slot has, as one watch tells it to all who look: streams and tables. While nobody
 * does there is no watch. Of several changes of a channel that come within a frame only
 * the last is known, so what each client is told is bounded by the number of channels.
 *
 * Each change has a sequence number. Whoever has been told everything up to one asks for
 * what came after it. Channels without a message are kept for these, but not for ever:
 * who was told less than the mirror's floor must begin anew.
 */
#ifndef MSGSLOT_SERVE_MIRROR_H
#define MSGSLOT_SERVE_MIRROR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"

/* What is told comes at most so often: 20 times a second. */
#define MIRROR_FRAME 50000000ull

struct served;

/**
 * struct text - bytes that several clients are sending
 * @users: how many
 * @size: how many bytes
 * @bytes: these
 */
struct text {
	unsigned int users;
	size_t size;
	char bytes[];
};

/**
 * struct item - a channel
 * @message: what was told of it last
 * @name: its name, or NULL if it has none
 * @sequence: of its last change
 * @told: when that was told, by CLOCK_BOOTTIME
 * @round: in which round of the watch it was told of last
 * @text: that change as an event, once somebody wanted it; or NULL
 */
struct item {
	struct message message;
	char *name;
	uint64_t sequence;
	uint64_t told;
	uint64_t round;
	struct text *text;
};

/**
 * struct view - the channels that have a message, in the order of their names
 * @search: those that have this in their name or number; or NULL
 * @prefix: those whose names begin with this; or NULL
 * @items: these
 * @count: how many
 * @generation: the mirror's, when it was made
 * @used: when somebody last looked
 */
struct view {
	char *search;
	char *prefix;
	struct item **items;
	size_t count;
	uint64_t generation;
	uint64_t used;
};

struct mirror *mirror_make(struct served *served);

/* Somebody looks, and stops looking. Return: 0, or -errno if there is no slot to look at. */
int mirror_use(struct mirror *mirror);
void mirror_leave(struct mirror *mirror);

/* The slot is not there any more, or another is. */
void mirror_end(struct mirror *mirror);

/* Whether there is a slot, as far as it is known. */
bool mirror_is_live(const struct mirror *mirror);

/* Another number whenever its sequence begins anew, also by another server. */
uint64_t mirror_epoch(const struct mirror *mirror);

/* Of the last change, and the one below which it is not complete. */
uint64_t mirror_sequence(const struct mirror *mirror);
uint64_t mirror_floor(const struct mirror *mirror);

/* Another number whenever channels came, went or have other names. */
uint64_t mirror_generation(struct mirror *mirror);

/* The first change after a sequence number, or NULL. */
struct item *mirror_next(const struct mirror *mirror, uint64_t sequence);

/* The channel, or NULL. */
struct item *mirror_find(const struct mirror *mirror, uint32_t channel);

/* An item's message, or one that is a part of it, as json_of() has it. */
json_t *mirror_json(const struct mirror *mirror, const struct item *item,
		    const struct message *message);

/* An item's last change as a server-sent event, for text_release(). */
struct text *mirror_text(struct mirror *mirror, struct item *item);
void text_release(struct text *text);

/* Either may be NULL. The view is good until the next call of anything here. */
const struct view *mirror_view(struct mirror *mirror, const char *search,
			       const char *prefix);

/*
 * Takes in what the watches have told, if it is time. Return: when to call it again, by
 * CLOCK_MONOTONIC.
 */
uint64_t mirror_take_in(struct mirror *mirror, uint64_t now);

#endif /* MSGSLOT_SERVE_MIRROR_H */

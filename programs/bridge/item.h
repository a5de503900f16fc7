/* SPDX-License-Identifier: GPL-2.0 */
/* The channels of a rule: what is known of each, in the slot and in the store. */
#ifndef BRIDGE_ITEM_H
#define BRIDGE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base.h"

/**
 * struct item - a channel
 * @next: in the queue that it is in
 * @queued: it is in one
 * @name: the channel's name, or number
 * @key: the key of that
 * @channel: its id in the slot, or 0 if that is not known yet
 * @version: of the slot's message as far as was told, 0 for none
 * @gone: it had a message, and that went away there
 * @gone_at: when that was seen, or 0
 * @seen: it was told since the slot's watch began
 * @own: the version that this program has written to the slot itself
 * @claimed: this program has claimed it
 * @buried: its owner was found dead, and the slot's message is what the rule has for that
 * @revision: of the store's last change of the key
 * @refused: over which the store refused a put last
 * @present: the store has a value
 * @listed: it was among what the store has
 * @term: of that value, as @sent: what the owner calls it
 * @sent: its version
 * @age: of that message when it was sent: it is another where the message was renewed
 * @erased: of a copy: the store has told that it was erased since
 * @met: of a shared channel: the store has told of it since this program has the keys
 * @base: what the slot and the store had last in common of it
 * @sending: it is on its way, under @number
 * @number: see there
 * @sending_version: the version that is on its way, or was last, 0 if it is being erased
 * @sending_term: in which term
 * @first: the store is not complete before it has this
 * @too_large: the version that the engine does not take
 * @forced: it is to be sent although it is there, for its time to live is another
 * @over: when the time to live that was sent is over, or 0
 * @look: when to look whether it was renewed
 */
struct item {
	struct item *next;
	bool queued;
	char *name;
	char *key;
	uint32_t channel;
	uint64_t version;
	bool gone;
	uint64_t gone_at;
	bool seen;
	uint64_t own;
	bool claimed;
	bool buried;
	uint64_t revision;
	uint64_t refused;
	bool present;
	bool listed;
	uint64_t term;
	uint64_t sent;
	uint64_t age;
	bool erased;
	bool met;
	struct base base;
	bool sending;
	uint64_t number;
	uint64_t sending_version;
	uint64_t sending_term;
	bool first;
	uint64_t too_large;
	bool forced;
	uint64_t over;
	uint64_t look;
};

/**
 * struct items - all of them
 * @by_channel: a tree, by tsearch()
 * @by_key: likewise
 * @all: an array of them
 * @count: how many
 */
struct items {
	void *by_channel;
	void *by_key;
	struct item **all;
	size_t count;
};

/* Return: the item, or NULL. */
struct item *items_find_channel(const struct items *items, uint32_t channel);
struct item *items_find_key(const struct items *items, const char *key);

/* Of a name, which is new if it is not there. */
struct item *items_make(struct items *items, const char *name);

/* A name has another id when it was made again. */
void items_set_channel(struct items *items, struct item *item,
		       uint32_t channel);

void items_free(struct items *items);

/**
 * struct item_queue - items in a row
 * @first: the next
 * @last: where the end is
 */
struct item_queue {
	struct item *first;
	struct item *last;
};

/* Does nothing if it is in a queue. */
void item_queue_add(struct item_queue *queue, struct item *item);

struct item *item_queue_take(struct item_queue *queue);

#endif /* BRIDGE_ITEM_H */

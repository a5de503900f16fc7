/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract, in miniature: what a slot has, what each call on it comes to, and
 * with which errno. It says nothing of how: a channel is a size and a seed.
 *
 * Time has no place here. A message that is over soon is waited for by the act
 * that put it; all others live for hours.
 */
#ifndef FUZZ_MODEL_H
#define FUZZ_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "message_slot.h"

#define SLOTS 2u
#define CHANNELS 24u
#define FILES 8u
#define OPEN_FILES 64u
#define WATCHES 3u

/* A message: its bytes follow from these. Size 0: none. A frame is a memfd of them. */
struct text {
	uint32_t size;
	uint8_t seed;
	bool frame;
};

struct open_file;

/**
 * struct channel - a channel
 * @id: its id
 * @text: its message
 * @serial: another one with each message
 * @version: the version of @text, or 0 if nobody has told us yet
 * @above: all versions to come are above this
 * @mortal: @text has a time to live
 * @expired: the last message's time is over, which a watch may tell once more: first
 *	the clock says so, then it is taken away, at a time that nobody can see exactly
 * @owner: who has claimed it
 * @end: what happens then
 * @will: and with END_WILL, what is published
 */
struct channel {
	uint32_t id;
	struct text text;
	uint64_t serial;
	uint64_t version;
	uint64_t above;
	bool mortal;
	bool expired;
	struct open_file *owner;
	uint32_t end;
	struct text will;
};

struct slot {
	struct channel channels[CHANNELS];
	struct msg_slot_limits limits;
	/* What a channel counts for, which the interface leaves open. */
	uint64_t channel_bytes;
	/* All that there may be where a frame comes, if the slot has no limit. */
	uint64_t frame_bytes;
};

struct open_file {
	struct slot *slot;
	unsigned int users;
	bool can_read;
	bool can_write;
	bool nonblock;
	bool blocking;
	bool read_only;
	uint32_t selected;
	uint32_t only;
	uint32_t seen_id;
	uint64_t seen;
};

/**
 * struct watch - a watch
 * @slot: of this slot; NULL: there is none
 * @watched: which channels
 * @marked: those that have changed since they were told
 * @state: those that are the present state and were not told yet
 * @completes: it is still to be told that this state is complete
 */
struct watch {
	struct slot *slot;
	bool watched[CHANNELS];
	bool marked[CHANNELS];
	bool state[CHANNELS];
	bool completes;
};

struct model {
	struct slot slots[SLOTS];
	struct open_file files[OPEN_FILES];
	struct watch watches[WATCHES];
	uint64_t serials;
	/* Whether any message has expired since the slots were empty. */
	bool expired;
};

/* How a message is to be written. */
struct writing {
	struct text text;
	/* Of the message's bytes, how many are memory of the caller's. */
	uint32_t there;
	/* Of a frame: 0, or what is wrong with its descriptor. */
	long refused;
	bool conditional;
	uint64_t version;
	bool mortal;
};

/**
 * struct part - what a commit is to make of a channel
 * @channel: the channel
 * @clears: its message is to be taken away
 * @writing: what is to be written, or only on what condition; its version becomes what is
 *	told
 */
struct part {
	struct channel *channel;
	bool clears;
	struct writing writing;
};

void model_init(struct model *model);
void model_begin(struct model *model);

struct open_file *model_open(struct model *model, struct slot *slot,
			     bool can_read, bool can_write, bool nonblock);
void model_close(struct model *model, struct open_file *file);

struct channel *model_channel(struct slot *slot, uint32_t id);
long model_place(const struct open_file *file, long long at,
		 struct channel **channel);
struct msg_slot_usage model_usage(const struct slot *slot);

long model_select(struct open_file *file, uint32_t id);
long model_restrict(struct open_file *file, uint32_t id, uint32_t flags);
bool model_has_news(const struct open_file *file);
void model_mark_read(struct open_file *file, const struct channel *channel);

long model_write(struct model *model, struct open_file *file,
		 struct channel *channel, struct writing *writing);
long model_clear(struct model *model, struct open_file *file,
		 struct channel *channel, bool conditional, uint64_t *version);
long model_commit(struct model *model, struct open_file *file,
		  struct part *parts, unsigned int count, uint32_t *failed);
long model_renew(const struct open_file *file, struct channel *channel,
		 bool conditional, uint64_t *version, bool mortal);
void model_expire(struct model *model, struct channel *channel);
bool model_learn(struct channel *channel, uint64_t version);

long model_claim(struct open_file *file, struct channel *channel, uint32_t end,
		 struct text will, uint32_t there);
long model_release(struct model *model, struct open_file *file,
		   struct channel *channel);

void model_watch(struct watch *watch, struct slot *slot, const uint32_t *ids,
		 unsigned int count, uint32_t flags);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who acts: a thread, with memory of its own, on a stage that all share: the slots,
 * a device's and one in a slotfs by its door, what is open of them, and the model of it.
 *
 * One who acts alone knows what every call comes to. Of several nobody can, and
 * their acts check only what is true in any order.
 */
#ifndef FUZZ_ACTOR_H
#define FUZZ_ACTOR_H

#include <stdbool.h>

#include "input.h"
#include "memory.h"
#include "model.h"
#include "names.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct msgslot_view;

struct stage {
	struct model model;
	/* How many act at a time. */
	unsigned int actors;
	/* A descriptor that is as good as closed: all calls fail with EBADF. */
	int closed;
	/* One open file of each slot that no act uses. */
	int look[SLOTS];
	/* What acts have open; -1: nothing. */
	int fds[FILES];
	struct open_file *files[FILES];
	int watches[WATCHES];
	/* A slot of its own whose names acts make: its directory and its door. */
	int folder;
	int door;
	struct names names;
	/* Whether there may be any: most inputs have nothing to do with them. */
	bool touched;
	/* A channel's file that one who acts alone has claimed. */
	int held;
	/* Descriptors that acts have closed, see stage_retire(). */
	int retired[2 * INPUT_ACTS + FILES + WATCHES];
	unsigned int retired_count;
};

struct actor {
	struct stage *stage;
	unsigned int number;
	const struct act *act;
	struct memory memory;
	/* A view of a slot, and the open file that it keeps. */
	struct msgslot_view *view;
	struct open_file *view_file;
	/* A descriptor of a frame that was got; -1: there is none. */
	int frame;
	struct text frame_text;
	/* The highest version that was seen of each channel. */
	uint64_t seen[SLOTS][CHANNELS];
};

/* Whether the actor is the only one. */
static inline bool alone(const struct actor *actor)
{
	return actor->stage->actors == 1;
}

/* Which of the descriptors an act means, and what it is of; NULL: it is closed. */
static inline unsigned int file_of(const struct act *act)
{
	return act->file % FILES;
}

static inline int fd_of(const struct actor *actor)
{
	return actor->stage->fds[file_of(actor->act)];
}

static inline struct open_file *open_file_of(const struct actor *actor)
{
	return actor->stage->files[file_of(actor->act)];
}

/* The slot that a descriptor of this number is of. */
static inline unsigned int slot_of(const struct act *act)
{
	return file_of(act) & 1;
}

static inline int look_of(const struct actor *actor)
{
	return actor->stage->look[slot_of(actor->act)];
}

unsigned int stage_number(void);
void stage_set_up(struct stage *stage);
void stage_begin(struct stage *stage, const struct input *input);
void stage_end(struct stage *stage, struct actor *actors);
void stage_open(struct stage *stage, unsigned int i, int flags);
void stage_put(struct stage *stage, unsigned int i, int fd,
	       struct open_file *file);
void stage_close(struct stage *stage, unsigned int i);
void stage_retire(struct stage *stage, int fd);
void actor_set_up(struct actor *actor, struct stage *stage,
		  unsigned int number);
void actor_do(struct actor *actor, const struct act *act);

void check_usage(const struct actor *actor, unsigned int slot);
long right_to_read(const struct actor *actor);
long right_to_change(const struct actor *actor);
uint32_t channel_id_of(const struct actor *actor);
long long offset_of(const struct actor *actor);
uint32_t size_of(uint8_t size);

#endif

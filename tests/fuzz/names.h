/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract of names, in miniature: a slot of slotfs in which some names are made,
 * removed and renamed, and what each call on them comes to.
 */
#ifndef FUZZ_NAMES_H
#define FUZZ_NAMES_H

#include "model.h"

/* Names by number; the last ones are of what may not be made. */
enum {
	NAME_A,
	NAME_B,
	NAME_SEVEN,
	NAME_DIR,
	NAME_DIR_A,
	NAME_DIR_B,
	NAME_ZERO,
	NAME_DOOR,
	NAME_DIR_DOOR,
	NAMES
};

enum name_kind { NO_NAME, CHANNEL_NAME, GROUP_NAME, DOOR_NAME };

/**
 * struct name - what there is of a name
 * @kind: what it is
 * @text: the channel's message
 * @id: its id, or 0 if nobody has told us yet
 * @claimed: whether the descriptor that is held has claimed it
 */
struct name {
	enum name_kind kind;
	struct text text;
	uint32_t id;
	bool claimed;
};

struct names {
	struct name names[NAMES];
	/* Whether a descriptor is held. */
	bool held;
};

extern const char *const name_paths[NAMES];

void names_begin(struct names *names);
bool names_in(const struct names *names, unsigned int dir);

long names_find(const struct names *names, unsigned int i);
long names_make(struct names *names, unsigned int i, bool group);
long names_write(struct names *names, unsigned int i, struct text text);
long names_truncate(struct names *names, unsigned int i, uint32_t size);
long names_remove(struct names *names, unsigned int i, bool group);
long names_rename(struct names *names, unsigned int from, unsigned int to);
long names_hold(struct names *names, unsigned int i);
void names_let_go(struct names *names);
bool names_learn(struct names *names, unsigned int i, uint32_t id);

#endif

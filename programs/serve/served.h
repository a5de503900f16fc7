/* SPDX-License-Identifier: GPL-2.0 */
/* The slots that are served. */
#ifndef MSGSLOT_SERVE_SERVED_H
#define MSGSLOT_SERVE_SERVED_H

#include <stddef.h>

#include "slot.h"

struct mirror;

/**
 * struct served - a slot
 * @name: what it is called in addresses
 * @slot: the slot; its descriptor is -1 while it is not there
 * @mirror: what it has, while somebody looks
 * @oldest: the age in seconds that its oldest message had when all were looked at last
 * @scanned: when that was, by CLOCK_BOOTTIME; 0: not yet
 */
struct served {
	char *name;
	struct slot slot;
	struct mirror *mirror;
	double oldest;
	uint64_t scanned;
};

/* Opens a slot, @mode as for slot_open(); or the program ends. */
void served_add(const char *path, int mode);

size_t served_count(void);
struct served *served_at(size_t i);

/* Return: the slot of that name, or NULL. */
struct served *served_find(const char *name);

/*
 * Sees to it that it is the slot which is at its path now, whatever was there before.
 * Return: 0, or -errno if there is none.
 */
int served_refresh(struct served *served);

#endif /* MSGSLOT_SERVE_SERVED_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The module's file for the running kernel, as modprobe would find it. */
#ifndef MSGSLOT_INSTALLED_H
#define MSGSLOT_INSTALLED_H

#include <limits.h>
#include <stdbool.h>

/**
 * struct installed - what modinfo says of it; "" where it says nothing
 * @file: its path
 * @version: of Message Slot
 * @srcversion: a checksum of its source
 * @signer: who signed it
 */
struct installed {
	char file[PATH_MAX];
	char version[64];
	char srcversion[64];
	char signer[128];
};

/* Return: false if there is none. */
bool installed_find(struct installed *module);

#endif /* MSGSLOT_INSTALLED_H */

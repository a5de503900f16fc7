/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What travels: a message, and who wrote it, as one value. A line of words comes before
 * the message's bytes, so that other clients can read it too:
 *
 *	msgslot1 ORIGIN TERM VERSION AGE TTL USER/GROUP/PROCESS NAME
 *
 * Times are durations, in nanoseconds, for no two machines have one clock; TTL is - for
 * a message that stays for ever. ORIGIN and NAME are as keys are.
 */
#ifndef BRIDGE_ENVELOPE_H
#define BRIDGE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest name of a machine, and what it has. */
#define ENVELOPE_ORIGIN 64
#define ENVELOPE_NAME \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

/**
 * struct envelope - what is known of a message
 * @origin: the machine that it is of
 * @term: how often that channel's owner has begun: see term.h
 * @version: in the slot of the origin
 * @age: how long ago it was written when it was sent
 * @ttl: the rest of its time to live then, or MSG_SLOT_FOREVER
 * @uid: its author there, as all below
 * @gid: his group
 * @pid: his process
 * @name: the channel's name
 * @name_size: its size
 * @bytes: the message
 * @size: its size
 */
struct envelope {
	char origin[ENVELOPE_ORIGIN + 1];
	uint64_t term;
	uint64_t version;
	uint64_t age;
	uint64_t ttl;
	uint32_t uid;
	uint32_t gid;
	uint32_t pid;
	const char *name;
	size_t name_size;
	const unsigned char *bytes;
	size_t size;
};

/* Return: the value, for free(), and its size. */
unsigned char *envelope_write(const struct envelope *envelope, size_t *size);

/*
 * What it points to is in the value. Return: whether the value is such a one, whole and
 * as envelope_write() makes them.
 */
bool envelope_read(struct envelope *envelope, const unsigned char *value,
		   size_t size);

#endif /* BRIDGE_ENVELOPE_H */

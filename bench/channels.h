/* SPDX-License-Identifier: GPL-2.0 */
/* A slot of one's own, and many channels in it. */
#ifndef BENCH_CHANNELS_H
#define BENCH_CHANNELS_H

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "means.h"
#include "message_slot.h"

/* The ids that are used in turn; a power of two of them. */
#define TURNS 4096
static unsigned int turns[TURNS];
static unsigned int turn;
static int slot_fd;

/* Distinct for distinct @n from 1, and looks random. */
static inline unsigned int nth_id(unsigned int n)
{
	n *= 2891336453U;
	n ^= n << 13;
	n ^= n >> 17;
	return n ^ n << 5;
}

static inline unsigned int next_turn(void)
{
	return turns[turn++ % TURNS];
}

/* So many slots each program has for itself. */
#define OWN_SLOTS 128

/* Return: the minor of its n-th one; the children of a process share its slots. */
static inline unsigned int own_minor(unsigned int n)
{
	static unsigned int first;

	if (!first)
		first = OWN_SLOTS * (1 + getpid() % 8000);
	return first + n;
}

/* Return: an open file of the program's n-th slot. */
static inline int open_slot(unsigned int n)
{
	struct stat slot0;
	char path[64];

	must(stat("/dev/slot0", &slot0), "/dev/slot0");
	snprintf(path, sizeof(path), "/dev/slot-bench-%u", own_minor(n));
	mknod(path, S_IFCHR | 0600,
	      makedev(major(slot0.st_rdev), own_minor(n)));
	return must(open(path, O_RDWR), path);
}

/* Return: an open file of a slot that nobody has used yet. */
static inline int open_new_slot(void)
{
	static unsigned int used;

	return open_slot(used++);
}

static inline void select_channel(int fd, unsigned int id)
{
	must(ioctl(fd, MSG_SLOT_CHANNEL, id), "MSG_SLOT_CHANNEL");
}

/* Makes the n-th channels from @first to before @end, each with a message. */
static inline void make_channels(unsigned int first, unsigned int end)
{
	for (; first < end; first++) {
		select_channel(slot_fd, nth_id(first));
		must(write(slot_fd, sent.bytes, size), "a new channel");
	}
}

/* Lets any of so many channels take their turns. */
static inline void take_turns(unsigned int channels)
{
	int i;

	srand(1);
	for (i = 0; i < TURNS; i++)
		turns[i] = nth_id(1 + rand() % channels);
}

#endif /* BENCH_CHANNELS_H */

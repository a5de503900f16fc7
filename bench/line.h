/* SPDX-License-Identifier: GPL-2.0 */
/* Lines between two processes, each of which waits for the other's messages. */
#ifndef BENCH_LINE_H
#define BENCH_LINE_H

#include <errno.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "channels.h"

/* The two directions: to the child and to the parent. */
enum direction { THERE, BACK };

/**
 * struct line - a means of waiting for a message, in both directions
 * @name: what a person calls it
 * @size: the only message size it has, or 0
 * @set_up: makes both directions; returns NULL, or why it can't be had here
 * @send: sends a message
 * @receive: waits for a message
 */
struct line {
	const char *name;
	size_t size;
	const char *(*set_up)(void);
	long (*send)(enum direction to);
	long (*receive)(enum direction from);
};

static int in[2], out[2];

/* Takes over a pair of ends as pipe() gives them. */
static inline void set_ends(int direction, const int *ends)
{
	out[direction] = ends[0];
	in[direction] = ends[1];
}

static inline const char *set_up_pipe(void)
{
	int i, ends[2];

	for (i = THERE; i <= BACK; i++) {
		must(pipe(ends), "pipe");
		set_ends(i, ends);
	}
	return NULL;
}

static inline const char *set_up_socket(void)
{
	int i, ends[2];

	for (i = THERE; i <= BACK; i++) {
		must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), "socketpair");
		set_ends(i, ends);
	}
	return NULL;
}

static inline const char *set_up_eventfd(void)
{
	int i;

	for (i = THERE; i <= BACK; i++) {
		in[i] = must(eventfd(0, 0), "eventfd");
		out[i] = must(dup(in[i]), "dup");
	}
	return NULL;
}

static inline const char *set_up_mqueue(void)
{
	static const char name[] = "/message_slot_bench";
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = size };
	int i;

	for (i = THERE; i <= BACK; i++) {
		in[i] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
		must(in[i], "mq_open");
		mq_unlink(name);
		out[i] = must(dup(in[i]), "dup");
	}
	return NULL;
}

/* Each end is an open file of its own: it remembers what it has read. */
static inline const char *set_up_slot(void)
{
	static unsigned int used;
	int i;

	for (i = THERE; i <= BACK; i++) {
		in[i] = open_slot(used);
		out[i] = open_slot(used);
		select_channel(in[i], 1 + i);
		select_channel(out[i], 1 + i);
	}
	used++;
	return NULL;
}

static inline const char *set_up_blocking_slot(void)
{
	int i;

	set_up_slot();
	for (i = THERE; i <= BACK; i++)
		if (ioctl(out[i], MSG_SLOT_BLOCKING, 1) < 0)
			return "the driver has no blocking reads";
	return NULL;
}

static inline const char *set_up_polled_slot(void)
{
	struct pollfd polled;

	set_up_slot();
	polled = (struct pollfd){ .fd = out[THERE], .events = POLLIN };
	if (poll(&polled, 1, 0))
		return "the driver has no poll";
	return NULL;
}

/* The versions of what was read last; a process reads in one direction. */
static __u64 versions[2];

static inline long wait_and_receive(enum direction from)
{
	struct msg_slot_wait wait = {
		.version = versions[from],
		.timeout = MSG_SLOT_FOREVER,
		.get = { .room = size, .buffer = (uintptr_t)got.bytes },
	};
	long result = ioctl(out[from], MSG_SLOT_WAIT, &wait);

	versions[from] = wait.get.record.version;
	return result;
}

static inline const char *set_up_waiting_slot(void)
{
	struct msg_slot_wait look = {};

	set_up_slot();
	if (!ioctl(out[THERE], MSG_SLOT_WAIT, &look) || errno != ETIMEDOUT)
		return "the driver has no MSG_SLOT_WAIT";
	return NULL;
}

static inline long send_bytes(enum direction to)
{
	return write(in[to], sent.bytes, size);
}

static inline long receive_bytes(enum direction from)
{
	return read(out[from], got.bytes, size);
}

static inline long poll_and_receive(enum direction from)
{
	struct pollfd polled = { .fd = out[from], .events = POLLIN };

	return poll(&polled, 1, -1) == 1 ? receive_bytes(from) : -1;
}

static inline long send_mqueue(enum direction to)
{
	return mq_send(in[to], sent.bytes, size, 0);
}

static inline long receive_mqueue(enum direction from)
{
	return mq_receive(out[from], got.bytes, size, NULL);
}

/**
 * struct shared - a direction in shared memory
 * @number: grows with every message
 * @bytes: the message
 */
struct shared {
	atomic_uint number;
	char bytes[MAX_SIZE];
};

static struct shared *shared;

static inline const char *set_up_futex(void)
{
	shared = mmap(NULL, 2 * sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? "no memory" : NULL;
}

static inline long futex(atomic_uint *word, int op, unsigned int value)
{
	return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static inline long send_futex(enum direction to)
{
	memcpy(shared[to].bytes, sent.bytes, size);
	atomic_fetch_add(&shared[to].number, 1);
	return futex(&shared[to].number, FUTEX_WAKE, 1);
}

static inline long receive_futex(enum direction from)
{
	static unsigned int seen;

	while (atomic_load(&shared[from].number) == seen)
		if (futex(&shared[from].number, FUTEX_WAIT, seen) < 0 &&
		    errno != EAGAIN)
			return -1;
	seen++;
	memcpy(got.bytes, shared[from].bytes, size);
	return 0;
}

static const struct line lines[] = {
	{ "slot", 0, set_up_blocking_slot, send_bytes, receive_bytes },
	{ "slot-wait", 0, set_up_waiting_slot, send_bytes, wait_and_receive },
	{ "slot-poll", 0, set_up_polled_slot, send_bytes, poll_and_receive },
	{ "pipe", 0, set_up_pipe, send_bytes, receive_bytes },
	{ "pipe-poll", 0, set_up_pipe, send_bytes, poll_and_receive },
	{ "eventfd", 8, set_up_eventfd, send_bytes, receive_bytes },
	{ "eventfd-poll", 8, set_up_eventfd, send_bytes, poll_and_receive },
	{ "unix-datagram", 0, set_up_socket, send_bytes, receive_bytes },
	{ "posix-mqueue", 0, set_up_mqueue, send_mqueue, receive_mqueue },
	{ "futex", 0, set_up_futex, send_futex, receive_futex },
	{},
};

#endif /* BENCH_LINE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queues: to read is to take away. So to replace the last value takes a read,
 * of the old one, and a write.
 */
#ifndef BENCH_MEANS_QUEUE_H
#define BENCH_MEANS_QUEUE_H

#include <fcntl.h>
#include <mqueue.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "means.h"

/* The end that is read from, and the end that is written to. */
static int ends[2];
static int sysv_id;

static inline const char *pipe_set_up(void)
{
	must(pipe(ends), "pipe");
	return NULL;
}

static inline const char *datagram_set_up(void)
{
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), "socketpair");
	return NULL;
}

/* As a semaphore, so that there are as many reads as writes. */
static inline const char *eventfd_set_up(void)
{
	ends[0] = must(eventfd(0, EFD_SEMAPHORE), "eventfd");
	ends[1] = dup(ends[0]);
	return NULL;
}

static inline const char *mqueue_set_up(void)
{
	static const char name[] = "/message_slot_bench";
	struct mq_attr attr = { .mq_maxmsg = FEW, .mq_msgsize = size };

	ends[0] = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	must(ends[0], "mq_open");
	mq_unlink(name);
	ends[1] = dup(ends[0]);
	return NULL;
}

static inline const char *sysv_set_up(void)
{
	sysv_id = must(msgget(IPC_PRIVATE, 0600), "msgget");
	return NULL;
}

static inline long queue_write(void)
{
	return write(ends[1], sent.bytes, size);
}

static inline long queue_read(void)
{
	return read(ends[0], got.bytes, size);
}

static inline long mqueue_write(void)
{
	return mq_send(ends[1], sent.bytes, size, 0);
}

static inline long mqueue_read(void)
{
	return mq_receive(ends[0], got.bytes, size, NULL);
}

static inline long sysv_write(void)
{
	return msgsnd(sysv_id, &sent, size, 0);
}

static inline long sysv_read(void)
{
	return msgrcv(sysv_id, &got, size, 0, 0);
}

static inline void queue_tear_down(void)
{
	close(ends[0]);
	close(ends[1]);
}

static inline void sysv_tear_down(void)
{
	msgctl(sysv_id, IPC_RMID, NULL);
}

static const struct means queues[] = {
	{ "pipe", 0, FEW, pipe_set_up, queue_write, queue_read,
	  queue_tear_down },
	{ "eventfd", 8, FEW, eventfd_set_up, queue_write, queue_read,
	  queue_tear_down },
	{ "unix-datagram", 0, FEW, datagram_set_up, queue_write, queue_read,
	  queue_tear_down },
	{ "posix-mqueue", 0, FEW, mqueue_set_up, mqueue_write, mqueue_read,
	  queue_tear_down },
	{ "sysv-msg", 0, FEW, sysv_set_up, sysv_write, sysv_read,
	  sysv_tear_down },
	{},
};

#endif /* BENCH_MEANS_QUEUE_H */

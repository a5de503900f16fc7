/* SPDX-License-Identifier: GPL-2.0 */
/* A crowd: threads of an attacker, each asleep in a call of its own open file. */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include "hostile.h"

#include <pthread.h>

#define CROWD_STACK (64 * 1024)

struct member {
	void (*sleep)(int fd, unsigned int id);
	int fd;
	unsigned int id;
};

static atomic_uint crowd_begun;

/* It is woken, and sleeps again, for as long as it lives. */
static inline void *member_run(void *arg)
{
	struct member *member = arg;

	atomic_fetch_add(&crowd_begun, 1);
	for (;;)
		member->sleep(member->fd, member->id);
	return NULL;
}

/* For the next message above the present one. */
static inline void sleep_in_wait(int fd, unsigned int id)
{
	struct got got;

	slot_wait(fd, id, slot_version(fd, id), FOREVER, 0, &got);
}

static inline void sleep_in_read(int fd, unsigned int id)
{
	char buf[MSG_SLOT_MAX_MESSAGE];

	slot_read(fd, buf, sizeof(buf));
}

/* @number members sleep by @sleep, each for the channel that @channel has for it. */
static inline void crowd_stand(int node, unsigned int number,
			       void (*sleep)(int fd, unsigned int id),
			       unsigned int (*channel)(unsigned int i))
{
	struct member *members = calloc(number, sizeof(*members));
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, CROWD_STACK);
	pthread_attr_setguardsize(&small, 0);
	for (unsigned int i = 0; i < number; i++) {
		members[i] =
			(struct member){ .sleep = sleep, .id = channel(i) };
		members[i].fd = stranger_select(node, members[i].id);
		if (slot_result(syscall(SYS_ioctl, members[i].fd,
					MSG_SLOT_BLOCKING, 1)) ||
		    pthread_create(&thread, &small, member_run, &members[i])) {
			perror("# a member of the crowd");
			abort();
		}
	}
	/* From there to its sleep it is a moment. */
	while (atomic_load(&crowd_begun) < number)
		usleep(1000);
	usleep(100000);
}

#endif

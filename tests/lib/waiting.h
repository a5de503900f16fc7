/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sleepers: threads that make one call which is to wait. A test goes on when
 * the sleeper is asleep, by the kernel's own word, so that no delay of the
 * test's choosing decides whether a wake-up is met or missed.
 */
#ifndef TESTS_WAITING_H
#define TESTS_WAITING_H

#include "fixture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>

/* Something that must come soon has not come by then: a failure. */
#define SOON_MS 60000

/* For what must not come. Whoever is woken in vain on 2 CPUs runs by then. */
#define NEVER_MS 50

struct sleeper {
	long (*call)(struct sleeper *sleeper);
	int fd;
	int other;
	long result;
	char got[MSG_SLOT_MAX_MESSAGE];
	atomic_int tid;
	atomic_bool done;
	pthread_t thread;
};

static inline void *sleeper_run(void *arg)
{
	struct sleeper *sleeper = arg;

	atomic_store(&sleeper->tid, gettid());
	sleeper->result = sleeper->call(sleeper);
	atomic_store(&sleeper->done, true);
	return NULL;
}

/* A number or letter of /proc/PID/status; 0 when there is none any more. */
static inline long task_status(pid_t tid, const char *key)
{
	char path[40], line[128];
	long found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strchr(line, '\t');

		if (value && !strncmp(line, key, strlen(key)))
			found = strtol(value, NULL, 10) ?: value[1];
	}
	if (file)
		fclose(file);
	return found;
}

static inline bool task_is_asleep(pid_t tid)
{
	return tid && task_status(tid, "State:") == 'S';
}

static inline void await_asleep(pid_t tid)
{
	for (int ms = 0; !task_is_asleep(tid); ms++) {
		if (ms == SOON_MS)
			abort();
		usleep(1000);
	}
}

/* Returns when it is asleep in its call, or has done it. */
static inline void sleeper_start(struct sleeper *sleeper)
{
	if (pthread_create(&sleeper->thread, NULL, sleeper_run, sleeper))
		abort();
	while (!atomic_load(&sleeper->done) &&
	       !task_is_asleep(atomic_load(&sleeper->tid)))
		usleep(500);
}

/* Returns the call's result. A sleeper that is never woken ends the test. */
static inline long sleeper_join(struct sleeper *sleeper)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += SOON_MS / 1000;
	if (pthread_timedjoin_np(sleeper->thread, NULL, &end)) {
		fprintf(stderr, "# a sleeper was not woken\n");
		abort();
	}
	return sleeper->result;
}

static inline bool sleeper_sleeps_on(struct sleeper *sleeper)
{
	usleep(NEVER_MS * 1000);
	return !atomic_load(&sleeper->done);
}

static inline long sleep_in_read(struct sleeper *sleeper)
{
	return slot_read(sleeper->fd, sleeper->got, sizeof(sleeper->got));
}

/* Returns the events that came, of all that there are; 0 for none. */
static inline long poll_events(int fd, short events, int ms)
{
	struct pollfd ready = { .fd = fd, .events = events };
	int n = poll(&ready, 1, ms);

	return n < 0 ? -errno : ready.revents;
}

static inline long sleep_in_poll(struct sleeper *sleeper)
{
	return poll_events(sleeper->fd, POLLIN, SOON_MS);
}

static inline bool has_news(int fd)
{
	return poll_events(fd, POLLIN, 0) == POLLIN;
}

static inline long slot_set_blocking(int fd, unsigned long blocking)
{
	return slot_result(syscall(SYS_ioctl, fd, MSG_SLOT_BLOCKING, blocking));
}

static inline int epoll_of(int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event))
		abort();
	return ep;
}

/* Returns the next event within that time, or 0. */
static inline long epoll_next(int ep, int ms)
{
	struct epoll_event event = { .events = 0 };
	int n = epoll_wait(ep, &event, 1, ms);

	return n < 0 ? -errno : (long)event.events;
}

static inline long sleep_in_epoll(struct sleeper *sleeper)
{
	return epoll_next(sleeper->fd, SOON_MS);
}

#endif

// SPDX-License-Identifier: GPL-2.0
/* Descriptors: their making, their end, what they select, and polling them. */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "pace.h"

void act_open(struct actor *actor, const struct act *act)
{
	static const int flags[] = { O_RDWR,
				     O_RDWR,
				     O_RDONLY,
				     O_WRONLY,
				     O_RDWR | O_NONBLOCK,
				     O_RDONLY | O_NONBLOCK,
				     O_RDWR,
				     O_RDWR };

	stage_open(actor->stage, file_of(act), flags[act->how % 8]);
}

void act_close(struct actor *actor, const struct act *act)
{
	stage_close(actor->stage, file_of(act));
}

/* One that shares the open file, in the place of another of the same slot. */
void act_dup(struct actor *actor, const struct act *act)
{
	struct open_file *file = open_file_of(actor);
	unsigned int to = (act->value % FILES & ~1u) | slot_of(act);
	int fd = fcntl(fd_of(actor), F_DUPFD_CLOEXEC, 0);

	if (fd < 0 || to == file_of(act)) {
		close(fd);
		return;
	}
	if (alone(actor))
		file->users++;
	stage_put(actor->stage, to, fd, file);
}

/* A child has all that is open and mapped, and gives it up again. */
void act_fork(struct actor *actor, const struct act *act)
{
	enum pace_part before = pace_enter(PACE_FORK);
	int status, ret;
	pid_t child = fork();

	(void)act;
	if (!child)
		_exit(0);
	do {
		ret = waitpid(child, &status, 0);
	} while (ret < 0 && errno == EINTR);
	if (child < 0 || ret != child || status)
		wrong(actor, "fork() does not work");
	pace_leave(before);
}

void act_select(struct actor *actor, const struct act *act)
{
	static const unsigned long forms[] = {
		MSG_SLOT_CHANNEL,
		_IOW(MSG_SLOT_MAJOR, 0, __u64),
	};
	struct open_file *file = open_file_of(actor);
	uint32_t id = channel_id_of(actor);
	long ret;

	ret = result(ioctl(fd_of(actor), forms[act->how & 1], id));
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret,
	      file ? model_select(file, id) : -EBADF);
}

void act_blocking(struct actor *actor, const struct act *act)
{
	struct open_file *file = open_file_of(actor);
	unsigned int blocking = act->how % 4 ? act->how % 4 - 1 : act->value;
	long ret = result(ioctl(fd_of(actor), MSG_SLOT_BLOCKING, blocking));

	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	if (!file) {
		check(actor, "it returned", ret, -EBADF);
		return;
	}
	check(actor, "it returned", ret, blocking > 1 ? -EINVAL : 0);
	if (blocking <= 1)
		file->blocking = blocking;
}

void act_nonblock(struct actor *actor, const struct act *act)
{
	struct open_file *file = open_file_of(actor);
	bool nonblock = act->how & 1;

	if (fcntl(fd_of(actor), F_SETFL, nonblock ? O_NONBLOCK : 0))
		return;
	if (alone(actor))
		file->nonblock = nonblock;
}

#define ALL_EVENTS (POLLIN | POLLOUT | POLLPRI | POLLRDNORM | POLLWRNORM)

static long wanted_of_poll(const struct open_file *file)
{
	long events = POLLOUT | POLLWRNORM;

	if (!file)
		return POLLNVAL;
	if (!file->selected)
		return events | POLLERR;
	return model_has_news(file) ? events | POLLIN | POLLRDNORM : events;
}

static long poll_once(int fd)
{
	struct pollfd ready = { .fd = fd, .events = ALL_EVENTS };

	poll(&ready, 1, 0);
	/* poll() passes over descriptors below 0. */
	return fd < 0 ? POLLNVAL : ready.revents;
}

static long epoll_once(int fd, unsigned int how)
{
	struct epoll_event event = { .events = ALL_EVENTS };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	long events = POLLNVAL;

	if (how & 4)
		event.events |= EPOLLET;
	if (!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		event.events = 0;
		epoll_wait(epoll, &event, 1, 0);
		events = event.events;
	}
	close(epoll);
	return events;
}

void act_poll(struct actor *actor, const struct act *act)
{
	int fd = fd_of(actor);
	long events = act->how & 1 ? epoll_once(fd, act->how) : poll_once(fd);

	if (!alone(actor))
		return;
	told(actor, events);
	check(actor, "events", events, wanted_of_poll(open_file_of(actor)));
}

void act_seek(struct actor *actor, const struct act *act)
{
	long ret = result(lseek(fd_of(actor), offset_of(actor), act->how % 5));

	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	if (act->how % 5 > SEEK_END && ret == -EINVAL)
		return;
	check(actor, "it returned", ret,
	      open_file_of(actor) ? -ESPIPE : -EBADF);
}

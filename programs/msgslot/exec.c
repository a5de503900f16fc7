// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complaint.h"
#include "exec.h"
#include "failure.h"
#include "interrupt.h"
#include "name.h"

/* In memory, so that the command may read it when it likes, or never. */
static int open_bytes(const struct message *event)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	ssize_t written = 0;

	if (fd >= 0 && event->record.size)
		written = pwrite(fd, event->bytes, event->record.size, 0);
	if (fd < 0 || written != (ssize_t)event->record.size)
		die(STATUS_ERROR, "%s", strerror(errno));
	return fd;
}

/*
 * Of a frame that has been replaced meanwhile it is what the channel has now, as if that
 * had been told.
 */
static int open_message(const struct slot *slot, struct message *event)
{
	uint32_t channel = event->record.channel;
	struct message now = { 0 };
	int fd, ret;

	if (!event->frame)
		return open_bytes(event);
	fd = msgslot_get_frame(slot->fd, channel, &event->record);
	if (fd >= 0)
		return fd;
	ret = slot_get(slot, channel, &now);
	if (ret && ret != -EWOULDBLOCK)
		failure_die(slot, channel, 0, ret);
	fd = open_bytes(&now);
	event->record = now.record;
	message_free(&now);
	return fd;
}

static void set_number(const char *name, unsigned long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", number);
	setenv(name, text, 1);
}

static void set_environment(const struct slot *slot,
			    const struct message *event)
{
	const char *name = name_find(slot, event->record.channel);

	unsetenv("MSGSLOT_NAME");
	if (name)
		setenv("MSGSLOT_NAME", name, 1);
	setenv("MSGSLOT_SLOT", slot->path, 1);
	setenv("MSGSLOT_EVENT", message_event(event), 1);
	set_number("MSGSLOT_CHANNEL", event->record.channel);
	set_number("MSGSLOT_VERSION", event->record.version);
}

static pid_t start(const char *command, const struct slot *slot,
		   struct message *event)
{
	int message = open_message(slot, event);
	pid_t child;

	signal(SIGCHLD, SIG_DFL);
	child = fork();
	if (child < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	if (!child) {
		dup2(message, STDIN_FILENO);
		set_environment(slot, event);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		complain("/bin/sh: %s", strerror(errno));
		_exit(STATUS_NOT_FOUND);
	}
	close(message);
	return child;
}

/* Return: the status that waitpid() gives. */
static int await(pid_t child)
{
	int process = pidfd_open(child, 0);
	int status;

	if (process < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	while (interrupt_wait(process, UINT64_MAX) != 1) {
		if (!interrupt_came())
			continue;
		kill(child, SIGTERM);
		break;
	}
	close(process);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void exec_command(const char *command, const struct slot *slot,
		  struct message *event)
{
	int status = await(start(command, slot, event));
	char *channel;

	if (!status || interrupt_came())
		return;
	channel = name_text(slot, event->record.channel, SIZE_MAX);
	if (WIFSIGNALED(status))
		complain("channel %s: the command was killed by signal %d",
			 channel, WTERMSIG(status));
	else
		complain("channel %s: the command failed with status %d",
			 channel, WEXITSTATUS(status));
	free(channel);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * msgslot-bridge: slots of many machines through an engine. bridge.c keeps servers and
 * links; here they are given what they wait for.
 */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "../msgslot/command.h"
#include "../msgslot/complaint.h"
#include "bridge.h"

static const struct option options[] = { { "check", no_argument, NULL, 'c' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static int signal_fd(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	return fd;
}

static void reload(struct bridge *bridge, const char *file)
{
	struct config *config;

	sd_notify(0, "RELOADING=1");
	config = config_read(file);
	if (!config || !bridge_configure(bridge, config))
		complain("%s: nothing has changed", file);
	sd_notify(0, "READY=1");
}

/* Return: false for a signal that ends the program. */
static bool take_signal(int fd, struct bridge *bridge, const char *file)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGHUP)
		return false;
	reload(bridge, file);
	return true;
}

static void serve(struct bridge *bridge, int signals, const char *file)
{
	struct pollfd *polled = NULL;
	bool go_on = true;
	size_t count;
	int patience;

	while (go_on) {
		count = bridge_fd_count(bridge);
		polled = must_realloc(polled, count + 1, sizeof(*polled));
		polled[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
		patience = bridge_fds(bridge, polled + 1);
		if (poll(polled, count + 1, patience) < 0 && errno != EINTR)
			die(STATUS_ERROR, "%s", strerror(errno));
		bridge_run(bridge, polled + 1);
		if (polled[0].revents)
			go_on = take_signal(signals, bridge, file);
	}
	free(polled);
}

int main(int argc, char *argv[])
{
	struct config *config;
	struct bridge *bridge;
	bool check = false;
	const char *file;
	int signals;

	setlocale(LC_ALL, "");
	complain_as("msgslot: bridge");
	while (command_option(&bridge_command, argc, argv, options) != -1)
		check = true;
	file = command_operands(&bridge_command, 1, 1)[0];
	config = config_read(file);
	if (!config)
		return STATUS_USAGE;
	if (check)
		return EXIT_SUCCESS;
	signals = signal_fd();
	bridge = bridge_open();
	if (!bridge_configure(bridge, config))
		return STATUS_ERROR;
	sd_notify(0, "READY=1");
	serve(bridge, signals, file);
	sd_notify(0, "STOPPING=1");
	bridge_close(bridge);
	return EXIT_SUCCESS;
}

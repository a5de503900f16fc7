// SPDX-License-Identifier: GPL-2.0
/*
 * wake [SIZE]: what a round trip costs between two processes that wait for one
 * another: one writes, which wakes the other one, and then waits for its answer.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "line.h"
#include "table.h"

static const struct line *line;

static pid_t start_child(void)
{
	pid_t child = must(fork(), "fork");

	while (!child) {
		must(line->receive(THERE), line->name);
		must(line->send(BACK), line->name);
	}
	return child;
}

static void stop_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void close_ends(void)
{
	int i;

	for (i = THERE; i <= BACK; i++) {
		close(in[i]);
		close(out[i]);
	}
}

static long round_trip(void)
{
	return line->send(THERE) < 0 ? -1 : line->receive(BACK);
}

static void measure_line(void)
{
	const char *why = line->set_up();
	struct cost cost;
	pid_t child;

	if (why) {
		skip(line->name, why);
		return;
	}
	child = start_child();
	cost = count(round_trip, NULL, FEW);
	stop_child(child);
	close_ends();
	print_figure(line->name, "round-trip", cost.write);
}

int main(int argc, char *argv[])
{
	make_message(argc > 1 ? strtoul(argv[1], NULL, 10) : 8);
	for (line = lines; line->name; line++)
		if (!line->size || line->size == size)
			measure_line();
	return EXIT_SUCCESS;
}

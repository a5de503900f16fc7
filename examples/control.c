// SPDX-License-Identifier: GPL-2.0
/*
 * A control loop that tells its state 10,000 times a second, without a system call for
 * that; and a display that reads it as often, and never finds it missing, torn or older
 * than before, however often the loop is killed. In two terminals:
 *
 *	control robot arm run		# kill -9 it, and run it again: it goes on
 *	control robot arm show
 *
 * after `mkdir /run/slots/robot`; or, with a device, control /dev/slot0 1 run.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <msgslot.h>

/* Of a descriptor that is one channel's. */
#define ITS_CHANNEL 0
#define RATE 10000
#define PERIOD (1000000000 / RATE)

/* A swing; @sum follows from the rest, for the display to see that it is whole. */
struct state {
	uint64_t beat;
	double angle;
	double speed;
	uint64_t sum;
};

/* Of the bits: a processor may count with more digits than a double has. */
static uint64_t sum_of(const struct state *state)
{
	uint64_t angle, speed;

	memcpy(&angle, &state->angle, sizeof(angle));
	memcpy(&speed, &state->speed, sizeof(speed));
	return state->beat + angle + speed;
}

static void sleep_until_next(struct timespec *beat)
{
	beat->tv_nsec += PERIOD;
	if (beat->tv_nsec >= 1000000000) {
		beat->tv_nsec -= 1000000000;
		beat->tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, beat, NULL);
}

static void run(int fd)
{
	struct state state, *next;
	struct msgslot_writer *writer;
	struct timespec beat;
	int err = msgslot_writer_open(fd, ITS_CHANNEL, &writer);

	if (err)
		error(EXIT_FAILURE, -err, "writer");
	/* Where the one before was when it was killed. */
	if (msgslot_get(fd, ITS_CHANNEL, &state, sizeof(state), NULL) !=
		    sizeof(state) ||
	    state.sum != sum_of(&state))
		state = (struct state){ .angle = 1 };
	printf("from beat %llu, %s\n", (unsigned long long)state.beat,
	       msgslot_writer_has_lane(writer) ? "without calls" : "by calls");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &beat);
	for (;; sleep_until_next(&beat)) {
		state.beat++; /* The work goes here. */
		state.speed -= state.angle / RATE;
		state.angle += state.speed / RATE;
		state.sum = sum_of(&state);
		next = msgslot_writer_buffer(writer);
		*next = state;
		err = msgslot_writer_publish(writer, sizeof(state));
		if (err)
			error(EXIT_FAILURE, -err, "publish");
	}
}

static void look(struct msgslot_reader *reader, struct state *state)
{
	uint64_t last = state->beat;
	ssize_t n = msgslot_reader_get(reader, state, sizeof(*state), NULL);

	if (n == -EWOULDBLOCK && !last)
		return; /* There was never one. */
	if (n < 0)
		error(EXIT_FAILURE, -n, "after beat %llu",
		      (unsigned long long)last);
	if (n != sizeof(*state) || state->sum != sum_of(state) ||
	    state->beat < last)
		error(EXIT_FAILURE, 0, "after beat %llu: no state",
		      (unsigned long long)last);
}

static void show(int fd, uint32_t channel)
{
	struct state state = { .beat = 0 };
	struct msgslot_reader reader;
	struct msgslot_view *view;
	struct timespec beat;
	int err = msgslot_view_open(fd, &view);

	if (!err)
		err = msgslot_reader_init(&reader, view, channel);
	if (err)
		error(EXIT_FAILURE, -err, "view");
	clock_gettime(CLOCK_MONOTONIC, &beat);
	for (unsigned int i = 1;; i++, sleep_until_next(&beat)) {
		look(&reader, &state);
		if (i % RATE)
			continue;
		printf("beat %llu, angle %+.3f\n",
		       (unsigned long long)state.beat, state.angle);
		fflush(stdout);
	}
}

int main(int argc, char *argv[])
{
	int runs = argc == 4 && !strcmp(argv[3], "run");
	uint32_t channel;
	int fd, err;

	if (!runs && (argc != 4 || strcmp(argv[3], "show")))
		error(EXIT_FAILURE, 0, "usage: control SLOT CHANNEL run|show");
	fd = runs ? msgslot_open_channel(argv[1], argv[2], O_RDWR | O_CREAT) :
		    msgslot_open(argv[1], O_RDONLY);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s, %s", argv[1], argv[2]);
	if (runs)
		run(fd);
	err = msgslot_channel_id(fd, argv[2], &channel);
	if (err)
		error(EXIT_FAILURE, -err, "%s", argv[2]);
	show(fd, channel);
}

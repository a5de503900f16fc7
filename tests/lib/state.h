/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a slot as far as the interface shows it, to compare what was with
 * what is: a call that fails must leave all of it as it was.
 */
#ifndef TESTS_STATE_H
#define TESTS_STATE_H

#include "record.h"

#include <dirent.h>
#include <poll.h>

#define STATE_CHANNELS 8
#define STATE_LARGEST 8192

struct state {
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;
	/* What poll() says of the open file that is looked at. */
	int ready;
	unsigned int descriptors;
	struct msg_slot_record records[STATE_CHANNELS];
	char messages[STATE_CHANNELS][STATE_LARGEST];
};

static inline unsigned int descriptors_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(folder))
		n++;
	closedir(folder);
	return n;
}

/* Of channels 1 to STATE_CHANNELS, by @look; of the open file @fd beside. */
static inline struct state *state_take(int fd, int look)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct state *state = calloc(1, sizeof(*state));

	state->limits = slot_limits(look);
	state->usage = slot_usage(look);
	state->descriptors = descriptors_open();
	poll(&ready, 1, 0);
	state->ready = ready.revents;
	for (unsigned int i = 0; i < STATE_CHANNELS; i++) {
		struct msg_slot_get get =
			get_into(i + 1, state->messages[i], STATE_LARGEST);

		slot_ioctl(look, MSG_SLOT_GET, &get);
		state->records[i] = get.record;
		/* These go on by themselves. */
		state->records[i].age = 0;
		state->records[i].ttl = get.record.ttl == FOREVER;
		state->records[i].written = 0;
	}
	return state;
}

/* Whether the two are the same; says what is not. */
static inline bool state_is(const struct state *was, const struct state *is)
{
	const char *differs = NULL;

	if (memcmp(&was->limits, &is->limits, sizeof(was->limits)))
		differs = "the limits";
	if (memcmp(&was->usage, &is->usage, sizeof(was->usage)))
		differs = "the usage";
	if (was->descriptors != is->descriptors)
		differs = "the number of descriptors";
	if (was->ready != is->ready)
		differs = "what poll() says";
	if (memcmp(was->records, is->records, sizeof(was->records)))
		differs = "a record";
	if (memcmp(was->messages, is->messages, sizeof(was->messages)))
		differs = "a message";
	if (differs)
		fprintf(stderr, "# state: %s changed\n", differs);
	return !differs;
}

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * record [SIZE [CHANNELS]]: what it costs to write and read messages with their
 * records, many at a time, and as events of a watch; CHANNELS are those of the
 * largest slot that is watched.
 */
#define _GNU_SOURCE
#include "means/slot.h"
#include "table.h"

#define BATCH MSG_SLOT_MAX_SNAPSHOT /* divides TURNS */
#define CHANGES 10
#define HOUR 3600000000000ULL

static struct msg_slot_get gets[BATCH];
static struct msg_slot_put parts[BATCH];
/* How many of these a commit has. */
static int committed;
static int watch_fd;
/* So many channels are written before the watch is read. */
static int changes;

static long put(struct msg_slot_put *put)
{
	put->buffer = (uintptr_t)sent.bytes;
	put->size = size;
	return ioctl(slot_fd, MSG_SLOT_PUT, put);
}

static long put_plain(void)
{
	struct msg_slot_put plain = {};

	return put(&plain);
}

static long put_if_version(void)
{
	static struct msg_slot_put last = { .flags = MSG_SLOT_IF_VERSION };

	return put(&last);
}

static long put_ttl(void)
{
	struct msg_slot_put mortal = { .ttl = HOUR };

	return put(&mortal);
}

/* To one channel after the other. */
static long put_in_turn(void)
{
	struct msg_slot_put one = { .channel = next_turn() };

	return put(&one);
}

static long commit(void)
{
	struct msg_slot_commit all = { .puts = (uintptr_t)parts,
				       .count = committed };

	return ioctl(slot_fd, MSG_SLOT_COMMIT, &all);
}

static long get(void)
{
	struct msg_slot_get get = { .room = size,
				    .buffer = (uintptr_t)got.bytes };

	return ioctl(slot_fd, MSG_SLOT_GET, &get);
}

static long snapshot(void)
{
	struct msg_slot_snapshot snapshot = { .gets = (uintptr_t)gets,
					      .count = BATCH };

	return ioctl(slot_fd, MSG_SLOT_SNAPSHOT, &snapshot);
}

static long write_changes(void)
{
	long result = 0;
	int i;

	for (i = 0; i < changes; i++)
		result |= pwrite(slot_fd, sent.bytes, size, next_turn());
	return result;
}

/* Return: 0, or below it when there was anything but an event for each change. */
static long read_changes(void)
{
	ssize_t n = read(watch_fd, got.bytes, sizeof(got.bytes));

	return n == changes * (ssize_t)MSG_SLOT_EVENT_SIZE(size) ? 0 : -1;
}

/* Watches the whole slot, of which nothing is left to tell but what changes. */
static void watch_slot(void)
{
	struct msg_slot_watch all = {};

	watch_fd = must(ioctl(slot_fd, MSG_SLOT_WATCH, &all), "MSG_SLOT_WATCH");
	must(fcntl(watch_fd, F_SETFL, O_NONBLOCK), "F_SETFL");
	while (read(watch_fd, got.bytes, sizeof(got.bytes)) > 0)
		;
}

/*
 * As count(), of operations that depend on one another: each write is followed by
 * a read, and each of them counted for itself.
 */
static struct cost count_in_turn(operation write, operation read)
{
	const operation loop[] = { nothing, nothing };
	const operation writing[] = { write, nothing };
	const operation reading[] = { read, nothing };
	double l[ROUNDS], w[ROUNDS], r[ROUNDS];
	double own;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		l[i] = window(loop, ONE);
		w[i] = window(writing, ONE);
		r[i] = window(reading, ONE);
	}
	own = median(l, ROUNDS);
	return (struct cost){
		.write = median(w, ROUNDS) - own,
		.read = median(r, ROUNDS) - own,
	};
}

static void print_count(const char *name, operation call, int messages)
{
	print_figure("record", name, count(call, NULL, FEW).write / messages);
}

/* Nothing is measured that does not read messages. */
static void check_read(const char *name, operation call, int messages)
{
	int i;

	memset(got.bytes, 0, messages * size);
	must(call(), name);
	for (i = 0; i < messages; i++)
		if (memcmp(got.bytes + i * size, sent.bytes, size))
			errx(EXIT_FAILURE, "%s: another message came out",
			     name);
}

static void print_read(const char *name, operation call, int messages)
{
	check_read(name, call, messages);
	print_count(name, call, messages);
}

static void prepare_batch(void)
{
	int i;

	for (i = 0; i < BATCH; i++) {
		gets[i] = (struct msg_slot_get){
			.channel = nth_id(1 + i),
			.room = size,
			.buffer = (uintptr_t)(got.bytes + i * size),
		};
		parts[i] = (struct msg_slot_put){
			.channel = nth_id(1 + i),
			.buffer = (uintptr_t)sent.bytes,
			.size = size,
		};
	}
}

static void measure_commits(void)
{
	char name[32];

	for (committed = 1; committed <= BATCH; committed *= 8) {
		snprintf(name, sizeof(name), "commit-%d", committed);
		print_count(name, commit, committed);
	}
}

static void measure_calls(void)
{
	make_slot(BATCH);
	prepare_batch();
	print_count("write", slot_write, 1);
	print_count("put", put_plain, 1);
	/* The first one says that there is none, and tells the version. */
	put_if_version();
	print_count("put-if-version", put_if_version, 1);
	print_count("put-ttl", put_ttl, 1);
	must(put_plain(), "MSG_SLOT_PUT");
	print_read("read", slot_read, 1);
	print_read("get", get, 1);
	print_read("snapshot-64", snapshot, BATCH);
	print_count("put-in-turn", put_in_turn, 1);
	measure_commits();
	close(slot_fd);
}

/* What a watch costs the writer, and its reader. */
static void measure_watch(void)
{
	struct cost cost;

	make_slot(1);
	watch_slot();
	print_count("write-unread", slot_write, 1);
	changes = 1;
	must(read_changes(), "an event");
	cost = count_in_turn(slot_write, read_changes);
	print_figure("record", "write-told", cost.write);
	print_figure("record", "event", cost.read);
	close(watch_fd);
	close(slot_fd);
}

/* Events of @of channels, read at once, in a slot of @channels. */
static void measure_events(int of, unsigned int channels)
{
	struct cost cost;
	char name[32];
	int i;

	make_slot(channels);
	/* No channel twice in a row. */
	for (i = 0; i < TURNS; i++)
		turns[i] = nth_id(1 + i % channels);
	watch_slot();
	changes = of;
	cost = count_in_turn(write_changes, read_changes);
	snprintf(name, sizeof(name), "%d-of-%u", of, channels);
	print_figure("record-write", name, cost.write / of);
	print_figure("record-event", name, cost.read / of);
	close(watch_fd);
	close(slot_fd);
}

int main(int argc, char *argv[])
{
	make_message(argc > 1 ? strtoul(argv[1], NULL, 10) : 128);
	if (BATCH * MSG_SLOT_EVENT_SIZE(size) > sizeof(got.bytes))
		errx(EXIT_FAILURE, "messages are too large");
	measure_calls();
	measure_watch();
	measure_events(BATCH, BATCH);
	measure_events(CHANGES, 1000);
	measure_events(CHANGES,
		       argc > 2 ? strtoul(argv[2], NULL, 10) : 1048576);
	return EXIT_SUCCESS;
}

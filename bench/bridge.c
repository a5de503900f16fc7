// SPDX-License-Identifier: GPL-2.0
/*
 * bridge ENGINE URL URL SLOT COPY [PID PID]: what comes of two bridges that carry SLOT to
 * COPY by an engine, beside the engine's own client, which carries the same from one process
 * to another itself: how long one message takes until the reader, who waits, has it, and how
 * long many take, each of another channel. The clients, as the bridges, use two servers of
 * the engine's, or twice the same.
 *
 * In a machine with one processor, whose clock counts instructions, that is what all processes
 * do together. Of many messages it is also told what the process does that does most, for where
 * each has a processor, as on machines of its own, the others wait for that one. Told are the
 * medians, and those of the ratios. If the bridges' processes are given, told is instead how much
 * memory they take for a channel, where there are many.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client_mqtt.h"
#include "client_nats.h"
#include "client_tools.h"
#include "msgslot.h"
#include "table.h"

#define DELAYS 101
#define BURSTS 5
#define BURST 1000
#define CHANNELS 100000
#define PROCESSES 32768
/* Bridges take a while to find each other. */
#define PATIENCE_MS 60000
/* All that a message brings with it has come to rest by then. */
#define REST_US 3000

/**
 * struct head - what each message begins with
 * @burst: its number, of all
 * @count: how many messages that has
 */
struct head {
	uint64_t burst;
	uint64_t count;
};

/**
 * struct way - from a writer to a reader in a process of its own
 * @name: as it is printed
 * @put: the message gets to be that of a channel
 * @post: likewise, if there are many of them
 * @prepare: what is not measured, or NULL
 * @settle: waits for what is still to do then, or NULL
 * @read: calls took() for each message that is in got.bytes, for ever
 * @told: a pipe: for each burst, when the last message of it had come
 */
struct way {
	const char *name;
	void (*put)(unsigned int channel);
	void (*post)(unsigned int channel);
	void (*prepare)(unsigned int count);
	void (*settle)(void);
	void (*read)(void);
	int told[2];
};

static const struct client *client;
static const char *urls[2], *slots[2];
static int slot, report;

/* A message has come. */
static void took(void)
{
	static uint64_t burst, left;
	struct head head;
	uint64_t time;

	memcpy(&head, got.bytes, sizeof(head));
	if (head.burst != burst) {
		burst = head.burst;
		left = head.count;
	}
	if (--left)
		return;
	time = now();
	must(write(report, &time, sizeof(time)), "a pipe");
}

static void read_client(void)
{
	client->connect(urls[1]);
	client->listen(took);
}

static void put_slot(unsigned int channel)
{
	must(msgslot_put(slot, channel, sent.bytes, size, MSG_SLOT_FOREVER,
			 NULL),
	     "a put");
}

static void read_slot(void)
{
	struct msgslot_watch *watch;
	struct msgslot_event event;

	slot = must(msgslot_open(slots[1], O_RDONLY), slots[1]);
	must(msgslot_watch_open(slot, NULL, 0, &watch), "a watch");
	while (msgslot_watch_next(watch, MSG_SLOT_FOREVER, &event) == 1) {
		if (event.record.size != size)
			continue;
		memcpy(got.bytes, event.message, size);
		took();
	}
	errx(EXIT_FAILURE, "the watch has ended");
}

static struct way of_client = { .name = "client", .read = read_client };
static struct way of_bridge = { .name = "bridge",
				.put = put_slot,
				.post = put_slot,
				.read = read_slot };

static void begin(struct way *way)
{
	must(pipe(way->told), "pipe");
	if (must(fork(), "fork"))
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	report = way->told[1];
	way->read();
}

static void prepare(struct way *way, unsigned int count)
{
	if (way->prepare)
		way->prepare(count);
}

/* Return: how long it took until all @count messages had come. */
static double time_of(struct way *way, unsigned int count)
{
	static uint64_t burst;
	struct head head = { .burst = burst + 1, .count = count };
	struct pollfd told = { .fd = way->told[0], .events = POLLIN };
	uint64_t start, end;
	unsigned int i;

	burst++;
	memcpy(sent.bytes, &head, sizeof(head));
	start = now();
	if (count == 1)
		way->put(1);
	for (i = 1; count > 1 && i <= count; i++)
		way->post(i);
	if (way->settle)
		way->settle();
	if (poll(&told, 1, PATIENCE_MS) != 1)
		errx(EXIT_FAILURE, "by the %s nothing has come", way->name);
	must(read(told.fd, &end, sizeof(end)), "a pipe");
	usleep(REST_US);
	return end - start;
}

/* Return: how long a thread, or whatever has that file, has run, in ns. */
static uint64_t run_time(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t time = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%" SCNu64, &time) != 1)
		errx(EXIT_FAILURE, "%s: no time", path);
	fclose(file);
	return time;
}

/* How long each process has run, by its number. */
static void run_times(uint64_t times[static PROCESSES])
{
	char path[64 + 2 * NAME_MAX];
	struct dirent *process, *thread;
	DIR *all = opendir("/proc"), *threads;

	if (!all)
		fail("/proc");
	memset(times, 0, PROCESSES * sizeof(*times));
	while ((process = readdir(all))) {
		int number = atoi(process->d_name);

		if (number <= 0 || number >= PROCESSES)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task", number);
		threads = opendir(path);
		while (threads && (thread = readdir(threads))) {
			if (*thread->d_name == '.')
				continue;
			snprintf(path, sizeof(path),
				 "/proc/%d/task/%s/schedstat", number,
				 thread->d_name);
			times[number] += run_time(path);
		}
		if (threads)
			closedir(threads);
	}
	closedir(all);
}

/* What it takes to find out is not of what is measured. */
static uint64_t own_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* Return: how long the process has run that has run longest while @way took a burst. */
static double busiest_of(struct way *way)
{
	static uint64_t before[PROCESSES], after[PROCESSES];
	uint64_t most = 0, own;
	int i;

	prepare(way, BURST);
	run_times(before);
	before[getpid()] = own_time();
	time_of(way, BURST);
	own = own_time();
	run_times(after);
	after[getpid()] = own;
	for (i = 0; i < PROCESSES; i++)
		if (after[i] - before[i] > most)
			most = after[i] - before[i];
	return most;
}

static double burst_of(struct way *way)
{
	prepare(way, BURST);
	return time_of(way, BURST);
}

static double delay_of(struct way *way)
{
	prepare(way, 1);
	return time_of(way, 1);
}

static void print_median(const char *what, const char *of, double *values,
			 int count)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-%s%s", client->name, what, of);
	print_figure("bridge", name, median(values, count));
}

static void compare(const char *what, double (*measure)(struct way *way),
		    int rounds)
{
	double own[DELAYS], ours[DELAYS], ratios[DELAYS];
	int i;

	for (i = 0; i < rounds; i++) {
		own[i] = measure(&of_client);
		ours[i] = measure(&of_bridge);
		ratios[i] = ours[i] / own[i];
	}
	print_median(what, "-client", own, rounds);
	print_median(what, "-bridge", ours, rounds);
	print_median(what, "", ratios, rounds);
}

/* Return: in bytes, what only this process has. */
static double memory_of(const char *pid)
{
	double kilobytes, found = 0;
	char name[64];
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%s/smaps_rollup", pid);
	file = fopen(name, "r");
	if (!file)
		fail(name);
	while (fgets(name, sizeof(name), file))
		if (sscanf(name, "Private_Dirty: %lf", &kilobytes) == 1)
			found = kilobytes * 1024;
	fclose(file);
	return found;
}

static void weigh(char *const pids[])
{
	static const char *const names[] = { "owner", "copy" };
	double before[2];
	char name[64];
	int i;

	for (i = 0; i < 2; i++)
		before[i] = memory_of(pids[i]);
	time_of(&of_bridge, CHANNELS);
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s-%s-bytes", client->name,
			 names[i]);
		print_figure("bridge", name,
			     (memory_of(pids[i]) - before[i]) / (CHANNELS - 1));
	}
}

int main(int argc, char *argv[])
{
	static const struct client *const clients[] = {
		&nats_client, &update_client, &mqtt_client, &tools_client, NULL
	};
	const struct client *const *one = clients;

	if (argc != 6 && argc != 8)
		errx(EXIT_FAILURE,
		     "usage: bridge nats|update|mqtt|tools URL URL SLOT COPY [PID PID]");
	while (*one && strcmp((*one)->name, argv[1]))
		one++;
	client = *one;
	if (!client)
		errx(EXIT_FAILURE, "no such client: %s", argv[1]);
	urls[0] = argv[2];
	urls[1] = argv[3];
	slots[0] = argv[4];
	slots[1] = argv[5];
	make_message(128);
	begin(&of_client);
	begin(&of_bridge);
	client->connect(urls[0]);
	of_client.put = client->put;
	of_client.post = client->post;
	of_client.prepare = client->prepare;
	of_client.settle = client->settle;
	slot = must(msgslot_open(slots[0], O_RDWR), slots[0]);
	/* Both readers are there then, and the bridges have found each other. */
	sleep(1);
	delay_of(&of_client);
	delay_of(&of_bridge);
	if (argc == 8) {
		weigh(argv + 6);
		return EXIT_SUCCESS;
	}
	compare("delay", delay_of, DELAYS);
	compare("burst", burst_of, BURSTS);
	compare("busiest", busiest_of, BURSTS);
	return EXIT_SUCCESS;
}

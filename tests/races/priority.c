// SPDX-License-Identifier: GPL-2.0
/*
 * Readers who go before everybody else (SCHED_FIFO): one never leaves its processor, the
 * other comes between whatever a writer of no priority does on its own. Neither stops the
 * writer for longer than they run, and a read never waits for a writer that can't run.
 */
#include "record.h"

#include "processor.h"

#include <pthread.h>
#include <stdatomic.h>

#define CHANNEL 1u
#define WRITES 20000u

/* In which the writer has to have done that, on an emulated machine. */
#define DONE_MS 60000

/*
 * Of its own processor's time, for one read; if the machine is one of several, it counts
 * what the others take. Who waited for a writer that can't run would do so until the
 * kernel lets others run, after 950 ms.
 */
#define READ_MS 600

struct reader {
	pthread_t thread;
	int fd;
	unsigned int cpu;
	/* Between its reads; 0: none. */
	unsigned int sleep_us;
	unsigned long long longest;
};

static atomic_bool over;

static unsigned long long read_once(int fd)
{
	unsigned long long begin = clock_now(CLOCK_THREAD_CPUTIME_ID);
	char messages[2][MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_get gets[] = {
		get_into(CHANNEL, messages[0], sizeof(messages[0])),
		get_into(CHANNEL + 1, messages[1], sizeof(messages[1])),
	};

	if (slot_pread(fd, messages[0], sizeof(messages[0]), CHANNEL) != 7 ||
	    slot_snapshot(fd, gets, 2))
		abort();
	return clock_now(CLOCK_THREAD_CPUTIME_ID) - begin;
}

static void *read_first(void *arg)
{
	struct sched_param first = { .sched_priority = 50 };
	struct reader *reader = arg;

	if (!stay_on(reader->cpu) ||
	    pthread_setschedparam(pthread_self(), SCHED_FIFO, &first))
		abort();
	while (!atomic_load(&over)) {
		unsigned long long took = read_once(reader->fd);

		if (took > reader->longest)
			reader->longest = took;
		if (reader->sleep_us)
			usleep(reader->sleep_us);
	}
	return NULL;
}

static void begin_reading(struct reader *reader, int node)
{
	reader->fd = slot_open(node, O_RDONLY);
	if (pthread_create(&reader->thread, NULL, read_first, reader))
		abort();
}

TEST_F(slot, writer_goes_on_beside_readers_of_higher_priority)
{
	struct reader readers[] = { { .cpu = 1 },
				    { .cpu = 0, .sleep_us = 1000 } };
	unsigned long long begin = clock_now(CLOCK_BOOTTIME);

	ASSERT_TRUE(stay_on(0));
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "this machine has one processor");
	ASSERT_EQ(7, slot_pwrite(self->fd, "message", 7, CHANNEL));
	for (unsigned int i = 0; i < 2; i++)
		begin_reading(&readers[i], self->node);
	for (unsigned int i = 0;
	     i < WRITES && !is_past(begin + DONE_MS * MILLISECOND); i++)
		ASSERT_EQ(7, slot_pwrite(self->fd, "message", 7, CHANNEL));
	EXPECT_FALSE(is_past(begin + DONE_MS * MILLISECOND));
	atomic_store(&over, true);
	for (unsigned int i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		EXPECT_GT(READ_MS * MILLISECOND, readers[i].longest);
		close(readers[i].fd);
	}
}

TEST_HARNESS_MAIN

/* SPDX-License-Identifier: GPL-2.0 */
/* What programs have in common that ask threads.c for something. */
#ifndef TESTS_NATIVE_H
#define TESTS_NATIVE_H

#include "fixture.h"
#include "threads.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#define CROWD_FILE "/sys/module/message_slot/parameters/threads"

static inline double native_seconds(void)
{
	const char *duration = getenv("TEST_SECONDS");

	return duration ? atof(duration) : 5;
}

/* Every page touched: a fault takes as long as hundreds of acts. */
static inline void *memory_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memset(memory, 0, size);
}

static inline void word_wait(atomic_uint *word, unsigned int value)
{
	syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static inline void word_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static inline void word_await(atomic_uint *word, unsigned int value)
{
	unsigned int now;

	while ((now = atomic_load(word)) != value)
		word_wait(word, now);
}

static inline void word_await_other(atomic_uint *word, unsigned int value)
{
	while (atomic_load(word) == value)
		word_wait(word, value);
}

/* The processors' clock beside the kernel's, in nanoseconds. */
struct clocks {
	unsigned long long first_ticks, ticks;
	unsigned long long first_time, time;
};

static inline double clocks_rate(const struct clocks *clocks)
{
	return (double)(clocks->ticks - clocks->first_ticks) /
	       (clocks->time - clocks->first_time);
}

/* CLOCK_BOOTTIME, in nanoseconds, without a call. */
static inline unsigned long long clocks_time(const struct clocks *clocks,
					     unsigned long long ticks)
{
	return clocks->time +
	       (long long)((double)(long long)(ticks - clocks->ticks) /
			   clocks_rate(clocks));
}

static inline bool crowd_there(void)
{
	return !access(CROWD_FILE, W_OK);
}

/* Writes the address of @asked to a parameter of the module, which does what it asks. */
static inline void kernel_ask(int parameter, const void *asked)
{
	char address[20];
	int n = snprintf(address, sizeof(address), "%lx", (unsigned long)asked);

	if (pwrite(parameter, address, n, 0) != n) {
		perror("# asking the kernel");
		abort();
	}
}

static inline void crowd_run(struct crowd *crowd)
{
	static int file = -1;

	if (file < 0)
		file = open(CROWD_FILE, O_WRONLY | O_CLOEXEC);
	kernel_ask(file, crowd);
}

static inline void crowd_open(struct crowd *crowd, int node, unsigned int count,
			      unsigned int acts)
{
	char *buffers = memory_shared(count * VALUE_MOST);
	struct msg_slot_limits limits;

	*crowd = (struct crowd){ .count = count, .acts = acts };
	for (unsigned int i = 0; i < count; i++) {
		crowd->members[i].fd = slot_open(node, O_RDWR);
		crowd->members[i].buffer =
			(uintptr_t)(buffers + i * VALUE_MOST);
	}
	if (ioctl(crowd->members[0].fd, MSG_SLOT_GET_LIMITS, &limits))
		abort();
	limits.max_message = VALUE_MOST;
	if (ioctl(crowd->members[0].fd, MSG_SLOT_SET_LIMITS, &limits))
		abort();
}

static inline void clocks_compare(struct clocks *clocks,
				  const struct crowd *crowd)
{
	clocks->ticks = crowd->ticks[1];
	clocks->time = crowd->boottime[1];
}

/* Not before some time has gone by; later the comparison is as good as it is old. */
static inline void clocks_begin(struct clocks *clocks, struct crowd *crowd)
{
	struct crowd none = { .acts = 1, .channel = 1, .kinds = 1 };

	crowd_run(&none);
	clocks->first_ticks = none.ticks[0];
	clocks->first_time = none.boottime[0];
	usleep(200000);
	crowd_run(&none);
	clocks_compare(clocks, &none);
}

/* Of a whole message, or nobody's. */
static inline unsigned long long value_in(const void *message, long n)
{
	unsigned long long words[VALUE_MOST / 8];

	if (n < 8 || n > (long)sizeof(words))
		return ~0ull;
	memcpy(words, message, n);
	for (long i = 1; i < n / 8; i++)
		if (words[i] != words[0])
			return ~0ull;
	return n == value_size(words[0]) ? words[0] : ~0ull;
}

#endif

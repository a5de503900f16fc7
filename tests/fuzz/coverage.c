// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "coverage.h"
#include "input.h"

/* Calls that tell KCOV where one is are five bytes long, so no two share a word. */
#define WORDS 65536u
#define KINDS 64u
#define ERRNOS 128u
/* As many places as a thread can have been at in one input. */
#define TRACE_WORDS (256u * 1024)

/* libFuzzer zeroes these before an input, and looks at them after it. */
static uint8_t counters[WORDS]
	__attribute__((section("__libfuzzer_extra_counters"), aligned(8)));
/* How a call of a kind came out is a place, too. */
static uint8_t outcomes[KINDS * ERRNOS]
	__attribute__((section("__libfuzzer_extra_counters"), aligned(8)));

static unsigned long *traces[INPUT_THREADS];
static unsigned long text;
/* Where anything has ever been. */
static bool visited[WORDS];

static void find_text(void)
{
	FILE *file = fopen("/sys/module/message_slot/sections/.text", "re");

	if (!file || fscanf(file, "%lx", &text) != 1 || !text) {
		fprintf(stderr, "fuzz: where is the module?\n");
		exit(2);
	}
	fclose(file);
}

/**
 * coverage_begin() - from now on, note where this thread's calls lead
 * @thread: its number
 */
void coverage_begin(unsigned int thread)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	unsigned long *trace;

	if (!thread)
		find_text();
	if (fd < 0 || ioctl(fd, KCOV_INIT_TRACE, (unsigned long)TRACE_WORDS)) {
		perror("fuzz: /sys/kernel/debug/kcov");
		exit(2);
	}
	trace = mmap(NULL, TRACE_WORDS * sizeof(*trace), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	/* No child looks at it, and to give it to one takes long. */
	if (trace == MAP_FAILED ||
	    madvise(trace, TRACE_WORDS * sizeof(*trace), MADV_DONTFORK) ||
	    ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		perror("fuzz: KCOV");
		exit(2);
	}
	traces[thread] = trace;
}

/* With TEST_FUZZ_ONCE it is no news that one has been at a place more often. */
static void count(uint8_t *counter)
{
	static int most;

	if (!most)
		most = getenv("TEST_FUZZ_ONCE") ? 1 : UINT8_MAX;
	if (*counter < most)
		++*counter;
}

/** coverage_collect() - after an input: count where its calls led */
void coverage_collect(void)
{
	for (unsigned int i = 0; i < INPUT_THREADS; i++) {
		unsigned long *trace = traces[i];
		unsigned long n;

		if (!trace)
			continue;
		n = __atomic_exchange_n(&trace[0], 0, __ATOMIC_RELAXED);
		for (unsigned long j = 1; j <= n; j++) {
			unsigned long at = (trace[j] - text) / 4;

			if (at >= WORDS)
				continue;
			count(&counters[at]);
			visited[at] = true;
		}
	}
}

/**
 * coverage_outcome() - a call has come to something
 * @kind: of which kind of act it is
 * @ret: what it returned
 */
void coverage_outcome(unsigned int kind, long ret)
{
	unsigned int outcome = ret < 0 ? -ret % ERRNOS : 0;

	count(&outcomes[kind % KINDS * ERRNOS + outcome]);
}

/**
 * coverage_note() - add the places of the module at which we have been
 * @path: where to, a line for each, which may be there already
 */
void coverage_note(const char *path)
{
	FILE *file = fopen(path, "ae");

	if (!file)
		return;
	for (unsigned int i = 0; i < WORDS; i++) {
		if (visited[i])
			fprintf(file, "%x\n", i);
	}
	fclose(file);
}

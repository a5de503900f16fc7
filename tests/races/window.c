// SPDX-License-Identifier: GPL-2.0
/*
 * Windows under fire: writers of long messages, some of whom fail, who clears and whose
 * messages expire, readers who map and unmap; nobody ever takes what is torn, old or
 * was never written for a message.
 */
#include "window.h"

#include "kernel_bits.h"
#include "limit.h"
#include "race.h"

#define ID 7
/* What no message is, and nobody gets to see as one. */
#define NEVER 0xbadbadbadbadbadull
#define MOST 12000

static size_t long_size(unsigned long long seed)
{
	return 136 + mix(seed) % (MOST / 8 - 17) * 8;
}

static size_t make_long(unsigned long long *message, unsigned long long seed)
{
	size_t n = long_size(seed);

	for (size_t i = 0; i < n / 8; i++)
		message[i] = seed;
	return n;
}

static const char *judge(const unsigned long long *message, long n)
{
	if (n != (long)long_size(message[0]))
		return "of another size";
	for (long i = 1; i < n / 8; i++)
		if (message[i] != message[0])
			return "torn";
	return NULL;
}

/* Each writer has seeds of its own, which grow. */
static void write_them(struct racer *racer)
{
	unsigned long long *message = malloc(MOST), seed = 0;

	while (racing(racer)) {
		size_t n = make_long(message, ++seed * 8 + racer->id);

		racer_expect(racer,
			     slot_pwrite(racer->fd, message, n, ID) == (long)n,
			     "could not write");
	}
	free(message);
}

static void write_for_a_moment(struct racer *racer)
{
	unsigned long long *message = malloc(MOST), seed = 0;

	while (racing(racer)) {
		size_t n = make_long(message, ++seed * 8 + racer->id);

		racer_expect(racer,
			     !slot_put_for(racer->fd, ID, message, n, 20000),
			     "could not write");
	}
	free(message);
}

/* What comes to nothing: on a condition, or without the end of it. */
static void fail_to_write(struct racer *racer)
{
	char *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long long *message = (void *)page;

	for (unsigned int i = 0; i < PAGE / 8; i++)
		message[i] = NEVER;
	munmap(page + PAGE, PAGE);
	while (racing(racer)) {
		unsigned long long version = ~0ull;

		racer_expect(racer,
			     slot_put_if(racer->fd, ID, page, PAGE, &version) ==
				     -ESTALE,
			     "could write");
		racer_expect(racer,
			     slot_pwrite(racer->fd, page + 96, PAGE, ID) ==
				     -EFAULT,
			     "could write");
	}
	munmap(page, PAGE);
}

static void clear_it(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer, !slot_clear(racer->fd, ID),
			     "could not clear");
		usleep(100);
	}
}

static void read_by_call(struct racer *racer)
{
	unsigned long long *message = malloc(MOST);

	while (racing(racer)) {
		long n = slot_pread(racer->fd, message, MOST, ID);
		const char *wrong = n == -EWOULDBLOCK ? NULL :
							judge(message, n);

		racer_expect(racer, !wrong, wrong);
	}
	free(message);
}

/* What a window has is looked at a while, then it is mapped anew. */
static unsigned int read_mapped(struct racer *racer)
{
	const char *base = slot_map(racer->fd);
	unsigned long long *message = malloc(LARGEST), last = 0;
	unsigned int seen = 0;

	while (racing(racer)) {
		size_t bytes = window_bytes(4096 << mix(racer->rounds) % 3);
		struct window window = {};

		if (window_map(&window, racer->fd, base, ID, bytes)) {
			racer_expect(racer,
				     errno == EWOULDBLOCK || errno == ENXIO,
				     "could not map");
			continue;
		}
		for (int i = 0; i < 200; i++) {
			struct mapped mapped;
			long n = window_try(&window, ID, message, &mapped);
			const char *wrong = NULL;

			if (n > 0) {
				wrong = judge(message, n);
				if (mapped.version < last)
					wrong = "older than before";
				last = mapped.version;
				seen++;
			}
			racer_expect(racer, !wrong, wrong);
		}
		window_unmap(&window);
	}
	free(message);
	slot_unmap(racer->fd, base);
	return seen;
}

static void read_what_is_there(struct racer *racer)
{
	if (!read_mapped(racer))
		racer_expect(racer, false, "saw nothing");
}

/* It may never be there. */
static void read_what_comes(struct racer *racer)
{
	read_mapped(racer);
}

FIXTURE(window)
{
	struct race *race;
	int node;
	int fd;
};

FIXTURE_VARIANT(window)
{
	bool processes;
};

/* checkpatch.pl wants these braces elsewhere than clang-format does. */
/* clang-format off */
FIXTURE_VARIANT_ADD(window, threads) {
	.processes = false,
};

FIXTURE_VARIANT_ADD(window, processes) {
	.processes = true,
};

/* clang-format on */

FIXTURE_SETUP(window)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->race = race_new(self->node, variant->processes);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
}

FIXTURE_TEARDOWN(window)
{
	close(self->fd);
	close(self->node);
}

TEST_F(window, of_writers)
{
	race_add(self->race, write_them);
	race_add(self->race, write_them);
	race_add(self->race, fail_to_write);
	race_add(self->race, read_what_is_there);
	race_add(self->race, read_what_is_there);
	race_add(self->race, read_by_call);
	race_run(self->race, _metadata);
}

TEST_F(window, of_what_comes_and_goes)
{
	race_add(self->race, write_them);
	race_add(self->race, write_for_a_moment);
	race_add(self->race, clear_it);
	race_add(self->race, read_what_comes);
	race_add(self->race, read_what_comes);
	race_add(self->race, read_by_call);
	race_run(self->race, _metadata);
}

TEST_HARNESS_MAIN

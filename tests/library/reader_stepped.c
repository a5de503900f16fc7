// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that is overtaken at each of its instructions in turn: it is another process,
 * which is stopped at one of them (ptrace), and there something happens to the channel at
 * once, before it goes on. What it gets is what there was before that, or what there is
 * after it, and nothing else. Races meet those instructions by chance.
 */
#define NEEDS_64_BITS

#include "interposed.h"
#include "limit.h"
#include "stuck.h"
#include "window.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#define ID 7
#define SHORT 20
#define LONG 300

/* What the reader shares with the test. */
struct result {
	bool wants_info;
	ssize_t n;
	struct msgslot_info info;
	char bytes[LARGEST];
};

/* What the channel has: a message of so many bytes, or none: 0. */
struct state {
	size_t size;
	unsigned long long seed;
	unsigned long long version;
};

/* The channel, and who reads it. */
struct stage {
	int node;
	int fd;
	const char *base;
	struct result *result;
	pid_t reader;
	struct msgslot_writer *writer;
	unsigned long long seed;
	struct state state;
};

FIXTURE(stepped)
{
	struct stage stage;
};

/* Of one that is being read, each message in the time between two stops. */
static void read_on(int fd, struct result *result)
{
	struct msgslot_reader reader;
	struct msgslot_info *info;
	struct msgslot_view *view;
	pid_t self = getpid();

	if (msgslot_view_open(fd, &view) ||
	    msgslot_reader_init(&reader, view, ID) ||
	    ptrace(PTRACE_TRACEME, 0, 0, 0))
		abort();
	for (;;) {
		/* Fewer instructions than raise(). */
		kill(self, SIGSTOP);
		info = result->wants_info ? &result->info : NULL;
		result->n = msgslot_reader_get(&reader, result->bytes, LARGEST,
					       info);
	}
}

/* Return: whether it is between two messages, not at an instruction of one. */
static bool await_stop(pid_t reader)
{
	int status;

	if (waitpid(reader, &status, 0) != reader || !WIFSTOPPED(status))
		abort();
	return WSTOPSIG(status) == SIGSTOP;
}

/* One message, or the rest of it. Return: as await_stop(). */
static bool go_on(pid_t reader)
{
	if (ptrace(PTRACE_CONT, reader, 0, 0))
		abort();
	return await_stop(reader);
}

#ifdef __aarch64__
#define COUNTER pc
#define TRAP 0xd4200000ul
#define TRAP_BYTES 0xfffffffful
/* It stops at it. */
#define PAST_TRAP 0
#else
#if UINTPTR_MAX == UINT32_MAX
#define COUNTER eip
#else
#define COUNTER rip
#endif
#define TRAP 0xccul
#define TRAP_BYTES 0xfful
#define PAST_TRAP 1
#endif

/* The instruction that it is at. */
static unsigned long counter_of(pid_t reader, unsigned int back)
{
	struct user_regs_struct regs;
	struct iovec all = { .iov_base = &regs, .iov_len = sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, reader, NT_PRSTATUS, &all))
		abort();
	if (!back)
		return regs.COUNTER;
	regs.COUNTER -= back;
	if (ptrace(PTRACE_SETREGSET, reader, NT_PRSTATUS, &all))
		abort();
	return regs.COUNTER;
}

/* Return: whether it comes by there, and is stopped, before its next message. */
static bool go_to(pid_t reader, unsigned long counter)
{
	long there = ptrace(PTRACE_PEEKTEXT, reader, counter, 0);
	bool inside;

	if (ptrace(PTRACE_POKETEXT, reader, counter,
		   (there & ~TRAP_BYTES) | TRAP))
		abort();
	inside = !go_on(reader);
	if (ptrace(PTRACE_POKETEXT, reader, counter, there))
		abort();
	if (inside && counter_of(reader, PAST_TRAP) != counter)
		abort();
	return inside;
}

#define STEPS_MOST 1000

/* Where it comes by, in one message. Return: how many instructions. */
static unsigned int trace(pid_t reader, unsigned long *counters)
{
	unsigned int n = 0;

	do {
		counters[n++] = counter_of(reader, 0);
		if (ptrace(PTRACE_SINGLESTEP, reader, 0, 0))
			abort();
	} while (!await_stop(reader) && n < STEPS_MOST);
	return n;
}

FIXTURE_SETUP(stepped)
{
	struct stage *stage = &self->stage;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	stage->node = slot_fresh();
	stage->fd = library_open(stage->node, O_RDWR);
	ASSERT_LE(0, stage->fd);
	ASSERT_EQ(0, slot_set_max_message(stage->fd, LARGEST));
	stage->base = slot_map(stage->fd);
	stage->result = mmap(NULL, sizeof(*stage->result),
			     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			     -1, 0);
	stage->reader = fork();
	if (!stage->reader)
		read_on(stage->fd, stage->result);
	ASSERT_TRUE(await_stop(stage->reader));
}

FIXTURE_TEARDOWN(stepped)
{
	struct stage *stage = &self->stage;

	if (stage->reader) {
		kill(stage->reader, SIGKILL);
		waitpid(stage->reader, NULL, 0);
	}
	slot_unmap(stage->fd, stage->base);
	msgslot_close(stage->fd);
	close(stage->node);
}

static void look(struct stage *stage)
{
	stage->state.version = slot_version(stage->fd, ID);
}

static void put(struct stage *stage, size_t size)
{
	stage->state.size = size;
	stage->state.seed = ++stage->seed;
	if (msgslot_put(stage->fd, ID, large(size, stage->seed), size, 0, NULL))
		abort();
	look(stage);
}

static void put_short(struct stage *stage)
{
	put(stage, SHORT);
}

static void put_long(struct stage *stage)
{
	put(stage, LONG);
}

static void put_longer(struct stage *stage)
{
	put(stage, LONG + 8);
}

static void put_short_twice(struct stage *stage)
{
	put_short(stage);
	put(stage, SHORT + 8);
}

static void put_long_twice(struct stage *stage)
{
	put_long(stage);
	put_longer(stage);
}

/* Whoever needs a larger window takes the place of the one there is. */
static void put_too_long(struct stage *stage)
{
	put(stage, 3 * PAGE);
}

static void clear(struct stage *stage)
{
	stage->state = (struct state){};
	if (msgslot_clear(stage->fd, ID, NULL))
		abort();
	look(stage);
}

static void clear_and_put_short(struct stage *stage)
{
	clear(stage);
	put_short(stage);
}

static void clear_and_put_long(struct stage *stage)
{
	clear(stage);
	put_long(stage);
}

/* By whom the message comes to the channel's window, if it is not there. */
static void map_window(struct stage *stage, size_t size)
{
	struct window window = {};

	if (window_map(&window, stage->fd, stage->base, ID, window_bytes(size)))
		abort();
	window_unmap(&window);
}

static void map_same(struct stage *stage)
{
	map_window(stage, LONG);
}

static void map_larger(struct stage *stage)
{
	map_window(stage, 3 * PAGE);
}

static void put_in_lane(struct stage *stage)
{
	stage->state.size = SHORT;
	stage->state.seed = ++stage->seed;
	if (msgslot_writer_put(stage->writer, large(SHORT, stage->seed), SHORT))
		abort();
	look(stage);
}

static void put_in_lane_twice(struct stage *stage)
{
	put_in_lane(stage);
	put_in_lane(stage);
}

static void begin_lane(struct stage *stage)
{
	if (msgslot_writer_open(stage->fd, ID, &stage->writer) ||
	    !msgslot_writer_has_lane(stage->writer))
		abort();
	put_in_lane(stage);
}

static void end_lane(struct stage *stage)
{
	msgslot_writer_close(stage->writer);
	look(stage);
}

/* Return: whether that is what the reader got. */
static bool got(const struct result *result, const struct state *state)
{
	if (!state->size)
		return result->n == -EWOULDBLOCK &&
		       (!result->wants_info || !result->info.version);
	return result->n == (ssize_t)state->size &&
	       !memcmp(result->bytes, large(state->size, state->seed),
		       state->size) &&
	       (!result->wants_info ||
		(result->info.version == state->version &&
		 result->info.size == state->size));
}

/* What is done with a channel while it is read. */
struct scene {
	/* Before; then the reader takes so many messages, then the rest. */
	void (*begin)(struct stage *stage);
	unsigned int warm;
	void (*then)(struct stage *stage);
	/* In the middle of the next. */
	void (*event)(struct stage *stage);
	/* To be able to begin again. */
	void (*end)(struct stage *stage);
};

static void begin(struct stage *stage, const struct scene *scene)
{
	scene->begin(stage);
	for (unsigned int i = 0; i < scene->warm; i++)
		go_on(stage->reader);
	if (scene->then)
		scene->then(stage);
}

/*
 * Return: whether the reader was right when something happens while it is at this
 * instruction; 0: after the last one.
 */
static bool overtake(struct stage *stage, const struct scene *scene,
		     unsigned long counter)
{
	struct state before;
	bool inside, right;

	begin(stage, scene);
	before = stage->state;
	inside = counter ? go_to(stage->reader, counter) :
			   !go_on(stage->reader);
	scene->event(stage);
	if (inside)
		go_on(stage->reader);
	right = got(stage->result, &before) ||
		got(stage->result, &stage->state);
	/* It knows of it the next time. */
	go_on(stage->reader);
	right = right && got(stage->result, &stage->state);
	if (scene->end)
		scene->end(stage);
	return right;
}

static void play(struct stage *stage, const struct scene *scene, bool info,
		 struct __test_metadata *_metadata)
{
	static unsigned long counters[STEPS_MOST];
	unsigned int n;

	stage->result->wants_info = info;
	/* Once before, so that the dynamic linker is done. */
	overtake(stage, scene, 0);
	begin(stage, scene);
	n = trace(stage->reader, counters);
	EXPECT_TRUE(got(stage->result, &stage->state));
	scene->event(stage);
	if (scene->end)
		scene->end(stage);
	EXPECT_GT((unsigned int)STEPS_MOST, n);
	EXPECT_LT(20u, n);
	for (unsigned int i = 0; i < n; i++) {
		EXPECT_TRUE(overtake(stage, scene, counters[i]))
		{
			TH_LOG("at step %u of %u, %s: %zd", i, n,
			       info ? "with all" : "the message",
			       stage->result->n);
		}
	}
}

static void play_all(struct stage *stage, const struct scene *scene,
		     struct __test_metadata *_metadata)
{
	play(stage, scene, false, _metadata);
	play(stage, scene, true, _metadata);
}

#define SCENE(what, first, times, then_this, at_the_end)       \
	TEST_F(stepped, what)                                  \
	{                                                      \
		play_all(&self->stage,                         \
			 &(struct scene){ .begin = first,      \
					  .warm = times,       \
					  .event = then_this,  \
					  .end = at_the_end }, \
			 _metadata);                           \
	}

SCENE(cell_put, put_short, 2, put_short, NULL)
SCENE(cell_put_twice, put_short, 2, put_short_twice, NULL)
SCENE(cell_put_long, put_short, 2, put_long, NULL)
SCENE(cell_clear, put_short, 2, clear, NULL)
SCENE(cell_clear_and_put, put_short, 2, clear_and_put_short, NULL)
SCENE(cell_lane, put_short, 2, begin_lane, end_lane)

SCENE(window_put, put_long, 5, put_longer, NULL)
SCENE(window_put_twice, put_long, 5, put_long_twice, NULL)
SCENE(window_put_short, put_long, 5, put_short, NULL)
SCENE(window_clear, put_long, 5, clear, NULL)
SCENE(window_clear_and_put, put_long, 5, clear_and_put_long, NULL)
SCENE(window_put_too_long, put_long, 5, put_too_long, NULL)
SCENE(window_larger, put_long, 5, map_larger, NULL)

SCENE(lane_put, begin_lane, 3, put_in_lane, end_lane)
SCENE(lane_put_twice, begin_lane, 3, put_in_lane_twice, end_lane)
SCENE(lane_end, begin_lane, 3, end_lane, NULL)

/*
 * While a writer has one place of the window and does not get on, each second message is
 * not there, until it is mapped again.
 */
static void put_in_window(struct stage *stage)
{
	unsigned long long offset;
	const struct msg_slot_cell *cell;

	do {
		put_long(stage);
		if (slot_locate(stage->fd, ID, &offset))
			abort();
		cell = (const void *)(stage->base + offset);
	} while (!placed_of(cell, cell->latch & 1).window);
}

TEST_F(stepped, window_comes_to_have_it)
{
	struct stage *stage = &self->stage;
	struct stuck stuck;

	put_long(stage);
	for (int i = 0; i < 3; i++)
		go_on(stage->reader);
	if (stuck_begin(&stuck, stage->fd, ID, LONG))
		SKIP(return, "no userfaultfd here");
	play_all(stage,
		 &(struct scene){ .begin = put_in_window,
				  .warm = 5,
				  .then = put_longer,
				  .event = map_same },
		 _metadata);
	EXPECT_EQ(LONG, stuck_end(&stuck, large(PAGE, 1)));
}

TEST_HARNESS_MAIN

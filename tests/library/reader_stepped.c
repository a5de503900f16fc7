// SPDX-License-Identifier: GPL-2.0
/*
 * A reader that is overtaken at each of its instructions in turn: it is another process,
 * which is stopped at one of them (ptrace), and there something happens to the channel at
 * once, before it goes on. What it gets is what there was before that, or what there is
 * after it, and nothing else. Races meet those instructions by chance.
 */
#define NEEDS_64_BITS

#include "interposed.h"
#include "held.h"
#include "limit.h"
#include "window.h"

#include <elf.h>
#include <pthread.h>
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

FIXTURE(stepped)
{
	int node;
	int fd;
	const char *base;
	struct result *result;
	pid_t reader;
	struct msgslot_writer *writer;
	unsigned long long seed;
	struct state state;
};

/* Of one that is being read, each message in the time between two stops. */
static void read_on(struct __test_metadata *_metadata, int fd,
		    struct result *result)
{
	struct msgslot_reader reader;
	struct msgslot_view *view;
	pid_t self = getpid();

	if (msgslot_view_open(fd, &view) ||
	    msgslot_reader_init(&reader, view, ID) ||
	    ptrace(PTRACE_TRACEME, 0, 0, 0))
		abort();
	for (;;) {
		/* Fewer instructions than raise(). */
		kill(self, SIGSTOP);
		result->n = msgslot_reader_get(
			&reader, result->bytes, sizeof(result->bytes),
			result->wants_info ? &result->info : NULL);
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
#define COUNTER rip
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
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->fd = library_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	self->base = slot_map(self->fd);
	self->result = mmap(NULL, sizeof(*self->result), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	self->reader = fork();
	if (!self->reader)
		read_on(_metadata, self->fd, self->result);
	ASSERT_TRUE(await_stop(self->reader));
}

FIXTURE_TEARDOWN(stepped)
{
	if (self->reader) {
		kill(self->reader, SIGKILL);
		waitpid(self->reader, NULL, 0);
	}
	slot_unmap(self->fd, self->base);
	msgslot_close(self->fd);
	close(self->node);
}

typedef struct _test_data_stepped Stepped;

static void look(Stepped *self)
{
	self->state.version = slot_version(self->fd, ID);
}

static void put(Stepped *self, size_t size)
{
	self->state.size = size;
	self->state.seed = ++self->seed;
	if (msgslot_put(self->fd, ID, large(size, self->seed), size, 0, NULL))
		abort();
	look(self);
}

static void put_short(Stepped *self)
{
	put(self, SHORT);
}

static void put_long(Stepped *self)
{
	put(self, LONG);
}

static void put_longer(Stepped *self)
{
	put(self, LONG + 8);
}

static void put_short_twice(Stepped *self)
{
	put_short(self);
	put(self, SHORT + 8);
}

static void put_long_twice(Stepped *self)
{
	put_long(self);
	put_longer(self);
}

/* Whoever needs a larger window takes the place of the one there is. */
static void put_too_long(Stepped *self)
{
	put(self, 3 * PAGE);
}

static void clear(Stepped *self)
{
	self->state = (struct state){};
	if (msgslot_clear(self->fd, ID, NULL))
		abort();
	look(self);
}

static void clear_and_put_short(Stepped *self)
{
	clear(self);
	put_short(self);
}

static void clear_and_put_long(Stepped *self)
{
	clear(self);
	put_long(self);
}

/* By whom the message comes to the channel's window, if it is not there. */
static void map_window(Stepped *self, size_t size)
{
	struct window window = {};

	if (window_map(&window, self->fd, self->base, ID, window_bytes(size)))
		abort();
	window_unmap(&window);
}

static void map_same(Stepped *self)
{
	map_window(self, LONG);
}

static void map_larger(Stepped *self)
{
	map_window(self, 3 * PAGE);
}

static void put_in_lane(Stepped *self)
{
	self->state.size = SHORT;
	self->state.seed = ++self->seed;
	if (msgslot_writer_put(self->writer, large(SHORT, self->seed), SHORT))
		abort();
	look(self);
}

static void put_in_lane_twice(Stepped *self)
{
	put_in_lane(self);
	put_in_lane(self);
}

static void begin_lane(Stepped *self)
{
	if (msgslot_writer_open(self->fd, ID, &self->writer) ||
	    !msgslot_writer_has_lane(self->writer))
		abort();
	put_in_lane(self);
}

static void end_lane(Stepped *self)
{
	msgslot_writer_close(self->writer);
	look(self);
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
	void (*begin)(Stepped *self);
	unsigned int warm;
	void (*then)(Stepped *self);
	/* In the middle of the next. */
	void (*event)(Stepped *self);
	/* To be able to begin again. */
	void (*end)(Stepped *self);
};

static void begin(Stepped *self, const struct scene *scene)
{
	scene->begin(self);
	for (unsigned int i = 0; i < scene->warm; i++)
		go_on(self->reader);
	if (scene->then)
		scene->then(self);
}

/*
 * Return: whether the reader was right when something happens while it is at this
 * instruction; 0: after the last one.
 */
static bool overtake(Stepped *self, const struct scene *scene,
		     unsigned long counter)
{
	struct state before;
	bool inside, right;

	begin(self, scene);
	before = self->state;
	inside = counter ? go_to(self->reader, counter) : !go_on(self->reader);
	scene->event(self);
	if (inside)
		go_on(self->reader);
	right = got(self->result, &before) || got(self->result, &self->state);
	/* It knows of it the next time. */
	go_on(self->reader);
	right = right && got(self->result, &self->state);
	if (scene->end)
		scene->end(self);
	return right;
}

static void play(Stepped *self, const struct scene *scene, bool info,
		 struct __test_metadata *_metadata)
{
	static unsigned long counters[STEPS_MOST];
	unsigned int n;

	self->result->wants_info = info;
	/* Once before, so that the dynamic linker is done. */
	overtake(self, scene, 0);
	begin(self, scene);
	n = trace(self->reader, counters);
	EXPECT_TRUE(got(self->result, &self->state));
	scene->event(self);
	if (scene->end)
		scene->end(self);
	EXPECT_GT((unsigned int)STEPS_MOST, n);
	EXPECT_LT(20u, n);
	for (unsigned int i = 0; i < n; i++) {
		EXPECT_TRUE(overtake(self, scene, counters[i]))
		{
			TH_LOG("at step %u of %u, %s: %zd", i, n,
			       info ? "with all" : "the message",
			       self->result->n);
		}
	}
}

static void play_all(Stepped *self, const struct scene *scene,
		     struct __test_metadata *_metadata)
{
	play(self, scene, false, _metadata);
	play(self, scene, true, _metadata);
}

#define SCENE(what, ...)                                                   \
	TEST_F(stepped, what)                                              \
	{                                                                  \
		play_all(self, &(struct scene){ __VA_ARGS__ }, _metadata); \
	}

SCENE(cell_put, .begin = put_short, .warm = 2, .event = put_short)
SCENE(cell_put_twice, .begin = put_short, .warm = 2, .event = put_short_twice)
SCENE(cell_put_long, .begin = put_short, .warm = 2, .event = put_long)
SCENE(cell_clear, .begin = put_short, .warm = 2, .event = clear)
SCENE(cell_clear_and_put, .begin = put_short, .warm = 2,
      .event = clear_and_put_short)
SCENE(cell_lane, .begin = put_short, .warm = 2, .event = begin_lane,
      .end = end_lane)

SCENE(window_put, .begin = put_long, .warm = 5, .event = put_longer)
SCENE(window_put_twice, .begin = put_long, .warm = 5, .event = put_long_twice)
SCENE(window_put_short, .begin = put_long, .warm = 5, .event = put_short)
SCENE(window_clear, .begin = put_long, .warm = 5, .event = clear)
SCENE(window_clear_and_put, .begin = put_long, .warm = 5,
      .event = clear_and_put_long)
SCENE(window_put_too_long, .begin = put_long, .warm = 5, .event = put_too_long)
SCENE(window_larger, .begin = put_long, .warm = 5, .event = map_larger)

SCENE(lane_put, .begin = begin_lane, .warm = 3, .event = put_in_lane,
      .end = end_lane)
SCENE(lane_put_twice, .begin = begin_lane, .warm = 3,
      .event = put_in_lane_twice, .end = end_lane)
SCENE(lane_end, .begin = begin_lane, .warm = 3, .event = end_lane)

struct stuck {
	pthread_t thread;
	struct held_page held;
	int fd;
};

static void *be_stuck(void *arg)
{
	struct stuck *stuck = arg;

	return (void *)slot_pwrite(stuck->fd, stuck->held.page - 100, LONG, ID);
}

/*
 * While a writer has one place of the window and does not get on, each second message is
 * not there, until it is mapped again.
 */
static void put_in_window(Stepped *self)
{
	unsigned long long offset;
	const struct msg_slot_cell *cell;

	do {
		put_long(self);
		if (slot_locate(self->fd, ID, &offset))
			abort();
		cell = (const void *)(self->base + offset);
	} while (!placed_of(cell, cell->latch & 1).window);
}

TEST_F(stepped, window_comes_to_have_it)
{
	struct stuck stuck = { .fd = self->fd };
	void *ret;

	put_long(self);
	for (int i = 0; i < 3; i++)
		go_on(self->reader);
	if (held_page_make(&stuck.held))
		SKIP(return, "no userfaultfd here");
	pthread_create(&stuck.thread, NULL, be_stuck, &stuck);
	held_page_await(&stuck.held);
	play_all(self,
		 &(struct scene){ .begin = put_in_window,
				  .warm = 5,
				  .then = put_longer,
				  .event = map_same },
		 _metadata);
	held_page_release(&stuck.held, large(PAGE, 1));
	pthread_join(stuck.thread, &ret);
	EXPECT_EQ(LONG, (long)ret);
	held_page_destroy(&stuck.held);
}

TEST_HARNESS_MAIN

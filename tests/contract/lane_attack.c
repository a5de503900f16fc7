// SPDX-License-Identifier: GPL-2.0
/*
 * An owner of a lane who is an enemy: of those who read its channel, of those who use others,
 * and of the kernel. It has the right to write its own messages there, and gets no more.
 */
#include "owner.h"
#include "child.h"
#include "kernel_bits.h"
#include "memory.h"
#include "passing.h"
#include "waiting.h"
#include "watch.h"

#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <setjmp.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define KEEP MSG_SLOT_END_KEEP
#define RW (PROT_READ | PROT_WRITE)
/* The enemy's channel, and another's. */
#define ID 7
#define OTHER 8
#define TEXT "keep your hands off"

FIXTURE(enemy)
{
	int node;
	/* The enemy's open file, and everybody else's. */
	int fd;
	int reader;
	const char *base;
	const struct msg_slot_cell *other;
	struct lane lane;
	unsigned long long bytes;
};

FIXTURE_SETUP(enemy)
{
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	self->reader = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_LE(0, self->reader);
	ASSERT_EQ(0, slot_put(self->reader, OTHER, TEXT, strlen(TEXT)));
	self->base = slot_map(self->reader);
	self->other = slot_cell(self->reader, self->base, OTHER);
	ASSERT_EQ(0, slot_claim(self->fd, ID, KEEP));
	self->bytes = slot_usage(self->reader).bytes;
	ASSERT_EQ(0, lane_take(&self->lane, self->fd, ID));
	lane_put(&self->lane, "begin", 5);
}

/* Whatever was done: the other channel is as it was, and this one can be used again. */
FIXTURE_TEARDOWN(enemy)
{
	EXPECT_GET(self->reader, OTHER, TEXT);
	EXPECT_CELL(self->other, OTHER, TEXT);
	slot_release(self->fd, ID);
	EXPECT_EQ(0, slot_put(self->reader, ID, "free", 4));
	EXPECT_EQ(self->bytes, slot_usage(self->reader).bytes);
	EXPECT_CELL(slot_cell(self->reader, self->base, ID), ID, "free");
	slot_unmap(self->reader, self->base);
	close(self->fd);
	close(self->reader);
	close(self->node);
}

/*
 * Threads that write to the lane until they are told to stop.
 */
struct writer {
	struct lane *lane;
	void (*write)(struct lane *lane, unsigned long long random);
	atomic_bool over;
	atomic_ullong rounds;
	pthread_t thread;
};

static unsigned long long next_random(unsigned long long *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void *write_all_the_time(void *arg)
{
	struct writer *writer = arg;
	unsigned long long state = 88172645463325252ull;

	while (!atomic_load_explicit(&writer->over, memory_order_relaxed)) {
		writer->write(writer->lane, next_random(&state));
		atomic_fetch_add_explicit(&writer->rounds, 1,
					  memory_order_relaxed);
	}
	return NULL;
}

static void writer_start(struct writer *writer, struct lane *lane,
			 void (*write)(struct lane *, unsigned long long))
{
	*writer = (struct writer){ .lane = lane, .write = write };
	if (pthread_create(&writer->thread, NULL, write_all_the_time, writer))
		abort();
	while (!atomic_load(&writer->rounds))
		usleep(100);
}

static void writer_stop(struct writer *writer)
{
	atomic_store(&writer->over, true);
	pthread_join(writer->thread, NULL);
}

/* Any byte of the page. */
static void scribble(struct lane *lane, unsigned long long random)
{
	volatile unsigned char *page = (void *)lane->cell;

	page[random % PAGE] = random >> 16;
}

/* What counts, more often: the latch, sizes, times. */
static void scribble_on_cell(struct lane *lane, unsigned long long random)
{
	volatile unsigned char *cell = (void *)lane->cell;

	cell[random % 48] = random >> 16;
}

/* Rings no bell, but as often as it has to. */
static void step_quietly(struct lane *lane)
{
	__atomic_store_n(&lane->cell->latch, lane->cell->latch + 1,
			 __ATOMIC_RELEASE);
	if (!--lane->left)
		lane_ring(lane);
}

/* As fast as it goes: nobody copies it in time. */
static void overtake(struct lane *lane, unsigned long long random)
{
	lane_fill(lane, &random, sizeof(random), 0, 0);
	step_quietly(lane);
}

/* That there is none, likewise, and a message never. */
static void overtake_with_none(struct lane *lane, unsigned long long random)
{
	lane_fill(lane, "", 0, 0, 0);
	step_quietly(lane);
}

/* To and fro within the range, with other messages. */
static void jump(struct lane *lane, unsigned long long random)
{
	lane_fill(lane, &random, sizeof(random), 0, 0);
	__atomic_store_n(&lane->cell->latch,
			 lane->cell->latch + random % 1001 - 500,
			 __ATOMIC_RELEASE);
}

#define MOST_READ_MS 2000u

/* How long the slowest read took, in milliseconds. */
static unsigned int slowest;

static unsigned int ms_since(unsigned long long begin)
{
	return (clock_now(CLOCK_MONOTONIC) - begin) / MILLISECOND;
}

/* What a read came to: a message of up to 128 bytes, or one of these errors. */
static bool is_sound(long n)
{
	return (n >= 0 && n <= MSG_SLOT_MAX_MESSAGE) || n == -EWOULDBLOCK;
}

static bool record_is_sound(const struct msg_slot_record *record)
{
	return record->channel == ID &&
	       (record->event != MSG_SLOT_WRITTEN ||
		(record->size && record->size <= MSG_SLOT_MAX_MESSAGE &&
		 record->version && record->pid == (__u32)getpid() &&
		 record->written <= clock_now(CLOCK_REALTIME) + MILLISECOND));
}

/* Which message had which version, as the kernel told it: each once. */
struct told {
	unsigned long long version;
	unsigned int size;
	char message[MSG_SLOT_MAX_MESSAGE];
};

static bool told_in_order(struct told *told, const struct got *got)
{
	const struct msg_slot_record *record = &got->record;

	if (record->event != MSG_SLOT_WRITTEN)
		return true;
	if (record->version < told->version)
		return false;
	if (record->version == told->version)
		return record->size == told->size &&
		       !memcmp(told->message, got->message, told->size);
	told->version = record->version;
	told->size = record->size;
	memcpy(told->message, got->message, record->size);
	return true;
}

static bool get_is_sound(int fd, struct told *told)
{
	struct got got;
	long ret = slot_get(fd, ID, &got);

	return is_sound(ret) && record_is_sound(&got.record) &&
	       told_in_order(told, &got);
}

static bool wait_is_sound(int fd, struct told *told)
{
	struct got got;
	long ret = slot_wait(fd, ID, told->version, 5 * MILLISECOND, 0, &got);

	return ret == -ETIMEDOUT ||
	       (!ret && got.record.version > told->version &&
		record_is_sound(&got.record) && told_in_order(told, &got));
}

static bool snapshot_is_sound(int fd, struct told *told)
{
	struct got one, two;
	struct msg_slot_get gets[] = { get_into(ID, one.message, 128),
				       get_into(OTHER, two.message, 128) };

	if (slot_snapshot(fd, gets, 2))
		return false;
	one.record = gets[0].record;
	return record_is_sound(&one.record) && told_in_order(told, &one) &&
	       gets[1].record.size == strlen(TEXT) &&
	       !memcmp(TEXT, two.message, strlen(TEXT));
}

static bool watch_is_sound(struct watcher *watcher)
{
	struct event *event = watch_next(watcher);

	return !event || event->record.channel == OTHER ||
	       record_is_sound(&event->record);
}

/* Who maps it gives up, or has something of up to 128 bytes. */
static bool mapped_is_sound(int fd, const char *base)
{
	const struct msg_slot_cell *cell = slot_cell(fd, base, ID);
	struct lane_place place = lane_place_of(cell, ID);
	const struct msg_slot_cell *lane;
	struct mapped mapped;
	long n = -EAGAIN;

	if (!place.offset)
		return true;
	lane = lane_map(fd, place.offset, PROT_READ);
	if (lane == MAP_FAILED)
		return errno == EINVAL;
	for (int tries = 0; tries < 8 && n == -EAGAIN; tries++)
		n = lane_try(cell, ID, &place, lane, &mapped);
	munmap((void *)lane, PAGE);
	return n == -EAGAIN || n == -ENOENT || is_sound(n);
}

static bool is_polled(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, 0) >= 0 && !(ready.revents & POLLERR);
}

/* One of each, in turn. Says which of them is wrong. */
static const char *read_by_every_call(int fd, const char *base,
				      struct watcher *watcher,
				      struct told *told)
{
	char buf[MSG_SLOT_MAX_MESSAGE];

	if (!is_sound(slot_pread(fd, buf, sizeof(buf), ID)))
		return "pread";
	if (!is_sound(slot_receive(fd, ID, buf, sizeof(buf))))
		return "read";
	if (!get_is_sound(fd, told))
		return "MSG_SLOT_GET";
	if (!wait_is_sound(fd, told))
		return "MSG_SLOT_WAIT";
	if (!snapshot_is_sound(fd, told))
		return "MSG_SLOT_SNAPSHOT";
	if (!watch_is_sound(watcher))
		return "a watch";
	if (!is_polled(fd))
		return "poll";
	return mapped_is_sound(fd, base) ? NULL : "a mapped read";
}

/* Of all reads while somebody writes so: what is wrong, or NULL. */
static const char *reads_while(struct lane *lane, int fd, const char *base,
			       void (*write)(struct lane *, unsigned long long))
{
	unsigned long long begin = clock_now(CLOCK_MONOTONIC);
	struct watcher *watcher = watch_all(fd);
	struct told told = {};
	const char *wrong = NULL;
	struct writer writer;
	unsigned int rounds = 0;

	writer_start(&writer, lane, write);
	while (!wrong && (rounds < 50 || ms_since(begin) < 1000)) {
		unsigned long long now = clock_now(CLOCK_MONOTONIC);

		wrong = read_by_every_call(fd, base, watcher, &told);
		if (ms_since(now) > slowest)
			slowest = ms_since(now);
		rounds++;
	}
	writer_stop(&writer);
	watcher_free(watcher);
	printf("# info: %u rounds of reads, the slowest took %u ms, %llu writes beside\n",
	       rounds, slowest, (unsigned long long)writer.rounds);
	return wrong;
}

/* In time, where the owner can be stopped for those that are overtaken. */
#define EXPECT_SOUND(write)                                                  \
	do {                                                                 \
		const char *__wrong = reads_while(&self->lane, self->reader, \
						  self->base, write);        \
		EXPECT_STREQ("", __wrong ?: "");                             \
		EXPECT_GE(owner_can_be_stopped() ? MOST_READ_MS : ~0u,       \
			  slowest);                                          \
	} while (0)

TEST_F(enemy, scribbles_on_the_page)
{
	EXPECT_SOUND(scribble);
}

TEST_F(enemy, scribbles_on_the_cell)
{
	EXPECT_SOUND(scribble_on_cell);
}

TEST_F(enemy, overtakes_all_reads)
{
	EXPECT_SOUND(overtake);
}

TEST_F(enemy, overtakes_all_reads_with_nothing)
{
	EXPECT_SOUND(overtake_with_none);
}

TEST_F(enemy, jumps_to_and_fro)
{
	EXPECT_SOUND(jump);
}

/* It rings all the time as well: those who wait are woken, and wait again. */
static void scribble_and_ring(struct lane *lane, unsigned long long random)
{
	scribble_on_cell(lane, random);
	if (slot_ring(lane->fd, lane->id))
		abort();
}

static void overtake_and_call(struct lane *lane, unsigned long long random)
{
	overtake(lane, random);
	if (random % 16)
		return;
	if (random & 16 ? slot_put(lane->fd, lane->id, "call", 4) :
			  slot_clear(lane->fd, lane->id))
		abort();
	slot_ring(lane->fd, lane->id);
}

TEST_F(enemy, scribbles_and_rings)
{
	EXPECT_SOUND(scribble_and_ring);
}

TEST_F(enemy, overtakes_and_calls)
{
	EXPECT_SOUND(overtake_and_call);
}

/* A time-out holds, also where what is there is another thing at each look. */
TEST_F(enemy, keeps_no_waiter_longer_than_it_would_wait)
{
	unsigned long long begin;
	struct writer writer;
	struct got got;

	writer_start(&writer, &self->lane, overtake_with_none);
	begin = clock_now(CLOCK_MONOTONIC);
	EXPECT_EQ(-ETIMEDOUT,
		  slot_wait(self->reader, ID, 0, 200 * MILLISECOND, 0, &got));
	EXPECT_GE(owner_can_be_stopped() ? MOST_READ_MS : ~0u, ms_since(begin));
	writer_stop(&writer);
}

/* What comes of it, whatever the flags are. */
static long size_told(unsigned int size)
{
	unsigned int n = size & MSG_SLOT_CELL_BYTES;

	if (!n)
		return -EWOULDBLOCK;
	return n > MSG_SLOT_MAX_MESSAGE ? MSG_SLOT_MAX_MESSAGE : n;
}

TEST_F(enemy, tries_every_size)
{
	char buf[MSG_SLOT_MAX_MESSAGE];
	struct told told = {};

	for (unsigned int size = 0; size < 0x10000;
	     size += size < 600 ? 1 : 97) {
		unsigned int idle = lane_idle(&self->lane);
		long n;

		memset(self->lane.cell->bytes[idle], 0xff, sizeof(buf));
		self->lane.cell->size[idle] = size;
		lane_step(&self->lane);
		n = slot_pread(self->reader, buf, sizeof(buf), ID);
		EXPECT_EQ(size_told(size), n);
		EXPECT_TRUE(get_is_sound(self->reader, &told));
	}
}

/* The latch anywhere: what was told comes not again with another message. */
TEST_F(enemy, sets_the_latch_anywhere)
{
	unsigned int latch = self->lane.cell->latch;
	unsigned long long state = 1;
	struct told told = {};

	for (int i = 0; i < 3000; i++) {
		unsigned long long random = next_random(&state);
		unsigned int far = random % 3 ? random % 70000 : random;

		lane_fill(&self->lane, &i, sizeof(i), 0, 0);
		self->lane.cell->latch = random & 1024 ? latch + far :
							 latch - far;
		EXPECT_TRUE(get_is_sound(self->reader, &told));
		EXPECT_EQ(told.version, slot_version(self->reader, ID));
		if (random >> 60)
			continue;
		EXPECT_EQ(0, slot_ring(self->fd, ID));
		latch = self->lane.cell->latch;
		EXPECT_TRUE(get_is_sound(self->reader, &told));
		if (random & 2048)
			EXPECT_EQ(0, slot_put(self->fd, ID, "call", 4));
		EXPECT_TRUE(get_is_sound(self->reader, &told));
	}
}

TEST_F(enemy, sets_times_anywhere)
{
	const unsigned long long times[] = {
		0,	    1,
		1ull << 32, (1ull << 63) - 1,
		1ull << 63, (1ull << 63) + 1,
		~0ull,	    ~0ull - 1,
	};
	struct msg_slot_record record;
	char buf[MSG_SLOT_MAX_MESSAGE];
	long ret;

	for (unsigned int i = 0; i < ARRAY_SIZE(times) * ARRAY_SIZE(times);
	     i++) {
		lane_fill(&self->lane, "x", 1, times[i % ARRAY_SIZE(times)],
			  times[i / ARRAY_SIZE(times)] ?: 2);
		lane_step(&self->lane);
		ret = slot_pread(self->reader, buf, sizeof(buf), ID);
		EXPECT_TRUE(is_sound(ret));
		record = slot_record(self->reader, ID);
		EXPECT_TRUE(record_is_sound(&record));
		/* Where it becomes an ordinary one, it is none otherwise. */
		EXPECT_EQ(0, slot_renew(self->fd, ID, FOREVER) +
				     (record.event != MSG_SLOT_WRITTEN) *
					     EWOULDBLOCK);
	}
}

/* The bell is the kernel's to ring; what the enemy writes there only costs itself. */
TEST_F(enemy, breaks_the_bell)
{
	struct watcher *watcher = watch_all(self->reader);

	EXPECT_TOLD(watcher, OTHER, TEXT);
	EXPECT_TOLD(watcher, ID, "begin");
	for (int i = 0; i < 100; i++) {
		self->lane.cell->high = i & 1 ? ~0u : 0;
		lane_fill(&self->lane, &i, sizeof(i), 0, 0);
		lane_step(&self->lane);
	}
	EXPECT_EQ(0, slot_ring(self->fd, ID));
	EXPECT_EQ(0, slot_ring(self->fd, ID));
	EXPECT_TRUE(event_tells(watch_next(watcher), ID, &(int){ 99 }, 4));
	watcher_free(watcher);
}

static sig_atomic_t struck;
static sigjmp_buf back;

static void on_bus(int signal)
{
	struck = signal;
	siglongjmp(back, 1);
}

/* Here, for a child would not have the mapping. */
static int signal_here(volatile char *at, bool writing)
{
	struct sigaction action = { .sa_handler = on_bus,
				    .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	struck = 0;
	if (!sigsetjmp(back, 1)) {
		if (writing)
			*at = 1;
		else
			(void)*at;
	}
	return struck;
}

/*
 * Ways to have the page otherwise than mapped by its owner.
 */

TEST_F(enemy, maps_it_too_often)
{
	void *maps[100];
	unsigned int n = 0;

	do {
		maps[n] = lane_map(self->fd, self->lane.offset, RW);
	} while (maps[n] != MAP_FAILED && ++n < ARRAY_SIZE(maps));
	EXPECT_EQ(MAP_FAILED, maps[n]);
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(7u, n);
	/* All of them are the lane. */
	for (unsigned int i = 0; i < n; i++) {
		struct lane lane = self->lane;

		lane.cell = maps[i];
		lane_put(&lane, &i, sizeof(i));
		EXPECT_EQ(0, munmap(maps[i], PAGE));
	}
	maps[0] = lane_map(self->fd, self->lane.offset, RW);
	EXPECT_NE(MAP_FAILED, maps[0]);
}

TEST_F(enemy, changes_the_rights)
{
	volatile char *page = (void *)self->lane.cell;

	EXPECT_EQ(-1, mprotect((void *)page, PAGE, RW | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect((void *)page, PAGE, PROT_EXEC));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, mprotect((void *)page, PAGE, PROT_READ));
		(void)page[i];
		ASSERT_EQ(0, mprotect((void *)page, PAGE, RW));
		lane_put(&self->lane, "written", 7);
		EXPECT_GET(self->reader, ID, "written");
	}
}

/* Whoever forks has it alone, whatever it advised before. */
TEST_F(enemy, forks)
{
	char *page = (char *)self->lane.cell;

	EXPECT_EQ(SIGSEGV, signal_of_touch(page, false));
	EXPECT_EQ(-1, madvise(page, PAGE, MADV_DOFORK));
	EXPECT_EQ(SIGSEGV, signal_of_touch(page, false));
	EXPECT_EQ(0, madvise(page, PAGE, MADV_DONTFORK));
	EXPECT_EQ(-1, madvise(page, PAGE, MADV_DOFORK));
	EXPECT_EQ(SIGSEGV, signal_of_touch(page, true));
}

/* A child that maps it anew writes as one of the owner's. */
TEST_F(enemy, has_children)
{
	pid_t child = fork();

	if (!child) {
		struct lane lane = self->lane;

		lane.cell = lane_map(self->fd, lane.offset, RW);
		if (lane.cell == MAP_FAILED)
			_exit(1);
		lane_put(&lane, "child's", 7);
		_exit(0);
	}
	EXPECT_EQ(0, child_end(child));
	EXPECT_GET(self->reader, ID, "child's");
	EXPECT_EQ(getpid(), (pid_t)slot_record(self->reader, ID).pid);
}

/* As who has the descriptor has the claim. */
TEST_F(enemy, passes_it_on)
{
	int passed = pass_descriptor(self->fd);
	struct lane lane = self->lane;
	unsigned long long offset;

	ASSERT_LE(0, passed);
	EXPECT_EQ(-EEXIST, slot_lane(passed, ID, &offset));
	lane.fd = passed;
	lane.cell = lane_map(passed, lane.offset, RW);
	ASSERT_NE(MAP_FAILED, lane.cell);
	lane_put(&lane, "passed", 6);
	EXPECT_GET(self->reader, ID, "passed");
	ASSERT_EQ(0, slot_release(passed, ID));
	EXPECT_EQ(SIGBUS, signal_here((char *)lane.cell, true));
	close(passed);
}

TEST_F(enemy, grows_and_duplicates_it)
{
	void *page = self->lane.cell;

	EXPECT_EQ(MAP_FAILED, mremap(page, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(page, PAGE, 2 * PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(page, 0, PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED,
		  mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP));
	lane_put(&self->lane, "there", 5);
	EXPECT_GET(self->reader, ID, "there");
}

/* What would do harm to the machine by definition is left out. */
TEST_F(enemy, gives_advice)
{
	for (int advice = 0; advice < 110; advice++) {
		if (advice == 100 || advice == 101)
			continue;
		madvise(self->lane.cell, PAGE, advice);
		lane_put(&self->lane, &advice, sizeof(advice));
		EXPECT_EQ(4u, slot_record(self->reader, ID).size);
	}
	EXPECT_EQ(SIGSEGV, signal_of_touch((char *)self->lane.cell, false));
}

/* By way of the kernel, which would have to pin the page for it. */
static bool pins_for_io_uring(void *page)
{
	struct io_uring_params params = {};
	struct iovec buffer = { page, PAGE };
	int ring = syscall(SYS_io_uring_setup, 8, &params);
	long ret;

	if (ring < 0)
		return false;
	ret = syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		      &buffer, 1);
	close(ring);
	return !ret;
}

TEST_F(enemy, has_it_pinned)
{
	struct iovec page = { self->lane.cell, PAGE };
	int pipes[2], file;
	char *buf = NULL;

	EXPECT_FALSE(pins_for_io_uring(self->lane.cell));
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, vmsplice(pipes[1], &page, 1, 0));
	EXPECT_EQ(-1, vmsplice(pipes[1], &page, 1, SPLICE_F_GIFT));
	EXPECT_EQ(EFAULT, errno);
	close(pipes[0]);
	close(pipes[1]);
	/* A direct read goes to pages, or fails. */
	file = open("/tmp/lane-direct", O_RDWR | O_CREAT | O_DIRECT, 0600);
	if (file >= 0 && !posix_memalign((void **)&buf, PAGE, PAGE)) {
		memset(buf, 0x55, PAGE);
		if (write(file, buf, PAGE) == PAGE)
			(void)!pread(file, self->lane.cell, PAGE, 0);
	}
	unlink("/tmp/lane-direct");
	close(file);
	free(buf);
	EXPECT_EQ(0, slot_release(self->fd, ID));
}

/* A copy is no pin: it goes where the page is mapped, or fails. */
TEST_F(enemy, reads_into_it)
{
	int fd = open("/dev/zero", O_RDONLY);

	EXPECT_EQ(PAGE, slot_read(fd, self->lane.cell, PAGE));
	EXPECT_EQ((long)strlen(TEXT),
		  slot_pread(self->fd, self->lane.cell, 128, OTHER));
	EXPECT_EQ(0, slot_release(self->fd, ID));
	EXPECT_EQ(-EFAULT, slot_read(fd, self->lane.cell, PAGE));
	EXPECT_EQ(-EFAULT, slot_pread(self->fd, self->lane.cell, 128, OTHER));
	close(fd);
}

/* Other processes' ways, with all rights. */
static bool pokes(pid_t pid, char *page)
{
	struct iovec here = { "forged", 6 }, there = { page, 6 };
	char path[40], room[8];
	struct iovec to = { room, 6 };
	bool any = false;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	mem = open(path, O_RDWR);
	any |= slot_pwrite(mem, "forged", 6, (unsigned long)page) > 0;
	any |= slot_pread(mem, room, 6, (unsigned long)page) > 0;
	close(mem);
	any |= process_vm_writev(pid, &here, 1, &there, 1, 0) > 0;
	any |= process_vm_readv(pid, &to, 1, &there, 1, 0) > 0;
	return any;
}

TEST_F(enemy, is_written_by_others)
{
	pid_t child;
	int status;

	EXPECT_FALSE(pokes(getpid(), (char *)self->lane.cell));
	child = fork();
	if (!child) {
		void *page = mmap(self->lane.cell, PAGE, RW,
				  MAP_SHARED | MAP_FIXED, self->fd,
				  self->lane.offset);

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(page == MAP_FAILED);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_FALSE(pokes(child, (char *)self->lane.cell));
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, child, self->lane.cell, 0xbadl));
	EXPECT_EQ(-1, ptrace(PTRACE_PEEKDATA, child, self->lane.cell, 0));
	kill(child, SIGKILL);
	child_end(child);
	EXPECT_GET(self->reader, ID, "begin");
}

/*
 * To serve the page's faults. What only protects it, and asks nobody, may be had on newer
 * kernels: then who is kept from writing is the owner.
 */
TEST_F(enemy, registers_with_userfaultfd)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	const __u64 modes[] = { UFFDIO_REGISTER_MODE_MISSING,
				UFFDIO_REGISTER_MODE_WP,
				UFFDIO_REGISTER_MODE_MINOR };

	if (fd < 0)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		struct uffdio_register range = {
			.range = { (unsigned long)self->lane.cell, PAGE },
			.mode = modes[i],
		};

		EXPECT_EQ(-1, ioctl(fd, UFFDIO_REGISTER, &range));
	}
	close(fd);
}

/* UFFD_FEATURE_WP_ASYNC, of Linux 6.7. */
#define WP_ASYNC (1 << 15)

/* Whether it could be had. */
static bool protect_async(char *page)
{
	struct uffdio_api api = { .api = UFFD_API, .features = WP_ASYNC };
	struct uffdio_register range = {
		.range = { (unsigned long)page, PAGE },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect protect = {
		.range = { (unsigned long)page, PAGE },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	return fd >= 0 && !ioctl(fd, UFFDIO_API, &api) &&
	       !ioctl(fd, UFFDIO_REGISTER, &range) &&
	       !ioctl(fd, UFFDIO_WRITEPROTECT, &protect);
}

TEST_F(enemy, protects_it_from_itself)
{
	unsigned int rounds = 0;
	pid_t child = fork();
	struct got got;

	if (!child) {
		struct lane lane = self->lane;

		lane.cell = lane_map(self->fd, lane.offset, RW);
		if (!protect_async((char *)lane.cell))
			_exit(0);
		for (unsigned long long i = 0;; i++) {
			overtake(&lane, i);
			if (!(i % 1000))
				protect_async((char *)lane.cell);
		}
	}
	/* Readers, and who freezes it, go on. */
	for (; rounds < 1000; rounds++) {
		long ret = slot_get(self->reader, ID, &got);

		if (!is_sound(ret))
			break;
	}
	EXPECT_EQ(1000u, rounds);
	kill(child, SIGKILL);
	child_end(child);
	EXPECT_EQ(0, slot_put(self->fd, ID, "call", 4));
	EXPECT_GET(self->reader, ID, "call");
}

/*
 * Ends.
 */

/* It writes in steps, and is gone after any of them. */
static void put_by_steps(struct lane *lane, unsigned int steps)
{
	struct msg_slot_cell *cell = lane->cell;
	unsigned int latch = cell->latch + 1, half = latch & 1;

	if (steps > 0)
		memcpy(cell->bytes[half], "ne", 2);
	if (steps > 1)
		memcpy(cell->bytes[half], "next", 4);
	if (steps > 2)
		cell->written[half] = 0;
	if (steps > 3)
		__atomic_store_n(&cell->size[half], 4, __ATOMIC_RELAXED);
	if (steps > 4)
		__atomic_store_n(&cell->latch, latch, __ATOMIC_RELEASE);
	if (steps > 5)
		slot_ring(lane->fd, lane->id);
}

/* A process of its own, with an open file of its own, that has done so many. */
static pid_t child_that_puts(int node, unsigned int steps, int signal)
{
	int ready[2];
	char byte;
	pid_t child;

	if (pipe(ready))
		abort();
	child = fork();
	if (!child) {
		struct lane lane;

		lane_open(&lane, slot_open(node, O_RDWR), 9, KEEP);
		lane_put(&lane, "before", 6);
		put_by_steps(&lane, steps);
		(void)!write(ready[1], "x", 1);
		raise(signal);
		_exit(0);
	}
	close(ready[1]);
	(void)!read(ready[0], &byte, 1);
	close(ready[0]);
	return child;
}

TEST_F(enemy, dies_in_each_step)
{
	for (unsigned int steps = 0; steps <= 6; steps++) {
		pid_t child = child_that_puts(self->node, steps, SIGKILL);

		child_end(child);
		EXPECT_GET(self->reader, 9, steps > 4 ? "next" : "before");
		EXPECT_EQ(0, slot_put(self->reader, 9, "ours", 4));
		EXPECT_GET(self->reader, 9, "ours");
		EXPECT_EQ(0, slot_clear(self->reader, 9));
	}
}

TEST_F(enemy, stops_for_ever_in_each_step)
{
	for (unsigned int steps = 0; steps <= 6; steps++) {
		pid_t child = child_that_puts(self->node, steps, SIGSTOP);
		struct watcher *watcher = watch_all(self->reader);
		struct msg_slot_get gets[] = { get_into(9, NULL, 0),
					       get_into(OTHER, NULL, 0) };

		EXPECT_GET(self->reader, 9, steps > 4 ? "next" : "before");
		EXPECT_EQ(0, slot_snapshot(self->reader, gets, 2));
		EXPECT_NE(NULL, watch_next(watcher));
		EXPECT_EQ(-EBUSY, slot_put(self->reader, 9, "no", 2));
		watcher_free(watcher);
		kill(child, SIGKILL);
		child_end(child);
		EXPECT_EQ(0, slot_clear(self->reader, 9));
	}
}

TEST_F(enemy, goes_on_after_the_end)
{
	char *moved =
		mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page = (char *)self->lane.cell;
	char *twin = (char *)lane_map(self->fd, self->lane.offset, RW);
	char *untouched = (char *)lane_map(self->fd, self->lane.offset, RW);
	unsigned long long offset;

	EXPECT_EQ(0, signal_here(twin, true));
	ASSERT_EQ(moved, mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
				moved));
	EXPECT_EQ(0, signal_here(moved, true));
	ASSERT_EQ(0, slot_release(self->fd, ID));
	for (int again = 0; again < 2; again++) {
		char *const pages[] = { moved, twin, untouched };

		for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
			EXPECT_EQ(SIGBUS, signal_here(pages[i], true));
			EXPECT_EQ(SIGBUS, signal_here(pages[i], false));
			EXPECT_EQ(SIGBUS, signal_here(pages[i] + 4095, true));
			mprotect(pages[i], PAGE, PROT_READ);
			EXPECT_EQ(SIGBUS, signal_here(pages[i], false));
			mprotect(pages[i], PAGE, RW);
			EXPECT_EQ(SIGBUS, signal_here(pages[i], true));
		}
		/* Nor by mapping what is not there, nor when there is a new one. */
		EXPECT_EQ(MAP_FAILED,
			  lane_map(self->fd, self->lane.offset, RW));
		slot_release(self->fd, ID);
		ASSERT_EQ(0, slot_claim(self->fd, ID, KEEP));
		ASSERT_EQ(0, slot_lane(self->fd, ID, &offset));
	}
}

/* Its file is closed, and what is left of it is a mapping: that keeps the claim. */
TEST_F(enemy, closes_its_file)
{
	int fd = slot_open(self->node, O_RDWR);
	struct lane lane;

	lane_open(&lane, fd, 9, KEEP);
	lane_put(&lane, "one", 3);
	close(fd);
	lane_fill(&lane, "two", 3, 0, 0);
	__atomic_store_n(&lane.cell->latch, lane.cell->latch + 1,
			 __ATOMIC_RELEASE);
	EXPECT_GET(self->reader, 9, "two");
	EXPECT_EQ(-EBUSY, slot_put(self->reader, 9, "no", 2));
	lane_unmap(&lane);
	EXPECT_EQ(0, slot_clear(self->reader, 9));
}

/*
 * What a reader has mapped stays readable and as it is: while it does, the page is no other
 * lane's, nor anybody's memory.
 */
TEST_F(enemy, shows_an_old_reader_nothing_new)
{
	const struct msg_slot_cell *cell =
		slot_cell(self->reader, self->base, ID);
	struct lane_place place = lane_place_of(cell, ID);
	const struct msg_slot_cell *page =
		lane_map(self->reader, place.offset, PROT_READ);
	int fd = slot_open(self->node, O_RDWR);
	char was[PAGE];

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_EQ(0, memcmp(page->bytes[page->latch & 1], "begin", 5));
	EXPECT_EQ(-1, mprotect((void *)page, PAGE, RW));
	ASSERT_EQ(0, slot_release(self->fd, ID));
	memcpy(was, page, PAGE);
	EXPECT_EQ(0, memcmp(page->bytes[page->latch & 1], "begin", 5));
	for (int i = 0; i < 200; i++) {
		struct lane lane;

		lane_open(&lane, fd, 100 + i, MSG_SLOT_END_CLEAR);
		memset((char *)lane.cell + sizeof(*lane.cell), 0xaa,
		       PAGE - sizeof(*lane.cell));
		lane_put(&lane, "another", 7);
		if (i & 1)
			slot_release(fd, 100 + i);
		lane_unmap(&lane);
	}
	close(fd);
	EXPECT_EQ(0, memcmp(was, page, PAGE));
	EXPECT_EQ(SIGSEGV, signal_of_touch((char *)page, true));
	munmap((void *)page, PAGE);
}

/* A page that was somebody's begins with nothing of it. */
TEST_F(enemy, finds_nothing_in_a_new_page)
{
	for (int i = 0; i < 200; i++) {
		struct lane lane;

		lane_open(&lane, self->fd, 100 + i % 10, MSG_SLOT_END_CLEAR);
		ASSERT_TRUE(bytes_are_zero(lane.cell->bytes,
					   sizeof(lane.cell->bytes)));
		ASSERT_TRUE(bytes_are_zero(lane.cell + 1,
					   PAGE - sizeof(*lane.cell)));
		memset(lane.cell, 0xee, PAGE);
		slot_release(self->fd, 100 + i % 10);
		lane_unmap(&lane);
	}
}

/*
 * Bad input.
 */

TEST_F(enemy, lowers_the_limits)
{
	struct msg_slot_limits limits = slot_limits(self->reader);
	struct msg_slot_limits low = { 1, 1, 1 };
	unsigned long long offset;

	ASSERT_EQ(0, slot_set_limits(self->reader, low));
	lane_put(&self->lane, "still", 5);
	EXPECT_GET(self->reader, ID, "still");
	EXPECT_EQ(-EMSGSIZE, slot_put(self->fd, ID, "no", 2));
	EXPECT_GET(self->reader, ID, "still");
	EXPECT_EQ(-ENOSPC, slot_claim(self->fd, 9, KEEP));
	low.max_message = 128;
	ASSERT_EQ(0, slot_set_limits(self->reader, low));
	EXPECT_EQ(0, slot_release(self->fd, ID));
	EXPECT_EQ(0, slot_claim(self->fd, ID, KEEP));
	EXPECT_EQ(-ENOSPC, slot_lane(self->fd, ID, &offset));
	EXPECT_EQ(0, slot_claim(self->fd, ID, KEEP));
	EXPECT_GET(self->reader, ID, "still");
	ASSERT_EQ(0, slot_set_limits(self->reader, limits));
}

/* Claims and lanes that many, and messages in some. */
static void take_many(int fd, unsigned int first, unsigned int count)
{
	unsigned long long offset;

	for (unsigned int i = 0; i < count; i++) {
		if (slot_claim(fd, first + i, MSG_SLOT_END_CLEAR) ||
		    slot_lane(fd, first + i, &offset))
			abort();
	}
}

TEST_F(enemy, has_a_thousand_lanes)
{
	struct msg_slot_usage before = slot_usage(self->reader);
	int fd = slot_open(self->node, O_RDWR);
	unsigned long long bytes;

	take_many(fd, 1000, 1000);
	bytes = slot_usage(self->reader).bytes - before.bytes;
	EXPECT_EQ(0ull, bytes % 1000);
	EXPECT_LE(1000ull * PAGE, bytes);
	close(fd);
	EXPECT_TRUE(slot_has_channels_soon(self->reader, before.channels));
	EXPECT_EQ(before.bytes, slot_usage(self->reader).bytes);
}

TEST_F(enemy, has_a_thousand_files)
{
	struct msg_slot_usage before = slot_usage(self->reader);
	int fds[1000];

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		struct lane lane;

		fds[i] = slot_open(self->node, O_RDWR);
		lane_open(&lane, fds[i], 1000 + i, MSG_SLOT_END_CLEAR);
		lane_put(&lane, &i, sizeof(i));
		if (i % 10)
			lane_unmap(&lane);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(4,
			  slot_pread(self->reader, &(int){ 0 }, 4, 1000 + i));
		EXPECT_EQ(0, slot_release(fds[i], 1000 + i));
		close(fds[i]);
	}
	EXPECT_TRUE(slot_has_channels_soon(self->reader, before.channels));
	EXPECT_EQ(before.bytes, slot_usage(self->reader).bytes);
}

/*
 * 2^32 versions go by, RANGE at a time: where the lower half begins anew, none comes again.
 * A kernel for debugging does not get there.
 */
TEST_F(enemy, goes_round_all_latches)
{
	unsigned long long last = slot_version(self->reader, ID);
	unsigned long long rounds = (1ull << 32) / MSG_SLOT_LANE_RANGE + 100;
	unsigned int wrong = 0;

	if (kernel_is_for_debugging())
		rounds /= 10;
	for (unsigned long long i = 0; i < rounds; i++) {
		unsigned long long version;

		if (slot_put(self->fd, ID, "call", 4))
			abort();
		lane_put(&self->lane, &i, sizeof(i));
		if (i % 64 && i < rounds - 300)
			continue;
		version = slot_version(self->reader, ID);
		wrong += version <= last;
		last = version;
	}
	EXPECT_EQ(0u, wrong);
	EXPECT_LT(rounds * MSG_SLOT_LANE_RANGE, last);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* How long a mapping of a slot lives, what of it there is, and its pages. */
#include "child.h"
#include "mapping.h"
#include "group.h"
#include "scale.h"

#include <sched.h>

#define PAGES scaled(2000)
#define ROUNDS 4u

FIXTURE(life)
{
	int node;
	int fd;
};

FIXTURE_SETUP(life)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(life)
{
	close(self->fd);
	close(self->node);
}

static int errno_of_map(int fd, int rights, int flags, off_t offset,
			size_t size)
{
	void *base = mmap(NULL, size, rights, flags, fd, offset);

	if (base == MAP_FAILED)
		return errno;
	munmap(base, size);
	return 0;
}

TEST_F(life, errors_of_mmap)
{
	size_t size = slot_mapping(self->fd).size;
	const int rx = PROT_READ | PROT_EXEC, rw = PROT_READ | PROT_WRITE;
	const int s = MAP_SHARED;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(0, errno_of_map(self->fd, PROT_READ, s, 0, PAGE));
	EXPECT_EQ(0, errno_of_map(self->fd, PROT_READ, s, 0, size));
	EXPECT_EQ(0, errno_of_map(self->fd, PROT_READ, s, size - PAGE, PAGE));
	EXPECT_EQ(0, errno_of_map(self->fd, PROT_NONE, s, 0, size));
	EXPECT_EQ(EPERM, errno_of_map(self->fd, rw, s, 0, PAGE));
	EXPECT_EQ(EPERM, errno_of_map(self->fd, PROT_WRITE, s, 0, PAGE));
	EXPECT_EQ(EPERM, errno_of_map(self->fd, rx, s, 0, PAGE));
	EXPECT_EQ(EINVAL,
		  errno_of_map(self->fd, PROT_READ, MAP_PRIVATE, 0, PAGE));
	EXPECT_NE(0, errno_of_map(self->fd, rw, MAP_PRIVATE, 0, PAGE));
	EXPECT_EQ(EINVAL, errno_of_map(self->fd, PROT_READ, s, 0, size + PAGE));
	EXPECT_EQ(EINVAL, errno_of_map(self->fd, PROT_READ, s, size, PAGE));
	EXPECT_EQ(EINVAL, errno_of_map(self->fd, PROT_READ, s, PAGE, size));
	EXPECT_EQ(EINVAL, errno_of_map(self->fd, PROT_READ, s, 288, PAGE));
}

/* Of a private mapping that could not be written to either. */
TEST_F(life, not_privately_whatever_the_mode)
{
	int fd = slot_open(self->node, O_RDONLY);

	EXPECT_EQ(0, errno_of_map(fd, PROT_READ, MAP_SHARED, 0, PAGE));
	EXPECT_EQ(EINVAL, errno_of_map(fd, PROT_READ, MAP_PRIVATE, 0, PAGE));
	EXPECT_NE(0, errno_of_map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0,
				  PAGE));
	close(fd);
}

TEST_F(life, page_without_a_channel_faults)
{
	const char *base = slot_map(self->fd);

	EXPECT_EQ(SIGBUS, signal_of_touch(base, false));
	EXPECT_EQ(SIGBUS,
		  signal_of_touch(base + slot_mapping(self->fd).size - 1,
				  false));
	/* It appears in the mapping that is there already. */
	ASSERT_EQ(0, slot_put(self->fd, 1, "here", 4));
	EXPECT_CELL(slot_cell(self->fd, base, 1), 1, "here");
	EXPECT_EQ(0, signal_of_touch(base, false));
	EXPECT_EQ(SIGBUS, signal_of_touch(base + PAGE, false));
	slot_unmap(self->fd, base);
}

TEST_F(life, stays_when_the_file_is_closed)
{
	size_t size = slot_mapping(self->fd).size;
	const struct msg_slot_cell *cell;
	const char *base;

	ASSERT_EQ(0, slot_put(self->fd, 1, "before", 6));
	base = slot_map(self->fd);
	cell = slot_cell(self->fd, base, 1);
	close(self->fd);
	EXPECT_CELL(cell, 1, "before");
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_EQ(0, slot_put(self->fd, 1, "after", 5));
	EXPECT_CELL(cell, 1, "after");
	munmap((void *)base, size);
}

static const struct msg_slot_cell *inherited;

static int sees_the_message(int fd)
{
	return !cell_has(inherited, 1, "message", 7);
}

TEST_F(life, child_has_it_after_fork)
{
	const char *base = slot_map(self->fd);

	ASSERT_EQ(0, slot_put(self->fd, 1, "message", 7));
	inherited = slot_cell(self->fd, base, 1);
	EXPECT_EQ(0, in_child(sees_the_message, self->fd));
	EXPECT_CELL(inherited, 1, "message");
	slot_unmap(self->fd, base);
}

/* The child goes on when its parent has neither file nor mapping any more. */
TEST_F(life, child_has_it_alone)
{
	size_t size = slot_mapping(self->fd).size;
	const char *base = slot_map(self->fd);
	int status, turn[2];
	pid_t child;
	char c;

	ASSERT_EQ(0, pipe(turn));
	ASSERT_EQ(0, slot_put(self->fd, 1, "old", 3));
	inherited = slot_cell(self->fd, base, 1);
	child = fork();
	if (!child) {
		close(self->fd);
		close(turn[1]);
		_exit(read(turn[0], &c, 1) || sees_the_message(-1));
	}
	munmap((void *)base, size);
	ASSERT_EQ(0, slot_put(self->fd, 1, "message", 7));
	close(self->fd);
	close(turn[0]);
	close(turn[1]);
	status = child_end(child);
	EXPECT_EQ(0, status);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_EQ(0, slot_clear(self->fd, 1));
}

TEST_F(life, of_parts)
{
	const struct msg_slot_cell *cell;
	unsigned long long offset;
	const char *part;

	for (unsigned int id = 1; id <= 10 * CELLS_IN_PAGE; id++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
		ASSERT_EQ(0, slot_locate(self->fd, id, &offset));
		part = slot_map_part(self->fd, offset & -PAGE, PAGE);
		ASSERT_NE(MAP_FAILED, part);
		cell = (const void *)(part + offset % PAGE);
		EXPECT_TRUE(cell_has(cell, id, &id, 4));
		munmap((void *)part, PAGE);
	}
}

static bool is_blank_page(void *page)
{
	return bytes_are_zero(page, PAGE);
}

TEST_F(life, unmapped_in_parts)
{
	const char *base = slot_map_part(self->fd, 0, 5 * PAGE);
	const unsigned int gone[] = { 2, 0, 4 }, kept = CELLS_IN_PAGE + 1;

	for (unsigned int id = 1; id <= 5 * CELLS_IN_PAGE; id++)
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
	for (unsigned int i = 0; i < ARRAY_SIZE(gone); i++) {
		ASSERT_EQ(0, munmap((char *)base + gone[i] * PAGE, PAGE));
		EXPECT_EQ(SIGSEGV,
			  signal_of_touch(base + gone[i] * PAGE, false));
	}
	EXPECT_TRUE(cell_has(slot_cell(self->fd, base, kept), kept, &kept, 4));
	for (unsigned int id = 1; id <= 5 * CELLS_IN_PAGE; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	/* What is left keeps the pages. */
	EXPECT_EQ(0, signal_of_touch(base + PAGE, false));
	EXPECT_EQ(0, signal_of_touch(base + 3 * PAGE, false));
	EXPECT_TRUE(soon(is_blank_page, (char *)base + 3 * PAGE));
	munmap((char *)base + PAGE, PAGE);
	munmap((char *)base + 3 * PAGE, PAGE);
}

TEST_F(life, of_many_mappings)
{
	const char *bases[200];

	ASSERT_EQ(0, slot_put(self->fd, 1, "many", 4));
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++)
		bases[i] = slot_map_part(self->fd, 0, PAGE);
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++)
		EXPECT_CELL(slot_cell(self->fd, bases[i], 1), 1, "many");
	ASSERT_EQ(0, slot_put(self->fd, 1, "all", 3));
	for (unsigned int i = 0; i < ARRAY_SIZE(bases); i++) {
		EXPECT_CELL(slot_cell(self->fd, bases[i], 1), 1, "all");
		munmap((void *)bases[i], PAGE);
	}
}

static int fresh_fd;

static bool first_page_is_gone(void *unused)
{
	const char *base = slot_map(fresh_fd);
	int signal = signal_of_touch(base, false);

	slot_unmap(fresh_fd, base);
	return signal == SIGBUS;
}

/* Blank, for its channels are gone, and there, for somebody maps it. */
TEST_F(life, page_stays_while_it_is_mapped)
{
	const char *base = slot_map(self->fd), *second = slot_map(self->fd);

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_CELL(slot_cell(self->fd, base, 1), 1, "x");
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	EXPECT_TRUE(soon(is_blank_page, (void *)base));
	slot_unmap(self->fd, second);
	EXPECT_EQ(0, signal_of_touch(base, false));
	slot_unmap(self->fd, base);
	fresh_fd = self->fd;
	EXPECT_TRUE(soon(first_page_is_gone, NULL));
}

static bool is_sleep(void *child)
{
	char path[40], name[80] = "";

	snprintf(path, sizeof(path), "/proc/%d/exe", *(pid_t *)child);
	return readlink(path, name, sizeof(name) - 1) > 0 &&
	       strstr(name, "sleep");
}

/* What keeps the pages goes, though the process does not. */
TEST_F(life, ends_with_exec)
{
	pid_t child;

	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	child = fork();
	if (!child) {
		slot_map(self->fd);
		execlp("sleep", "sleep", "1000", NULL);
		_exit(1);
	}
	ASSERT_TRUE(soon(is_sleep, &child));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	fresh_fd = self->fd;
	EXPECT_TRUE(soon(first_page_is_gone, NULL));
	kill(child, SIGKILL);
	child_end(child);
}

/* Only places are taken over, and only by channels with higher versions. */
TEST_F(life, place_is_taken_over)
{
	const struct msg_slot_cell *cell, *other = NULL;
	const char *base = slot_map(self->fd);
	struct mapped first, mapped;
	unsigned int id;

	ASSERT_EQ(0, slot_put(self->fd, 1, "first", 5));
	cell = slot_cell(self->fd, base, 1);
	ASSERT_EQ(5, mapped_look(cell, 1, &first));
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	for (id = 2; id < 1000 && other != cell; id++) {
		ASSERT_EQ(0, slot_put(self->fd, id, "other", 5));
		other = slot_cell(self->fd, base, id);
		EXPECT_CELL(other, id, "other");
		EXPECT_EQ(-ENOENT, mapped_look(cell, 1, &mapped));
		usleep(1000);
	}
	ASSERT_EQ(cell, other);
	ASSERT_EQ(5, mapped_look(cell, id - 1, &mapped));
	EXPECT_LT(first.version, mapped.version);
	/* Its old channel comes back elsewhere, with a higher version too. */
	ASSERT_EQ(0, slot_put(self->fd, 1, "again", 5));
	other = slot_cell(self->fd, base, 1);
	EXPECT_NE(cell, other);
	ASSERT_EQ(5, mapped_look(other, 1, &mapped));
	EXPECT_LT(first.version, mapped.version);
	slot_unmap(self->fd, base);
}

static void fill_pages(struct __test_metadata *_metadata, int fd, bool full)
{
	char message[MSG_SLOT_MAX_MESSAGE] = "x";

	for (unsigned int id = 1; id <= PAGES * CELLS_IN_PAGE; id++)
		ASSERT_EQ(full ? (long)sizeof(message) : 0,
			  full ? slot_pwrite(fd, message, sizeof(message), id) :
				 slot_clear(fd, id));
}

static bool last_page_is_gone(void *unused)
{
	const char *page = slot_map_part(fresh_fd, (PAGES - 1) * PAGE, PAGE);
	int signal = signal_of_touch(page, false);

	munmap((void *)page, PAGE);
	return signal == SIGBUS;
}

static void fill_and_clear(struct __test_metadata *_metadata, int fd,
			   bool mapped)
{
	const char *base = slot_map(fd);

	if (!mapped)
		slot_unmap(fd, base);
	fill_pages(_metadata, fd, true);
	fill_pages(_metadata, fd, false);
	if (mapped) {
		const char *page = base, *end = base + PAGES * PAGE;

		for (; page < end; page += PAGE)
			EXPECT_TRUE(soon(is_blank_page, (void *)page));
		slot_unmap(fd, base);
	}
	EXPECT_TRUE(soon(first_page_is_gone, NULL));
	EXPECT_TRUE(soon(last_page_is_gone, NULL));
}

/*
 * With the last mapping, or without one with their channels, pages go. Were they
 * to go nowhere, it would show in the end.
 */
TEST_F_TIMEOUT(life, memory_comes_back, 900)
{
	const long long all = (long long)ROUNDS * PAGES * PAGE;
	struct group group;
	long long before, most;

	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&group));
	fresh_fd = self->fd;
	fill_and_clear(_metadata, self->fd, true);
	before = group_charged(&group);
	for (unsigned int i = 0; i < ROUNDS; i++)
		fill_and_clear(_metadata, self->fd, i % 2);
	most = before + all / 10 + group_stock();
	EXPECT_TRUE(group_shrinks_to(&group, most));
	printf("# info: after %lld MB of pages %lld KB are missing\n",
	       all >> 20, (group_charged(&group) - before) >> 10);
	group_remove(&group);
}

static bool set_boottime_ahead(long long seconds)
{
	char text[40];
	int n = snprintf(text, sizeof(text), "boottime %lld 0", seconds);
	int fd = open("/proc/self/timens_offsets", O_WRONLY);
	bool done = fd >= 0 && write(fd, text, n) == n;

	close(fd);
	return done;
}

/* In a namespace whose clock is ahead: times in cells, put right. */
static int sees_its_own_time(int fd)
{
	unsigned long long before = clock_now(CLOCK_BOOTTIME), after;
	long long clock = slot_mapping(fd).clock;
	const char *base = slot_map(fd);
	struct mapped mapped;
	long ret;

	if (slot_put_for(fd, 1, "x", 1, 100 * SECOND))
		return 1;
	after = clock_now(CLOCK_BOOTTIME);
	ret = mapped_get(slot_cell(fd, base, 1), 1, clock, &mapped);
	if (ret != 1 || clock != 5000 * (long long)SECOND)
		return 2;
	if (mapped.written + clock < before || mapped.written + clock > after)
		return 3;
	return mapped.expires != mapped.written + 100 * SECOND;
}

static int sees_its_own_time_in_a_namespace(int fd)
{
	if (unshare(CLONE_NEWTIME))
		return errno == EINVAL ? 77 : 4;
	if (!set_boottime_ahead(5000))
		return 5;
	return WEXITSTATUS(in_child(sees_its_own_time, fd));
}

TEST_F(life, clock_of_a_time_namespace)
{
	int status = in_child(sees_its_own_time_in_a_namespace, self->fd);

	if (WEXITSTATUS(status) == 77)
		SKIP(return, "this kernel has no time namespaces");
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, slot_mapping(self->fd).clock);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/*
 * What is mapped shows present messages and nothing else: what was there before
 * is in no byte of the pages, whatever came in its place, and pages that somebody
 * got hold of otherwise show nothing of later ones.
 */
#include "child.h"
#include "mapping.h"
#include "page.h"

#include <sys/resource.h>
#include <sys/uio.h>

#define ID 7
#define SECRET MSG_SLOT_MAX_MESSAGE
/* So many bytes of it in a row would be no accident. */
#define PIECE 6

FIXTURE(secret)
{
	int node;
	int fd;
	const char *base;
	const struct msg_slot_cell *cell;
	char text[SECRET];
};

FIXTURE_SETUP(secret)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->base = slot_map(self->fd);
	message_fill(self->text, SECRET, 0x5ec4e7);
	ASSERT_EQ(SECRET, slot_pwrite(self->fd, self->text, SECRET, ID));
	self->cell = slot_cell(self->fd, self->base, ID);
	ASSERT_EQ((const void *)self->base, self->cell);
}

FIXTURE_TEARDOWN(secret)
{
	munmap((void *)self->base, slot_mapping(self->fd).size);
	close(self->fd);
	close(self->node);
}

/* Any part of it. */
static bool shows(const void *bytes, size_t n, const char *secret)
{
	for (unsigned int i = 0; i + PIECE <= SECRET; i++) {
		if (memmem(bytes, n, secret + i, PIECE))
			return true;
	}
	return false;
}

#define EXPECT_SHOWN() EXPECT_TRUE(shows(self->base, PAGE, self->text))
#define EXPECT_HIDDEN() EXPECT_FALSE(shows(self->base, PAGE, self->text))

TEST_F(secret, is_shown_while_it_is_the_message)
{
	EXPECT_SHOWN();
	EXPECT_TRUE(cell_is_clean(self->cell));
}

TEST_F(secret, replaced)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, ID));
	EXPECT_HIDDEN();
	EXPECT_CELL(self->cell, ID, "x");
}

TEST_F(secret, replaced_by_a_record)
{
	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	EXPECT_HIDDEN();
	EXPECT_CELL(self->cell, ID, "x");
}

TEST_F(secret, replaced_by_one_for_a_time)
{
	ASSERT_EQ(0, slot_put_for(self->fd, ID, "x", 1, 3600 * SECOND));
	EXPECT_HIDDEN();
	EXPECT_CELL(self->cell, ID, "x");
}

TEST_F(secret, replaced_by_a_long_one)
{
	char *longer = malloc(5000);

	ASSERT_EQ(0, slot_set_max_message(self->fd, 5000));
	message_fill(longer, 5000, 1);
	memcpy(longer, self->text, SECRET);
	ASSERT_EQ(5000, slot_pwrite(self->fd, longer, 5000, ID));
	EXPECT_HIDDEN();
	/* Neither its first bytes nor where the kernel keeps it. */
	EXPECT_TRUE(cell_is_clean(self->cell));
	EXPECT_TRUE(bytes_are_zero(self->cell->bytes[0], 2 * SECRET));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, ID));
	EXPECT_CELL(self->cell, ID, "x");
	free(longer);
}

TEST_F(secret, cleared)
{
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_HIDDEN();
	EXPECT_TRUE(cell_is_blank(self->cell));
}

TEST_F(secret, cleared_in_a_claimed_channel)
{
	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_CLEAR));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_HIDDEN();
	EXPECT_TRUE(cell_is_blank(self->cell));
	ASSERT_EQ(SECRET, slot_pwrite(self->fd, self->text, SECRET, ID));
	EXPECT_SHOWN();
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_HIDDEN();
}

TEST_F(secret, cleared_while_a_watch_is_to_tell)
{
	int watch = slot_watch(self->fd, NULL, 0);

	ASSERT_LE(0, watch);
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_HIDDEN();
	EXPECT_TRUE(cell_is_blank(self->cell));
	close(watch);
}

static bool is_blank(void *cell)
{
	return cell_is_blank(cell);
}

static bool is_blank_page(void *page)
{
	return bytes_are_zero(page, PAGE);
}

TEST_F(secret, expired)
{
	unsigned long long end = end_of(50 * MILLISECOND);

	ASSERT_EQ(0, slot_put_for(self->fd, ID, self->text,
				  MSG_SLOT_CELL_EXPIRY, 50 * MILLISECOND));
	EXPECT_TRUE(shows(self->base, PAGE, self->text) || is_past(end));
	EXPECT_TRUE(soon(is_blank, (void *)self->cell));
	EXPECT_HIDDEN();
}

/* A will is not the message yet. */
TEST_F(secret, will_before_it_is_due)
{
	int fd = slot_open(self->node, O_RDWR);

	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	ASSERT_EQ(0, slot_claim_will(fd, ID, self->text, SECRET));
	EXPECT_HIDDEN();
	ASSERT_EQ(1, slot_pwrite(fd, "y", 1, ID));
	EXPECT_HIDDEN();
	close(fd);
	EXPECT_SHOWN();
	EXPECT_TRUE(cell_is_clean(self->cell));
}

/* Which fails after so many of its bytes have been copied. */
TEST_F(secret, write_that_fails_half_way)
{
	char *end = page_end();

	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	for (unsigned int n = 1; n < SECRET; n++) {
		memcpy(end - n, self->text, n);
		EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, end - n, SECRET, ID));
		EXPECT_CELL(self->cell, ID, "x");
		EXPECT_EQ(-EFAULT, slot_put(self->fd, ID, end - n, SECRET));
		EXPECT_CELL(self->cell, ID, "x");
		EXPECT_EQ(-EFAULT, slot_pwrite(self->fd, end - n, SECRET, 8));
	}
	EXPECT_HIDDEN();
	EXPECT_EQ(1u, slot_usage(self->fd).channels);
}

TEST_F(secret, write_that_is_refused)
{
	int fd = slot_open(self->node, O_RDWR);
	unsigned long long version = 1;

	ASSERT_EQ(0, slot_claim(self->fd, ID, MSG_SLOT_END_CLEAR));
	ASSERT_EQ(0, slot_put(self->fd, ID, "x", 1));
	EXPECT_EQ(-EBUSY, slot_pwrite(fd, self->text, SECRET, ID));
	EXPECT_EQ(-EBUSY, slot_put(fd, ID, self->text, SECRET));
	EXPECT_EQ(-ESTALE,
		  slot_put_if(self->fd, ID, self->text, SECRET, &version));
	EXPECT_HIDDEN();
	EXPECT_CELL(self->cell, ID, "x");
	close(fd);
}

/* Nor in the place of a channel that could not be made. */
TEST_F(secret, new_channel_that_is_refused)
{
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	ASSERT_EQ(0, slot_set_max_channels(self->fd, 1));
	for (unsigned int id = 2; id < 50; id++)
		EXPECT_EQ(-ENOSPC,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	EXPECT_HIDDEN();
}

/* In pages that were mapped, unmapped, used and mapped again. */
TEST_F(secret, of_channels_that_are_gone)
{
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	slot_unmap(self->fd, self->base);
	self->base = slot_map(self->fd);
	for (unsigned int id = 1; id <= 500; id++) {
		ASSERT_EQ(4, slot_pwrite(self->fd, &id, 4, id));
		EXPECT_TRUE(cell_has(slot_cell(self->fd, self->base, id), id,
				     &id, 4));
	}
	for (unsigned int i = 0; i < 500 / CELLS_IN_PAGE; i++)
		EXPECT_FALSE(shows(self->base + i * PAGE, PAGE, self->text));
}

TEST_F(secret, of_another_slot)
{
	int node = slot_fresh(), fd = slot_open(node, O_RDWR);
	const char *base = slot_map(fd);

	for (unsigned int id = 1; id <= 50; id++)
		ASSERT_EQ(4, slot_pwrite(fd, &id, 4, id));
	for (unsigned int id = 1; id <= 50; id++)
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	for (unsigned int i = 0; i <= 50 / CELLS_IN_PAGE; i++)
		EXPECT_FALSE(shows(base + i * PAGE, PAGE, self->text));
	slot_unmap(fd, base);
	close(fd);
	close(node);
}

/* Every cell of the page in use, and nothing behind the last one. */
TEST_F(secret, page_has_cells_only)
{
	for (unsigned int id = 1; id <= 3 * CELLS_IN_PAGE; id++)
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	for (unsigned int i = 0; i < CELLS_IN_PAGE; i++)
		EXPECT_TRUE(cell_has(self->cell + i, self->cell[i].id,
				     self->text, SECRET));
	EXPECT_TRUE(bytes_are_zero(self->cell + CELLS_IN_PAGE,
				   PAGE % sizeof(*self->cell)));
}

/* Returns what is in the pipe, of a page at most. */
static long drain(int pipe, char *page)
{
	return slot_read(pipe, page, PAGE);
}

/* The page itself, not a copy, waits in the pipe; which is closed if it can't. */
static bool put_page_into(const int *ends, const void *base)
{
	struct iovec page = { (void *)base, PAGE };

	if (vmsplice(ends[1], &page, 1, 0) == PAGE)
		return true;
	close(ends[0]);
	close(ends[1]);
	return false;
}

TEST_F(secret, of_a_page_in_a_pipe)
{
	char found[PAGE];
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	if (!put_page_into(ends, self->base))
		SKIP(return, "pages of a mapping can't be spliced");
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(soon(is_blank_page, (void *)self->base));
	slot_unmap(self->fd, self->base);
	/* The slot has other pages for these by now. */
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	EXPECT_EQ((long)PAGE, drain(ends[0], found));
	EXPECT_FALSE(shows(found, PAGE, self->text));
	EXPECT_TRUE(bytes_are_zero(found, PAGE));
	close(ends[0]);
	close(ends[1]);
	self->base = slot_map(self->fd);
}

/* The same, with the page still in the pipe when it was given back. */
TEST_F(secret, of_a_page_that_went_while_it_is_in_a_pipe)
{
	char found[PAGE];
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	if (!put_page_into(ends, self->base))
		SKIP(return, "pages of a mapping can't be spliced");
	slot_unmap(self->fd, self->base);
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	usleep(100000);
	self->base = slot_map(self->fd);
	EXPECT_EQ(SIGBUS, signal_of_touch(self->base, false));
	for (unsigned int id = 1; id <= 500; id++)
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, id));
	EXPECT_EQ((long)PAGE, drain(ends[0], found));
	EXPECT_FALSE(shows(found, PAGE, self->text));
	close(ends[0]);
	close(ends[1]);
}

/* Another process looks on, by its right to read this one's memory. */
TEST_F(secret, read_by_another_process_while_it_goes)
{
	char found[PAGE];
	struct iovec from = { (void *)self->base, PAGE };
	struct iovec to = { found, PAGE };
	pid_t parent = getpid(), child;

	child = fork();
	if (!child) {
		for (unsigned int i = 0; i < 2000; i++)
			process_vm_readv(parent, &to, 1, &from, 1, 0);
		_exit(0);
	}
	for (unsigned int i = 0; i < 2000; i++) {
		ASSERT_EQ(0, slot_clear(self->fd, ID));
		ASSERT_EQ(SECRET,
			  slot_pwrite(self->fd, self->text, SECRET, ID));
	}
	EXPECT_EQ(0, child_end(child));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	EXPECT_FALSE(shows(found, PAGE, self->text));
}

static bool find_flags(const void *base, char *flags, size_t n)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	bool here = false, found = false;
	unsigned long start, end;
	char line[512];

	while (smaps && !found && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start == (unsigned long)base;
		found = here && !strncmp(line, "VmFlags:", 8);
	}
	if (found)
		snprintf(flags, n, "%s", line);
	if (smaps)
		fclose(smaps);
	return found;
}

/* Not dumped, not expanded, and never to be written or run. */
TEST_F(secret, flags_of_the_mapping)
{
	char flags[512];

	if (!find_flags(self->base, flags, sizeof(flags)))
		SKIP(return, "this kernel does not tell");
	EXPECT_NE(NULL, strstr(flags, " rd "));
	EXPECT_NE(NULL, strstr(flags, " dd "));
	EXPECT_NE(NULL, strstr(flags, " de "));
	EXPECT_EQ(NULL, strstr(flags, " wr "));
	EXPECT_EQ(NULL, strstr(flags, " mw "));
	EXPECT_EQ(NULL, strstr(flags, " ex "));
	EXPECT_EQ(NULL, strstr(flags, " me "));
}

static bool put_line(const char *path, const char *line)
{
	FILE *file = fopen(path, "w");
	bool done = file && fputs(line, file) >= 0;

	return file && !fclose(file) && done;
}

#define PATTERN "/proc/sys/kernel/core_pattern"
#define CORE "/tmp/message-slot.core"

/* Dumps all that can be dumped, and dies. */
static int dump_core(int fd)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &unlimited);
	put_line("/proc/self/coredump_filter", "0x7f");
	abort();
}

/* The whole file in memory; an empty one if there is none. */
static char *read_file(const char *path, size_t *n)
{
	FILE *file = fopen(path, "r");
	char *bytes;

	*n = 0;
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*n = ftell(file);
	rewind(file);
	bytes = malloc(*n + 1);
	*n = fread(bytes, 1, *n, file);
	fclose(file);
	return bytes;
}

static volatile char in_the_core[] = "what a core does have in it";

TEST_F(secret, in_a_core_dump)
{
	char pattern[200] = "", *core;
	size_t n;
	FILE *file = fopen(PATTERN, "r");

	if (!file || !fgets(pattern, sizeof(pattern), file) ||
	    !put_line(PATTERN, CORE))
		SKIP(return, "core dumps can't be told where to go");
	fclose(file);
	/* From here on it is in what is mapped only. */
	explicit_bzero(self->text, SECRET);
	EXPECT_EQ(SIGABRT, WTERMSIG(in_child(dump_core, self->fd)));
	put_line(PATTERN, pattern);
	message_fill(self->text, SECRET, 0x5ec4e7);
	core = read_file(CORE, &n);
	ASSERT_NE(NULL, core);
	unlink(CORE);
	EXPECT_NE(NULL,
		  memmem(core, n, (void *)in_the_core, sizeof(in_the_core)));
	EXPECT_EQ(NULL, memmem(core, n, self->text, 16));
	EXPECT_EQ(NULL, memmem(core, n, self->text + SECRET / 2, 16));
	EXPECT_SHOWN();
	free(core);
}

TEST_HARNESS_MAIN

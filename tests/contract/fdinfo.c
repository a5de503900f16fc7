// SPDX-License-Identifier: GPL-2.0
/* What /proc/PID/fdinfo tells of an open slot, and of a watch. */
#include "owner.h"
#include "kernel_bits.h"
#include "watch.h"

#define KEEP MSG_SLOT_END_KEEP

FIXTURE(fdinfo)
{
	int node;
	int fd;
};

FIXTURE_SETUP(fdinfo)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fdinfo)
{
	close(self->fd);
	close(self->node);
}

/* What a line says, or "". */
struct said {
	char text[64];
};

static struct said ask(int fd, const char *key)
{
	char path[40], line[128];
	size_t n = strlen(key);
	struct said said = { "" };
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file)
		abort();
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, key, n) && line[n] == ':' &&
		    sscanf(line + n, ":\t%63s", said.text) != 1)
			abort();
	}
	fclose(file);
	return said;
}

#define EXPECT_SAID(fd, key, wanted) EXPECT_STREQ(wanted, ask(fd, key).text)

TEST_F(fdinfo, of_a_fresh_file)
{
	EXPECT_SAID(self->fd, "channel", "0");
	EXPECT_SAID(self->fd, "only", "0");
	EXPECT_SAID(self->fd, "read-only", "0");
	EXPECT_SAID(self->fd, "claims", "0");
	EXPECT_SAID(self->fd, "lanes", "0");
}

TEST_F(fdinfo, which_slot_it_is)
{
	int other = slot_open(self->node, O_RDONLY);
	int another = slot_open(slot_fresh(), O_RDONLY);
	int watch = slot_watch(self->fd, NULL, 0);
	struct said slot = ask(self->fd, "slot");
	unsigned int major, minor;
	unsigned long long ino;
	int numbers;

	EXPECT_STREQ(slot.text, ask(other, "slot").text);
	EXPECT_STREQ(slot.text, ask(watch, "slot").text);
	EXPECT_STRNE(slot.text, ask(another, "slot").text);
	numbers = sscanf(slot.text, "%u:%u/%llu", &major, &minor, &ino);
	EXPECT_EQ(3, numbers);
	if (!getenv("TEST_SLOTFS")) {
		EXPECT_EQ((unsigned int)MSG_SLOT_MAJOR, major);
		EXPECT_LE((unsigned int)SLOT_FRESH_MINORS, minor);
		EXPECT_EQ(0u, ino);
	}
	close(watch);
	close(another);
	close(other);
}

TEST_F(fdinfo, selection_and_restriction)
{
	ASSERT_EQ(0, slot_select(self->fd, 4294967295u));
	EXPECT_SAID(self->fd, "channel", "4294967295");
	ASSERT_EQ(0, slot_restrict(self->fd, 7, 0));
	EXPECT_SAID(self->fd, "channel", "7");
	EXPECT_SAID(self->fd, "only", "7");
	EXPECT_SAID(self->fd, "read-only", "0");
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_SAID(self->fd, "read-only", "1");
}

TEST_F(fdinfo, claims_and_lanes)
{
	struct lane lane;

	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
	ASSERT_EQ(0, slot_claim(self->fd, 7, KEEP));
	ASSERT_EQ(0, slot_claim(self->fd, 7, KEEP));
	lane_open(&lane, self->fd, 8, KEEP);
	EXPECT_SAID(self->fd, "claims", "2");
	EXPECT_SAID(self->fd, "lanes", "1");
	ASSERT_EQ(0, slot_release(self->fd, 7));
	EXPECT_SAID(self->fd, "claims", "1");
	EXPECT_SAID(self->fd, "lanes", "1");
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_SAID(self->fd, "claims", "1");
	EXPECT_SAID(self->fd, "lanes", "0");
	lane_unmap(&lane);
}

TEST_F(fdinfo, marks_of_a_set)
{
	__u32 set[] = { 7, 8, 9 };
	struct watcher *watch;

	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	watch = watcher_of(slot_watch(self->fd, set, 3));
	EXPECT_SAID(watch->fd, "channels", "3");
	EXPECT_SAID(watch->fd, "marks", "1");
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 8));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 8));
	EXPECT_SAID(watch->fd, "marks", "2");
	EXPECT_SAID(watch->fd, "ready", "1");
	EXPECT_TOLD(watch, 7, "x");
	EXPECT_TOLD(watch, 8, "x");
	EXPECT_QUIET(watch);
	EXPECT_SAID(watch->fd, "marks", "0");
	EXPECT_SAID(watch->fd, "ready", "0");
	watcher_free(watch);
}

TEST_F(fdinfo, of_a_watch_of_the_slot)
{
	struct watcher *watch = watch_all(self->fd);

	EXPECT_QUIET(watch);
	EXPECT_SAID(watch->fd, "channels", "0");
	EXPECT_SAID(watch->fd, "ready", "0");
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	EXPECT_SAID(watch->fd, "ready", "1");
	EXPECT_TOLD(watch, 7, "x");
	EXPECT_QUIET(watch);
	EXPECT_SAID(watch->fd, "ready", "0");
	watcher_free(watch);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* Tracepoints: each act is a line of its own in tracefs, which has no message in it. */
#include "watch.h"
#include "commit.h"

#include <sys/mount.h>

#define INSTANCE "instances/message_slot_test"
#define EVENTS INSTANCE "/events/message_slot/enable"
#define SECRET "s3cr3t"

/* What is traced, by an instance of its own, from the fixture's beginning. */
FIXTURE(trace)
{
	char fs[40];
	int node;
	int fd;
	char *lines;
};

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = strlen(text);
	bool done = fd >= 0 && write(fd, text, n) == n;

	close(fd);
	return done;
}

FIXTURE_SETUP(trace)
{
	snprintf(self->fs, sizeof(self->fs), "/tmp/tracefs-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->fs));
	if (mount("none", self->fs, "tracefs", 0, NULL))
		SKIP(return, "there is no tracefs");
	ASSERT_EQ(0, chdir(self->fs));
	if (access("events/message_slot", F_OK))
		SKIP(return, "the kernel has no tracepoints");
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(write_text(EVENTS, "1"));
}

FIXTURE_TEARDOWN(trace)
{
	close(self->fd);
	close(self->node);
	free(self->lines);
	write_text(EVENTS, "0");
	rmdir(INSTANCE);
	EXPECT_EQ(0, chdir("/"));
	umount(self->fs);
	rmdir(self->fs);
}

#define ROOM 65536

/* All that was traced so far, for has_line(). */
static void look(FIXTURE_DATA(trace) * self)
{
	int fd = open(INSTANCE "/trace", O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t more;

	free(self->lines);
	self->lines = malloc(ROOM);
	if (fd < 0 || !self->lines)
		abort();
	while ((more = read(fd, self->lines + n, ROOM - 1 - n)) > 0)
		n += more;
	self->lines[n] = '\0';
	close(fd);
}

/* How often there is a line of this event that ends like this. */
static unsigned int count_lines(const char *lines, const char *event,
				const char *end)
{
	unsigned int n = 0;
	char tagged[40];

	snprintf(tagged, sizeof(tagged), ": %s: slot=", event);
	for (const char *at = lines; (at = strstr(at, tagged)); at++) {
		const char *line_end = strchr(at, '\n');
		const char *found = strstr(at, end);

		n += line_end && found && found + strlen(end) == line_end;
	}
	return n;
}

/* Whether there are so many. */
static bool are_lines(const char *lines, unsigned int n, const char *event,
		      const char *end)
{
	unsigned int found = count_lines(lines, event, end);

	if (found != n)
		fprintf(stderr, "# %u of %s with \"%s\", not %u, in\n%s", found,
			event, end, n, lines);
	return found == n;
}

#define EXPECT_LINES(n, event, end) \
	EXPECT_TRUE(are_lines(self->lines, n, event, end))

/* A line ends with the version, and a put's with the size behind that. */
struct end {
	char text[80];
};

static struct end of_put(unsigned int id, unsigned long long version,
			 unsigned int size)
{
	struct end end;

	snprintf(end.text, sizeof(end.text), " channel=%u version=%llu size=%u",
		 id, version, size);
	return end;
}

static struct end of_version(unsigned int id, unsigned long long version)
{
	struct end end;

	snprintf(end.text, sizeof(end.text), " channel=%u version=%llu", id,
		 version);
	return end;
}

TEST_F(trace, puts)
{
	static const char text[1000] = SECRET;
	unsigned long long versions[4];
	struct msg_slot_put puts[] = { put_text(8, SECRET), clear_of(7) };

	ASSERT_EQ(0, slot_set_max_message(self->fd, sizeof(text)));
	ASSERT_EQ(6, slot_pwrite(self->fd, SECRET, 6, 7));
	versions[0] = slot_version(self->fd, 7);
	ASSERT_EQ(5, slot_pwrite(self->fd, SECRET, 5, 7));
	versions[1] = slot_version(self->fd, 7);
	for (int i = 2; i < 4; i++) {
		ASSERT_EQ(1000, slot_pwrite(self->fd, text, 1000, 9));
		versions[i] = slot_version(self->fd, 9);
	}
	ASSERT_EQ(0, slot_commit(self->fd, puts, 2));
	look(self);
	EXPECT_LINES(1, "put", of_put(7, versions[0], 6).text);
	EXPECT_LINES(1, "put", of_put(7, versions[1], 5).text);
	EXPECT_LINES(1, "put", of_put(9, versions[2], 1000).text);
	EXPECT_LINES(1, "put", of_put(9, versions[3], 1000).text);
	EXPECT_LINES(1, "put", of_put(8, puts[0].version, 6).text);
	EXPECT_LINES(1, "clear", of_version(7, versions[1]).text);
	EXPECT_EQ(NULL, strstr(self->lines, SECRET));
}

TEST_F(trace, which_slot_it_is)
{
	char wanted[80];
	struct stat st;

	if (getenv("TEST_SLOTFS"))
		SKIP(return, "a slot that has no device");
	ASSERT_EQ(0, fstat(self->fd, &st));
	snprintf(wanted, sizeof(wanted), ": put: slot=%u:%u/0 channel=7 ",
		 major(st.st_rdev), minor(st.st_rdev));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	look(self);
	EXPECT_NE(NULL, strstr(self->lines, wanted));
}

TEST_F(trace, clears_and_expiries)
{
	unsigned long long cleared, over;

	ASSERT_EQ(0, slot_put(self->fd, 7, "x", 1));
	cleared = slot_version(self->fd, 7);
	ASSERT_EQ(0, slot_clear(self->fd, 7));
	ASSERT_EQ(0, slot_clear(self->fd, 7));
	ASSERT_EQ(0, slot_put_told(self->fd, 8, "x", 1, MILLISECOND, &over));
	ASSERT_TRUE(slot_has_channels_soon(self->fd, 0));
	look(self);
	EXPECT_LINES(1, "clear", of_version(7, cleared).text);
	EXPECT_LINES(1, "put", of_put(8, over, 1).text);
	EXPECT_LINES(1, "expire", of_version(8, over).text);
}

TEST_F(trace, claims)
{
	ASSERT_EQ(0, slot_claim_will(self->fd, 7, "gone", 4));
	ASSERT_EQ(0, slot_claim(self->fd, 8, MSG_SLOT_END_KEEP));
	ASSERT_EQ(0, slot_release(self->fd, 7));
	look(self);
	EXPECT_LINES(1, "claim", " channel=7 end=2");
	EXPECT_LINES(1, "claim", " channel=8 end=1");
	EXPECT_LINES(1, "claim_end", " channel=7 end=2");
	EXPECT_LINES(0, "claim_end", " channel=8 end=1");
	EXPECT_LINES(1, "put", of_put(7, slot_version(self->fd, 7), 4).text);
}

TEST_F(trace, who_is_woken)
{
	__u32 set[] = { 7 };
	struct watcher *one = watcher_of(slot_watch(self->fd, set, 1));
	struct watcher *all = watch_all(self->fd);

	EXPECT_QUIET(all);
	ASSERT_EQ(0, slot_put(self->fd, 7, "x", 1));
	ASSERT_EQ(0, slot_put(self->fd, 8, "x", 1));
	look(self);
	EXPECT_LINES(1, "wake", " channel=7 event=1 listeners=1");
	EXPECT_LINES(0, "wake", " channel=8 event=1 listeners=1");
	/* Of the whole slot once, until they have looked. */
	EXPECT_LINES(2, "wake", " channel=0 event=1 listeners=1");
	watcher_free(all);
	watcher_free(one);
}

TEST_F(trace, nothing_once_it_is_off)
{
	ASSERT_TRUE(write_text(EVENTS, "0"));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 7));
	look(self);
	EXPECT_EQ(NULL, strstr(self->lines, "slot="));
}

TEST_HARNESS_MAIN

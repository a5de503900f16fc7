// SPDX-License-Identifier: GPL-2.0
/* The module goes only when no slot is open, and takes every message along. */
#include "module.h"

#include "frame.h"
#include "mapping.h"
#include "group.h"
#include "memory.h"
#include "race.h"
#include "watch.h"

#include <sys/mount.h>

#define RELOADS 5

FIXTURE(loaded)
{
	int node;
	int fd;
};

FIXTURE_SETUP(loaded)
{
	if (!module_file())
		SKIP(return, "MSGSLOT_MODULE is not set");
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(loaded)
{
	close(self->fd);
	close(self->node);
	if (!module_is_loaded())
		EXPECT_EQ(0, module_load(""));
	EXPECT_EQ(MSG_SLOT_MAJOR, module_major());
}

TEST_F(loaded, refused_while_a_slot_is_open)
{
	int twin = dup(self->fd);

	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_EQ(5, slot_send(self->fd, 1, "still", 5));
	close(self->fd);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_MESSAGE(twin, 1, "still", 5);
	self->fd = twin;
}

#define FS "/tmp/slotfs-unload"

static bool mount_with_names(int names)
{
	char path[60];

	if ((mkdir(FS, 0755) && errno != EEXIST) ||
	    mount("none", FS, "slotfs", 0, NULL) || mkdir(FS "/robot", 0755))
		return false;
	while (names--) {
		snprintf(path, sizeof(path), FS "/robot/name%d", names);
		if (mknod(path, S_IFREG | 0644, 0))
			return false;
	}
	return true;
}

TEST_F(loaded, refused_while_slotfs_is_mounted)
{
	close(self->fd);
	ASSERT_TRUE(mount_with_names(1));
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	ASSERT_EQ(0, umount(FS));
	EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, rmdir(FS));
}

/* Inodes are freed a grace period later, and slots by a worker. */
TEST_F(loaded, right_after_slotfs_is_unmounted)
{
	int fd;

	close(self->fd);
	for (int i = 0; i < 3; i++) {
		ASSERT_TRUE(mount_with_names(50));
		fd = open(FS "/robot/name1", O_RDWR | O_CLOEXEC);
		EXPECT_EQ(4, write(fd, "text", 4));
		/* Where it has no place any more, the descriptor is the last of it. */
		ASSERT_EQ(0, umount2(FS, MNT_DETACH));
		EXPECT_EQ(-EWOULDBLOCK, module_unload());
		close(fd);
		ASSERT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load(""));
	}
	EXPECT_EQ(0, rmdir(FS));
}

TEST_F(loaded, refused_while_another_process_has_a_slot_open)
{
	pid_t child = fork();

	if (!child) {
		pause();
		_exit(0);
	}
	close(self->fd);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EXPECT_EQ(0, module_unload());
}

/* The mapping alone, with nothing open any more. */
TEST_F(loaded, refused_while_a_slot_is_mapped)
{
	size_t size = slot_mapping(self->fd).size;
	const char *base = slot_map(self->fd);
	const struct msg_slot_cell *cell;

	ASSERT_EQ(0, slot_put(self->fd, 1, "still", 5));
	cell = slot_cell(self->fd, base, 1);
	close(self->fd);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_CELL(cell, 1, "still");
	munmap((char *)base + PAGE, size - PAGE);
	EXPECT_EQ(-EWOULDBLOCK, module_unload());
	EXPECT_CELL(cell, 1, "still");
	munmap((char *)base, PAGE);
	EXPECT_EQ(0, module_unload());
}

TEST_F(loaded, a_node_does_not_hold_the_module)
{
	close(self->fd);
	ASSERT_EQ(0, module_unload());
	EXPECT_FALSE(module_is_loaded());
	EXPECT_EQ(0, module_major());
	EXPECT_EQ(-ENXIO, slot_open(self->node, O_RDWR));
}

TEST_F(loaded, messages_end_with_the_module)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	close(self->fd);
	ASSERT_EQ(0, module_unload());
	ASSERT_EQ(0, module_load(""));
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_EQ(3, slot_write(self->fd, "new", 3));
	EXPECT_MESSAGE(self->fd, 1, "new", 3);
}

/* The memfd is not the module's: who has a descriptor keeps what it has. */
TEST_F(loaded, frames_end_with_the_module)
{
	long frame;

	ASSERT_EQ(0, slot_put_new_frame(self->fd, 1, 100000, 1));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, 2, 7, 2));
	frame = slot_get_frame(self->fd, 1);
	ASSERT_LE(0, frame);
	close(self->fd);
	ASSERT_EQ(0, module_unload());
	EXPECT_TRUE(frame_is(frame, 100000, 1));
	ASSERT_EQ(0, module_load(""));
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_TRUE(frame_is(frame, 100000, 1));
}

TEST_F(loaded, memory_of_frames_comes_back)
{
	struct group group;
	long long before;
	int frame;

	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&group));
	before = group_charged(&group);
	frame = frame_of_pages(32 * MEGABYTE);
	ASSERT_EQ(0, slot_put_frame(self->fd, 1, frame));
	close(frame);
	close(self->fd);
	EXPECT_LE(before + 32 * MEGABYTE, group_charged(&group));
	ASSERT_EQ(0, module_unload());
	EXPECT_TRUE(group_shrinks_to(&group, before + 2 * MEGABYTE));
	group_remove(&group);
}

/* With channels in several slots each time; leaks show after the run. */
TEST_F(loaded, again_and_again)
{
	close(self->fd);
	for (unsigned int i = 0; i < RELOADS; i++) {
		for (unsigned int minor = 0; minor < 8; minor++) {
			int node = slot_at(MSG_SLOT_MAJOR, minor * 1000);
			int fd = slot_open(node, O_RDWR);

			EXPECT_EMPTY(fd, 1);
			for (unsigned int id = 1; id <= 100; id++)
				ASSERT_EQ(4, slot_send(fd, id, &id, 4));
			close(fd);
			close(node);
		}
		ASSERT_EQ(0, module_unload());
		ASSERT_EQ(0, module_load(""));
	}
	self->fd = slot_open(self->node, O_RDWR);
}

/* 20 000 channels of 128 bytes are 5.1 MB at the very least. */
TEST_F(loaded, memory_comes_back)
{
	char message[MSG_SLOT_MAX_MESSAGE] = "x";
	struct group group;
	long long before;

	if (!group_make(&group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&group));
	before = group_charged(&group);
	for (unsigned int id = 1; id <= 20000; id++)
		ASSERT_EQ(MSG_SLOT_MAX_MESSAGE,
			  slot_send(self->fd, id, message, sizeof(message)));
	close(self->fd);
	EXPECT_LT(before + 5 * MEGABYTE, group_charged(&group));
	ASSERT_EQ(0, module_unload());
	EXPECT_TRUE(group_shrinks_to(&group, before + 2 * MEGABYTE));
	group_remove(&group);
}

/* Opens that meet an unload are refused, or get a slot that does all of this. */
static void open_and(struct racer *racer, bool (*use)(int fd))
{
	while (racing(racer)) {
		int fd = slot_open(racer->race->node, O_RDWR);

		if (fd < 0)
			racer_expect(racer, fd == -ENXIO,
				     "open failed strangely");
		else
			racer_expect(racer, use(fd), "a slot did not work");
	}
}

static bool write_and_close(int fd)
{
	return slot_send(fd, 1, "hello", 5) == 5 && !close(fd);
}

/* The mapping alone keeps the module. */
static bool map_and_close(int fd)
{
	size_t size = slot_mapping(fd).size;
	const char *base = slot_map(fd);
	const struct msg_slot_cell *cell;
	bool good;

	good = !slot_put(fd, 2, "mapped", 6);
	cell = slot_cell(fd, base, 2);
	close(fd);
	good = good && cell_says(cell, 2, "mapped");
	return !munmap((void *)base, size) && good;
}

/* And the watch. */
static bool watch_and_close(int fd)
{
	struct watcher *watch = watcher_of(slot_watch(fd, &(__u32){ 3 }, 1));
	bool good = !slot_put(fd, 3, "watched", 7);

	close(fd);
	good = good && is_told(watch, 3, "watched");
	watcher_free(watch);
	return good;
}

/* The end of a claim is work for a file that nobody has any more. */
static bool claim_and_close(int fd)
{
	return !slot_claim_will(fd, 4, "will", 4) && !close(fd);
}

static void open_and_write(struct racer *racer)
{
	open_and(racer, write_and_close);
}

static void open_and_map(struct racer *racer)
{
	open_and(racer, map_and_close);
}

static void open_and_watch(struct racer *racer)
{
	open_and(racer, watch_and_close);
}

static void open_and_claim(struct racer *racer)
{
	open_and(racer, claim_and_close);
}

static void unload_and_load(struct racer *racer)
{
	while (racing(racer)) {
		long ret = module_unload();

		racer_expect(racer, !ret || ret == -EWOULDBLOCK,
			     "unload failed strangely");
		if (!ret)
			racer_expect(racer, !module_load(""), "load failed");
	}
}

static void add_users(struct race *race)
{
	race_add(race, open_and_write)->shares_fd = true;
	race_add(race, open_and_map)->shares_fd = true;
	race_add(race, open_and_watch)->shares_fd = true;
	race_add(race, open_and_claim)->shares_fd = true;
}

TEST_F(loaded, opened_while_it_goes)
{
	struct race *race = race_new(self->node, true);

	close(self->fd);
	add_users(race);
	race_add(race, unload_and_load)->shares_fd = true;
	race_run(race, _metadata);
	if (!module_is_loaded())
		EXPECT_EQ(0, module_load(""));
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_LE(0, self->fd);
}

static void unload_in_vain(struct racer *racer)
{
	while (racing(racer))
		racer_expect(racer, module_unload() == -EWOULDBLOCK,
			     "it went while a slot was open");
}

/* One open file is enough, whatever else comes and goes. */
TEST_F(loaded, tried_all_the_time)
{
	struct race *race = race_new(self->node, true);

	ASSERT_EQ(4, slot_send(self->fd, 9, "stay", 4));
	add_users(race);
	race_add(race, unload_in_vain)->shares_fd = true;
	race_run(race, _metadata);
	EXPECT_MESSAGE(self->fd, 9, "stay", 4);
}

TEST_HARNESS_MAIN

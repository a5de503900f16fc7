// SPDX-License-Identifier: GPL-2.0
/* What a descriptor of a channel's file is: one that is narrowed to its channel. */
#include "commit.h"
#include "passing.h"
#include "scale.h"
#include "slotfs.h"
#include "waiting.h"
#include "watch.h"

#define NAME "robot/temperature"

/* Opens the file of a channel with a message, beside another that has one, too. */
static int open_channel(int door, int flags, unsigned int *id,
			unsigned int *other)
{
	if (fs_put(NAME, "21.5") || fs_put("robot/secret", "secret"))
		abort();
	*id = fs_id(door, "temperature");
	*other = fs_id(door, "secret");
	return fs_open(NAME, flags);
}

static bool may_not(int fd, unsigned int id)
{
	struct msg_slot_put puts[] = { put_text(0, "no"), clear_of(id) };
	struct msg_slot_get get = get_into(id, NULL, 0);
	unsigned long long version = 0;

	return slot_select(fd, id) == -EPERM &&
	       slot_get(fd, id, &(struct got){}) == -EPERM &&
	       slot_wait(fd, id, 0, 0, 0, &(struct got){}) == -EPERM &&
	       slot_snapshot(fd, &get, 1) == -EPERM &&
	       slot_watch(fd, &id, 1) == -EPERM &&
	       slot_put(fd, id, "no", 2) == -EPERM &&
	       slot_put_if(fd, id, "no", 2, &version) == -EPERM &&
	       slot_renew(fd, id, SECOND) == -EPERM &&
	       slot_clear(fd, id) == -EPERM &&
	       slot_commit(fd, puts, 2) == -EPERM &&
	       slot_claim(fd, id, MSG_SLOT_END_KEEP) == -EPERM &&
	       slot_release(fd, id) == -EPERM &&
	       slot_restrict(fd, id, 0) == -EPERM &&
	       fs_name(fd, id).ret == -EPERM;
}

TEST_F(fs, no_other_channel)
{
	struct msg_slot_usage usage;
	struct msg_slot_limits limits = { 1, 1, 1 };
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);

	EXPECT_TRUE(may_not(fd, other));
	EXPECT_TRUE(may_not(fd, 7));
	EXPECT_EQ(-EPERM, slot_watch(fd, NULL, 0));
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_GET_USAGE, &usage));
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_GET_LIMITS, &limits));
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_SET_LIMITS, &limits));
	EXPECT_EQ(-EPERM, fs_get_id(fd, "secret", &other));
	EXPECT_EQ(-EPERM, fs_get_id(fd, "temperature", &other));
	EXPECT_FILE("robot/secret", "secret");
	close(fd);
}

TEST_F(fs, all_of_its_own)
{
	unsigned long long version = 0;
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);
	struct msg_slot_get get = get_into(0, NULL, 0);
	struct got got;

	EXPECT_EQ(0, slot_select(fd, id));
	EXPECT_EQ(0, slot_get(fd, 0, &got));
	EXPECT_EQ(id, got.record.channel);
	EXPECT_EQ(0, memcmp(got.message, "21.5", 4));
	EXPECT_EQ(0, slot_get(fd, id, &got));
	EXPECT_EQ(0, slot_wait(fd, 0, 0, 0, 0, &got));
	EXPECT_EQ(0, slot_snapshot(fd, &get, 1));
	EXPECT_EQ(0, slot_put(fd, 0, "put", 3));
	EXPECT_FILE(NAME, "put");
	EXPECT_EQ(0, slot_put_for(fd, id, "for", 3, 3600 * SECOND));
	EXPECT_EQ(0, slot_renew(fd, 0, FOREVER));
	EXPECT_EQ(-ESTALE, slot_put_if(fd, 0, "if", 2, &version));
	EXPECT_EQ(0, slot_put_if(fd, 0, "if", 2, &version));
	EXPECT_FILE(NAME, "if");
	EXPECT_EQ(0, slot_clear(fd, 0));
	EXPECT_FILE(NAME, "");
	EXPECT_TRUE(fs_is_named(fd, 0, "temperature"));
	EXPECT_TRUE(fs_is_named(fd, id, "temperature"));
	close(fd);
}

TEST_F(fs, a_commit_to_names)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);
	struct msg_slot_put puts[] = { put_text(id, "22"),
				       put_text(other, "no secret"),
				       clear_of(7) };

	EXPECT_EQ(0, slot_commit(self->door, puts, 3));
	EXPECT_FILE(NAME, "22");
	EXPECT_FILE("robot/secret", "no secret");
	puts[1] = clear_of(other);
	EXPECT_EQ(0, slot_commit(self->door, puts, 3));
	EXPECT_FILE("robot/secret", "");
	/* Of itself, its own alone. */
	EXPECT_EQ(-EPERM, slot_commit(fd, puts, 3));
	puts[0] = put_text(0, "23");
	EXPECT_EQ(0, slot_commit(fd, puts, 1));
	EXPECT_FILE(NAME, "23");
	close(fd);
}

TEST_F(fs, a_watch_of_its_own)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);
	struct watcher *watch = watcher_of(slot_watch(fd, &id, 1));

	EXPECT_TOLD(watch, id, "21.5");
	EXPECT_QUIET(watch);
	ASSERT_EQ(0, fs_put(NAME, "22"));
	EXPECT_TOLD(watch, id, "22");
	ASSERT_EQ(0, fs_put("robot/secret", "more"));
	EXPECT_QUIET(watch);
	close(fd);
	ASSERT_EQ(0, unlink(NAME));
	EXPECT_TOLD_OF(watch, id, MSG_SLOT_CLEARED);
	watcher_free(watch);
}

TEST_F(fs, a_claim)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);

	ASSERT_EQ(0, slot_claim_will(fd, 0, "will", 4));
	EXPECT_EQ(-EBUSY, fs_put(NAME, "no"));
	EXPECT_EQ(-EBUSY, slot_pwrite(self->door, "no", 2, id));
	EXPECT_EQ(-EBUSY, slot_result(truncate(NAME, 0)));
	EXPECT_EQ(-EBUSY, slot_result(unlink(NAME)));
	EXPECT_EQ(-EBUSY, slot_result(rename("robot/secret", NAME)));
	EXPECT_FILE(NAME, "21.5");
	EXPECT_FILE("robot/secret", "secret");
	EXPECT_EQ(0, ftruncate(fd, 0));
	EXPECT_EQ(4, slot_write(fd, "mine", 4));
	EXPECT_EQ(0, slot_result(rename(NAME, "robot/t")));
	EXPECT_FILE("robot/t", "mine");
	close(fd);
	EXPECT_FILE("robot/t", "will");
	EXPECT_EQ(0, unlink("robot/t"));
}

TEST_F(fs, rights_of_the_descriptor)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDONLY, &id, &other);

	EXPECT_EQ(-EBADF, slot_put(fd, 0, "no", 2));
	EXPECT_EQ(-EBADF, slot_clear(fd, 0));
	EXPECT_EQ(-EBADF, slot_claim(fd, 0, MSG_SLOT_END_KEEP));
	EXPECT_EQ(-EINVAL, slot_result(ftruncate(fd, 0)));
	close(fd);
	fd = fs_open(NAME, O_WRONLY);
	EXPECT_EQ(-EBADF, slot_get(fd, 0, &(struct got){}));
	EXPECT_EQ(-EBADF, slot_watch(fd, &id, 1));
	EXPECT_EQ(3, slot_write(fd, "new", 3));
	close(fd);
	EXPECT_FILE(NAME, "new");
}

TEST_F(fs, narrowed_to_reading)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);

	ASSERT_EQ(0, slot_restrict(fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, slot_write(fd, "no", 2));
	EXPECT_EQ(-EPERM, slot_result(ftruncate(fd, 0)));
	EXPECT_EQ(-EPERM, slot_clear(fd, 0));
	EXPECT_EQ(0, slot_get(fd, 0, &(struct got){}));
	EXPECT_FILE(NAME, "21.5");
	close(fd);
}

static int cannot_see_more(int fd)
{
	return !may_not(fd, 7);
}

TEST_F(fs, passing_it_on_passes_one_channel)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);
	int passed = pass_descriptor(fd);
	char got[8];

	close(fd);
	EXPECT_TRUE(may_not(passed, other));
	EXPECT_EQ(0, in_child(cannot_see_more, passed));
	EXPECT_EQ(4, slot_read(passed, got, 8));
	EXPECT_EQ(3, slot_write(passed, "new", 3));
	close(passed);
	passed = pass_descriptor(self->door);
	EXPECT_EQ(3, slot_pread(passed, got, 8, id));
	close(passed);
}

TEST_F(fs, unknown_commands)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);

	for (unsigned int number = 22; number < 256; number++) {
		EXPECT_EQ(-EINVAL,
			  slot_ioctl(fd, _IO(MSG_SLOT_MAJOR, number), NULL));
		EXPECT_EQ(-EINVAL,
			  slot_ioctl(self->door, _IO(MSG_SLOT_MAJOR, number),
				     NULL));
	}
	EXPECT_EQ(-EINVAL, slot_select(fd, 0));
	close(fd);
}

/* Who has the file goes on with what nobody else can find any more. */
TEST_F(fs, after_the_name_is_gone)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDWR, &id, &other);
	char got[8];

	ASSERT_EQ(0, unlink(NAME));
	EXPECT_EQ(0, slot_read(fd, got, 8));
	EXPECT_EQ(3, slot_write(fd, "new", 3));
	EXPECT_EQ(3, slot_pread(fd, got, 8, 0));
	EXPECT_EQ(-ENOENT, fs_name(fd, 0).ret);
	/* The name that comes back is another channel's. */
	ASSERT_EQ(0, fs_put(NAME, "another"));
	EXPECT_NE(id, fs_id(self->door, "temperature"));
	EXPECT_EQ(3, slot_pread(fd, got, 8, 0));
	EXPECT_EQ(0, memcmp(got, "new", 3));
	/* What was written there ends with the last descriptor. */
	close(fd);
	EXPECT_NONE(self->door, id);
	EXPECT_FILE(NAME, "another");
}

static bool stays_another(int door, unsigned int id)
{
	for (int i = scaled(1000); i; i--) {
		if (fs_put("robot/again", "again") ||
		    fs_id(door, "again") == id || unlink("robot/again"))
			return false;
	}
	return true;
}

/* Its id is no other's while anybody has it, be it by a watch only. */
TEST_F(fs, no_other_name_gets_its_id)
{
	unsigned int id, other;
	int fd = open_channel(self->door, O_RDONLY, &id, &other);
	int watch = slot_watch(fd, &id, 1);

	ASSERT_LE(0, watch);
	ASSERT_EQ(0, unlink(NAME));
	EXPECT_TRUE(stays_another(self->door, id));
	close(fd);
	EXPECT_TRUE(stays_another(self->door, id));
	close(watch);
}

TEST_HARNESS_MAIN

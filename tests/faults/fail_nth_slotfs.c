// SPDX-License-Identifier: GPL-2.0
/*
 * slotfs, with everything in a call that may fail made to fail, one thing after another:
 * the call fails and has made nothing, or succeeds all the same; after a failure it
 * works.
 */
#include "slotfs.h"

#include "failure.h"

#define MOST_FAILURES 300u

/* Of what is tried: a descriptor, or 0. */
struct trial {
	int door;
	int opened;
};

static long try_mount(struct trial *trial)
{
	return fs_mount("robot/arm", "max_message=1000");
}

static bool is_mounted(struct trial *trial)
{
	bool good = fs_entries("robot/arm") == 0 &&
		    !mkdir("robot/arm/inner", 0777);

	return !umount("robot/arm") && good;
}

static long try_remount(struct trial *trial)
{
	return fs_remount("max_message=1000");
}

static bool has_limit(struct trial *trial)
{
	return slot_limits(trial->door).max_message == 1000;
}

static long try_mkdir(struct trial *trial)
{
	return slot_result(mkdir("other", 0777));
}

static bool is_slot(struct trial *trial)
{
	return !fs_put("other/a", "a") && fs_has("other/a", "a") &&
	       fs_exists("other/.slot");
}

static long try_group(struct trial *trial)
{
	return slot_result(mkdir("robot/leg", 0777));
}

static bool is_group(struct trial *trial)
{
	return !fs_put("robot/leg/a", "a") && !rename("robot/leg", "robot/l2");
}

static long try_create(struct trial *trial)
{
	return slot_result(mknod("robot/new", S_IFREG | 0666, 0));
}

static long try_number(struct trial *trial)
{
	return slot_result(mknod("robot/77777", S_IFREG | 0666, 0));
}

static bool new_works(struct trial *trial)
{
	return fs_id(trial->door, "new") && fs_has("robot/new", "") &&
	       !fs_put("robot/new", "new") && fs_has("robot/new", "new");
}

static bool number_works(struct trial *trial)
{
	return fs_id(trial->door, "77777") == 77777 &&
	       !fs_put("robot/77777", "new");
}

static long try_open(struct trial *trial)
{
	return trial->opened = fs_open("robot/a", O_RDWR);
}

static long try_door(struct trial *trial)
{
	return trial->opened = fs_open(DOOR, O_RDWR);
}

static bool file_works(struct trial *trial)
{
	return slot_write(trial->opened, "new", 3) == 3 &&
	       fs_has("robot/a", "new");
}

static bool door_works(struct trial *trial)
{
	return slot_pwrite(trial->opened, "new", 3, 7) == 3;
}

static long try_read_part(struct trial *trial)
{
	char part[3];
	int fd = trial->opened;

	return slot_pread(fd, part, 3, 1);
}

static bool read_goes_on(struct trial *trial)
{
	char rest[5000];

	return slot_pread(trial->opened, rest, sizeof(rest), 4) == 1 &&
	       !memcmp(rest, "5", 1);
}

static long try_get_id(struct trial *trial)
{
	unsigned int id;

	return fs_get_id(trial->door, "a", &id);
}

static long try_get_name(struct trial *trial)
{
	return fs_name(trial->opened, 0).ret;
}

static long try_unlink(struct trial *trial)
{
	return slot_result(unlink("robot/a"));
}

static bool is_gone(struct trial *trial)
{
	return !fs_exists("robot/a");
}

static long try_truncate(struct trial *trial)
{
	return slot_result(truncate("robot/a", 0));
}

static bool is_empty(struct trial *trial)
{
	return fs_has("robot/a", "");
}

static long try_rename(struct trial *trial)
{
	return slot_result(rename("robot/a", "robot/b"));
}

static bool is_renamed(struct trial *trial)
{
	return fs_has("robot/b", "12345") && !fs_exists("robot/a");
}

static long try_list(struct trial *trial)
{
	int fd = fs_open("robot", O_RDONLY | O_DIRECTORY);

	close(fd);
	return fd;
}

static bool is_all_right(struct trial *trial)
{
	return fs_has("robot/a", "12345");
}

static const struct attempt {
	const char *name;
	long (*act)(struct trial *trial);
	bool (*done)(struct trial *trial);
} attempts[] = {
	{ "mount", try_mount, is_mounted },
	{ "remount", try_remount, has_limit },
	{ "mkdir of a slot", try_mkdir, is_slot },
	{ "mkdir in a slot", try_group, is_group },
	{ "creat", try_create, new_works },
	{ "creat of a number", try_number, number_works },
	{ "open", try_open, file_works },
	{ "open of the door", try_door, door_works },
	{ "read of a part", try_read_part, read_goes_on },
	{ "MSG_SLOT_GET_ID", try_get_id, is_all_right },
	{ "MSG_SLOT_GET_NAME", try_get_name, is_all_right },
	{ "unlink", try_unlink, is_gone },
	{ "truncate", try_truncate, is_empty },
	{ "rename", try_rename, is_renamed },
	{ "open of a directory", try_list, is_all_right },
};

/* A slot with a channel and a directory, as it is before each try. */
static void begin_trial(struct trial *trial)
{
	trial->door = fs_open(DOOR, O_RDWR);
	if (fs_remount("max_message=128") || fs_put("robot/a", "12345") ||
	    mkdir("robot/arm", 0777))
		abort();
	trial->opened = fs_open("robot/a", O_RDWR);
}

static void remove_if_there(const char *path)
{
	if (unlink(path) && errno == EISDIR)
		rmdir(path);
}

static void end_trial(struct trial *trial)
{
	const char *const made[] = { "other/a",	    "other",	 "robot/l2/a",
				     "robot/l2",    "robot/leg", "robot/new",
				     "robot/77777", "robot/a",	 "robot/b",
				     "robot/arm" };

	close(trial->opened);
	close(trial->door);
	for (unsigned int i = 0; i < ARRAY_SIZE(made); i++)
		remove_if_there(made[i]);
}

/* Whether a failed call has left all as it was. */
static bool nothing_was_made(const struct trial *trial)
{
	return fs_entries(".") == 1 && fs_entries("robot") == 2 &&
	       fs_has("robot/a", "12345") && !fs_entries("robot/arm") &&
	       slot_limits(trial->door).max_message == 128;
}

static bool try_with_failure(const struct attempt *attempt, int fail_nth,
			     unsigned int nth,
			     struct __test_metadata *_metadata)
{
	struct trial trial;
	int opened;
	bool happened;
	long ret;

	begin_trial(&trial);
	opened = trial.opened;
	failure_order(fail_nth, nth);
	ret = attempt->act(&trial);
	happened = failure_happened(fail_nth);
	if (ret < 0) {
		EXPECT_TRUE(happened && (ret == -ENOMEM || ret == -EFAULT) &&
			    nothing_was_made(&trial))
		{
			TH_LOG("%s, failure %u: %ld", attempt->name, nth, ret);
		}
		trial.opened = opened;
		EXPECT_LE(0, attempt->act(&trial));
	}
	EXPECT_TRUE(attempt->done(&trial))
	{
		TH_LOG("%s, failure %u: %ld", attempt->name, nth, ret);
	}
	if (trial.opened != opened)
		close(opened);
	end_trial(&trial);
	EXPECT_EQ(0, fs_entries("robot"));
	return happened;
}

TEST_F(fs, everything_fails_once)
{
	unsigned int failures = 0;
	int fail_nth;

	if (!failure_possible())
		SKIP(return, "this kernel has no fault injection");
	fail_nth = failure_open();
	ASSERT_LE(0, fail_nth);
	for (unsigned int i = 0; i < ARRAY_SIZE(attempts); i++) {
		unsigned int nth = 1;

		while (nth < MOST_FAILURES &&
		       try_with_failure(&attempts[i], fail_nth, nth, _metadata))
			nth++;
		EXPECT_GT(MOST_FAILURES, nth);
		failures += nth - 1;
	}
	printf("# info: %u things were made to fail\n", failures);
	close(fail_nth);
}

TEST_HARNESS_MAIN

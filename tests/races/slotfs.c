// SPDX-License-Identifier: GPL-2.0
/*
 * Names made, removed, renamed, looked for and read by all at once, and by processes
 * that are killed in the middle of it. What is read is always a message that somebody
 * wrote, whole; afterwards all can be removed, and unmounted.
 */
#include "slotfs.h"
#include "race.h"

#define PATHS 6

static const char *const paths[PATHS] = { "robot/a",	 "robot/b",
					  "robot/7",	 "robot/arm/a",
					  "robot/arm/b", "robot/leg/a" };

/* Not that of another racer at the same time. */
static unsigned int turn(struct racer *racer)
{
	return racer->rounds * 7 + racer->id;
}

static const char *some_path(struct racer *racer)
{
	return paths[turn(racer) % PATHS];
}

static bool is_one_of(long ret, const int *errors)
{
	if (ret >= 0)
		return true;
	while (*errors && -*errors != ret)
		errors++;
	return *errors;
}

static const int absent[] = { ENOENT, ENOTDIR, EISDIR, 0 };
static const int taken[] = { ENOENT, ENOTDIR, EISDIR, EEXIST, 0 };
static const int in_the_way[] = { ENOENT, ENOTDIR,   EISDIR, EEXIST,
				  EINVAL, ENOTEMPTY, 0 };

static void write_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE];

	while (racing(racer)) {
		struct note note = { .count = racer->rounds,
				     .writer = racer->id };
		size_t n = note_make(message, note);
		int fd =
			fs_open(some_path(racer), O_WRONLY | O_CREAT | O_TRUNC);

		racer_expect(racer,
			     is_one_of(fd, taken) &&
				     (fd < 0 ||
				      slot_write(fd, message, n) == (long)n),
			     "a write failed");
		if (fd >= 0)
			close(fd);
	}
}

/* As dd and cat do, in parts. */
static void read_notes(struct racer *racer)
{
	char message[MSG_SLOT_MAX_MESSAGE + 1];
	struct note note;

	while (racing(racer)) {
		int fd = fs_open(some_path(racer), O_RDONLY);
		size_t part = racer->rounds % 2 ? 7 : sizeof(message);
		long n = 0, got = 0;

		while (fd >= 0 &&
		       (got = slot_read(fd, message + n, part)) > 0 &&
		       n + part < sizeof(message) + 8)
			n += got;
		racer_expect(racer,
			     is_one_of(fd, absent) && !got &&
				     (!n || note_parse(message, n, &note)),
			     "what was read was not written");
		if (fd >= 0)
			close(fd);
	}
}

static void make_and_remove(struct racer *racer)
{
	while (racing(racer)) {
		const char *dir = turn(racer) % 2 ? "robot/arm" : "robot/leg";
		bool good =
			is_one_of(slot_result(mkdir(dir, 0777)), taken) &&
			is_one_of(slot_result(unlink(some_path(racer))),
				  in_the_way) &&
			is_one_of(slot_result(truncate(some_path(racer), 0)),
				  in_the_way) &&
			is_one_of(slot_result(rmdir(dir)), in_the_way);

		racer_expect(racer, good, "making or removing failed");
	}
}

static void rename_some(struct racer *racer)
{
	while (racing(racer)) {
		const char *from = some_path(racer);
		const char *to = paths[(turn(racer) + 1) % PATHS];
		bool good =
			is_one_of(slot_result(rename(from, to)), in_the_way) &&
			is_one_of(slot_result(rename("robot/arm", "robot/leg")),
				  in_the_way);

		racer_expect(racer, good, "renaming failed");
	}
}

static void ask_for_names(struct racer *racer)
{
	int door = fs_open(DOOR, O_RDWR);
	struct stat st = { .st_size = 0 };
	unsigned int id = 0;

	while (racing(racer)) {
		const char *path = some_path(racer);
		bool good = is_one_of(fs_get_id(door, path + 6, &id), absent);

		if (id)
			good = good && is_one_of(fs_name(door, id).ret, absent);
		good = good && is_one_of(slot_result(stat(path, &st)), absent);
		good = good && st.st_size <= MSG_SLOT_MAX_MESSAGE;
		good = good && fs_entries("robot") >= 0;
		racer_expect(racer, good, "asking failed");
	}
	close(door);
}

static void make_slots(struct racer *racer)
{
	while (racing(racer)) {
		bool good =
			is_one_of(slot_result(mkdir("other", 0777)), taken) &&
			is_one_of(fs_put("other/a", "a"), absent) &&
			is_one_of(slot_result(unlink("other/a")), absent) &&
			is_one_of(slot_result(rename("other", "third")),
				  in_the_way) &&
			is_one_of(slot_result(rmdir("third")), in_the_way);

		racer_expect(racer, good, "making or removing slots failed");
	}
}

/* Whatever the race has left. */
static void remove_all(struct __test_metadata *_metadata)
{
	const char *const dirs[] = { "other", "third", "robot/arm",
				     "robot/leg" };

	for (int i = 0; i < PATHS; i++)
		unlink(paths[i]);
	/* Come there with its directory. */
	unlink("robot/leg/b");
	unlink("other/a");
	unlink("third/a");
	for (unsigned int i = 0; i < ARRAY_SIZE(dirs); i++)
		rmdir(dirs[i]);
	EXPECT_EQ(0, fs_entries("robot"));
	EXPECT_EQ(1, fs_entries("."));
	EXPECT_EQ(0, fs_put("robot/a", "works"));
	EXPECT_FILE("robot/a", "works");
	EXPECT_EQ(0, unlink("robot/a"));
	EXPECT_EQ(0, slot_result(rmdir("robot")));
}

static void add_all(struct race *race)
{
	race_add(race, write_notes);
	race_add(race, write_notes);
	race_add(race, read_notes);
	race_add(race, make_and_remove);
	race_add(race, rename_some);
	race_add(race, ask_for_names);
	race_add(race, make_slots);
}

TEST_F(fs, all_at_once)
{
	struct race *race = race_new(self->door, false);

	add_all(race);
	race_run(race, _metadata);
	remove_all(_metadata);
}

static pid_t start_process(void (*run)(struct racer *racer), unsigned int id)
{
	pid_t child = fork();

	if (!child) {
		struct racer *racer = race_add(race_new(-1, true), run);

		racer->id = id;
		run(racer);
		_exit(0);
	}
	return child;
}

static void (*const runs[])(struct racer *racer) = {
	write_notes, read_notes,    make_and_remove,
	rename_some, ask_for_names, make_slots,
};

/* Each is killed wherever it is, and another takes its place. */
TEST_F(fs, processes_that_are_killed)
{
	unsigned int kills = atoi(getenv("TEST_KILLS") ?: "120");

	for (unsigned int i = 0; i < kills; i++) {
		unsigned int which = i % ARRAY_SIZE(runs);
		pid_t one = start_process(runs[which], i);
		pid_t other =
			start_process(runs[i / 6 % ARRAY_SIZE(runs)], i + 1);

		usleep(1000 + i % 7 * 1500);
		kill(one, SIGKILL);
		kill(other, SIGKILL);
		ASSERT_EQ(SIGKILL, child_end(one));
		ASSERT_EQ(SIGKILL, child_end(other));
	}
	remove_all(_metadata);
}

TEST_HARNESS_MAIN

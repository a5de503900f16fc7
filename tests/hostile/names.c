// SPDX-License-Identifier: GPL-2.0
/*
 * Names: in a slotfs where everybody makes slots, a user makes many names, slots,
 * directories and mounts, all the time. The victim has a slot of its own there; it pays
 * nothing for them when it writes, nor when it makes a name or a slot itself.
 */
#include "hostile.h"
#include "slotfs.h"

#define DEPTH 1000u

static void act_on(int err)
{
	if (err) {
		perror("# an attacker's call");
		abort();
	}
}

static const char *nth(char *path, const char *format, unsigned int i)
{
	snprintf(path, 40, format, i);
	return path;
}

static void victim_writes_file(int fd)
{
	if (slot_write(fd, "message", 7) != 7)
		abort();
}

static void victim_makes_name(int fd)
{
	if (fs_put("robot/new", "x") || unlink("robot/new"))
		abort();
}

static void victim_makes_slot(int fd)
{
	if (mkdir("new", 0700) || rmdir("new"))
		abort();
}

struct name_costs {
	double write;
	double name;
	double slot;
};

static struct name_costs name_costs(int fd)
{
	return (struct name_costs){ cost_of(victim_writes_file, fd),
				    cost_of(victim_makes_name, fd),
				    cost_of(victim_makes_slot, fd) };
}

/* What it makes and frees is the allocator's and RCU's work, too, here and there. */
#define MADE 1.15

#define EXPECT_NAMES(act, number)                                              \
	do {                                                                   \
		int __fd = fs_open("robot/mine", O_RDWR | O_CREAT);            \
		struct name_costs __without = name_costs(__fd), __with;        \
		struct attacker *__attacker = attack(-1, WRITER, act, number); \
		__with = name_costs(__fd);                                     \
		attack_end(__attacker);                                        \
		EXPECT_COST("write", __with.write, __without.write, 1.05);     \
		EXPECT_COST("a name", __with.name, __without.name, MADE);      \
		EXPECT_COST("a slot", __with.slot, __without.slot, MADE);      \
		close(__fd);                                                   \
		remove_all();                                                  \
	} while (0)

/* What the attacker leaves, so that nothing is in the way of umount(). */
static void remove_all(void)
{
	if (system("rm -rf theirs* robot/n*"))
		abort();
}

static void have_names(struct attacker *attacker, int node, unsigned int number)
{
	char path[40];

	act_on(mkdir("theirs", 0700));
	for (unsigned int i = 0; i < number; i++)
		act_on(fs_put(nth(path, "theirs/%u", i + 1), "x"));
}

/* In the victim's own directory, which everybody may write here. */
static void have_names_there(struct attacker *attacker, int node,
			     unsigned int number)
{
	char path[40];

	for (unsigned int i = 0; i < number; i++)
		act_on(fs_put(nth(path, "robot/n%u", i), "x"));
}

static void make_names(struct attacker *attacker, int node, unsigned int number)
{
	act_on(mkdir("theirs", 0700));
	attack_stands(attacker);
	while (1) {
		act_on(fs_put("theirs/a", "x"));
		act_on(rename("theirs/a", "theirs/b"));
		act_on(unlink("theirs/b"));
	}
}

static void make_slots(struct attacker *attacker, int node, unsigned int number)
{
	attack_stands(attacker);
	while (1) {
		act_on(mkdir("theirs", 0700));
		act_on(fs_put("theirs/7", "x"));
		act_on(unlink("theirs/7"));
		act_on(rmdir("theirs"));
	}
}

static void have_slots(struct attacker *attacker, int node, unsigned int number)
{
	char path[40];

	for (unsigned int i = 0; i < number; i++)
		act_on(mkdir(nth(path, "theirs%u", i), 0700));
}

/* As deep as a path goes: the deepest one's name is asked for all the time. */
static void ask_deep(struct attacker *attacker, int node, unsigned int number)
{
	char *path = malloc(2 * DEPTH + 10);
	unsigned int id, n;
	int door;

	act_on(mkdir("theirs", 0700));
	n = sprintf(path, "theirs");
	for (unsigned int i = 0; i < DEPTH; i++) {
		n += sprintf(path + n, "/d");
		act_on(mkdir(path, 0700));
	}
	sprintf(path + n, "/a");
	act_on(fs_put(path, "x"));
	door = fs_open("theirs/.slot", O_RDWR);
	act_on(fs_get_id(door, path + strlen("theirs/"), &id));
	attack_stands(attacker);
	while (1)
		act_on(!fs_is_named(door, id, path + strlen("theirs/")));
}

static void mount_all_the_time(struct attacker *attacker, int node,
			       unsigned int number)
{
	act_on(prctl(PR_SET_DUMPABLE, 1));
	act_on(!fs_enter_namespace(STRANGER, WRITER));
	attack_stands(attacker);
	while (1) {
		act_on(fs_mount("/mnt", ""));
		act_on(mkdir("/mnt/slot", 0700));
		act_on(fs_put("/mnt/slot/a", "x"));
		act_on(umount("/mnt"));
	}
}

TEST_F(fs, names)
{
	EXPECT_NAMES(have_names, many(10000));
}

TEST_F(fs, names_in_the_same_slot)
{
	ASSERT_EQ(0, chmod("robot", 0777));
	EXPECT_NAMES(have_names_there, many(10000));
}

TEST_F(fs, names_made_all_the_time)
{
	EXPECT_NAMES(make_names, 0);
}

TEST_F(fs, slots)
{
	EXPECT_NAMES(have_slots, 1000);
}

TEST_F(fs, slots_made_all_the_time)
{
	EXPECT_NAMES(make_slots, 0);
}

TEST_F(fs, deep_names)
{
	EXPECT_NAMES(ask_deep, 0);
}

TEST_F(fs, mounts)
{
	EXPECT_NAMES(mount_all_the_time, 0);
}

TEST_HARNESS_MAIN

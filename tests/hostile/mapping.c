// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings and forks: a user who may only read maps the slot thousands of times, and
 * a process of his with mappings, watches and open files of it forks all the time. Who
 * maps a slot is on no list that a writer goes through.
 */
#include "hostile.h"
#include "mapping.h"

/* Of the page that has the victim's message. */
static void map_many(int fd, unsigned int number)
{
	unsigned long long offset;

	if (slot_locate(fd, VICTIM, &offset))
		abort();
	offset -= offset % PAGE;
	for (unsigned int i = 0; i < number; i++) {
		const char *page = slot_map_part(fd, offset, PAGE);

		if (page == MAP_FAILED)
			abort();
		/* It is there. */
		*(volatile const char *)page;
	}
}

static void map(struct attacker *attacker, int node, unsigned int number)
{
	map_many(stranger_open(node, O_RDONLY), number);
}

static void map_and_unmap(struct attacker *attacker, int node,
			  unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	attack_stands(attacker);
	for (;;)
		slot_unmap(fd, slot_map(fd));
}

static void fork_all_the_time(void)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void fork_with_all(struct attacker *attacker, int node,
			  unsigned int number)
{
	int fd = stranger_open(node, O_RDONLY);

	map_many(fd, number);
	for (unsigned int i = 0; i < number; i++) {
		unsigned int id = other_channel(i);

		stranger_select(node, id);
		if (slot_watch(fd, &id, 1) < 0)
			abort();
	}
	attack_stands(attacker);
	fork_all_the_time();
}

TEST_F(hostile, mappings)
{
	EXPECT_ATTACK(READER, map, many(20000), 1.05);
}

TEST_F(hostile, mappings_that_come_and_go)
{
	EXPECT_ATTACK(READER, map_and_unmap, 1, 1.05);
}

TEST_F(hostile, forks)
{
	EXPECT_ATTACK(READER, fork_with_all, many(1000), 1.05);
}

TEST_HARNESS_MAIN

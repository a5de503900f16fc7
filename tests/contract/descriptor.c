// SPDX-License-Identifier: GPL-2.0
/* The selection belongs to the open file, and follows it wherever it goes. */
#include "fixture.h"
#include "passing.h"

TEST_F(slot, two_opens_select_apart)
{
	int other = slot_open(self->node, O_RDWR);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, slot_select(self->fd, 1));
	EXPECT_EQ(-EINVAL, slot_write(other, "x", 1));
	ASSERT_EQ(0, slot_select(other, 2));
	EXPECT_EQ(3, slot_write(self->fd, "one", 3));
	EXPECT_EQ(3, slot_write(other, "two", 3));
	EXPECT_MESSAGE(self->fd, 1, "one", 3);
	EXPECT_MESSAGE(self->fd, 2, "two", 3);
}

TEST_F(slot, dup_shares_the_selection)
{
	int twin = dup(self->fd);
	char got[8];

	ASSERT_LE(0, twin);
	ASSERT_EQ(3, slot_send(self->fd, 1, "one", 3));
	EXPECT_EQ(3, slot_read(twin, got, sizeof(got)));
	ASSERT_EQ(0, slot_select(twin, 2));
	EXPECT_EQ(3, slot_write(self->fd, "two", 3));
	close(twin);
	EXPECT_EQ(3, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "two", 3));
	EXPECT_MESSAGE(self->fd, 1, "one", 3);
}

static bool select_two_and_write(int fd)
{
	return slot_read(fd, &(char){ 0 }, 1) == 1 &&
	       slot_send(fd, 2, "child", 5) == 5;
}

TEST_F(slot, fork_shares_the_selection)
{
	char got[8];
	pid_t child;
	int status;

	ASSERT_EQ(1, slot_send(self->fd, 1, "1", 1));
	child = fork();
	if (!child)
		_exit(!select_two_and_write(self->fd));
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(5, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "child", 5));
	EXPECT_MESSAGE(self->fd, 1, "1", 1);
}

/* Runs a shell command with this descriptor in the place of another. */
static int run(const char *command, int fd, int place)
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		dup2(fd, place);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return status;
}

TEST_F(slot, exec_inherits_for_writing)
{
	ASSERT_EQ(0, slot_select(self->fd, 1));
	ASSERT_EQ(0, run("printf 'from a shell'", self->fd, STDOUT_FILENO));
	EXPECT_MESSAGE(self->fd, 1, "from a shell", 12);
}

TEST_F(slot, exec_inherits_for_reading)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(0, run("test \"$(dd bs=128 count=1 status=none)\" = hello",
			 self->fd, STDIN_FILENO));
	ASSERT_EQ(3, slot_write(self->fd, "bye", 3));
	EXPECT_NE(0, run("test \"$(dd bs=128 count=1 status=none)\" = hello",
			 self->fd, STDIN_FILENO));
}

TEST_F(slot, passed_over_a_socket_shares_the_selection)
{
	int pair[2], passed;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(3, slot_send(self->fd, 5, "one", 3));
	ASSERT_EQ(1, send_descriptor(pair[0], self->fd));
	passed = receive_descriptor(pair[1]);
	ASSERT_LE(0, passed);
	EXPECT_EQ(4, slot_write(passed, "five", 4));
	EXPECT_EQ(0, slot_select(passed, 6));
	EXPECT_EQ(3, slot_write(self->fd, "six", 3));
	EXPECT_MESSAGE(self->fd, 5, "five", 4);
	EXPECT_MESSAGE(self->fd, 6, "six", 3);
}

/* The open file lives on in the socket while no process has a descriptor. */
TEST_F(slot, open_file_survives_in_a_socket)
{
	int pair[2], passed;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, slot_select(self->fd, 5));
	ASSERT_EQ(1, send_descriptor(pair[0], self->fd));
	close(self->fd);
	passed = receive_descriptor(pair[1]);
	ASSERT_LE(0, passed);
	EXPECT_EQ(4, slot_write(passed, "five", 4));
	EXPECT_MESSAGE(passed, 5, "five", 4);
	self->fd = passed;
}

TEST_F(slot, messages_outlive_every_close)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	ASSERT_EQ(0, close(self->fd));
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(slot, selections_do_not_outlive_their_open_file)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	ASSERT_EQ(0, close(self->fd));
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EINVAL, slot_write(self->fd, "x", 1));
}

TEST_F(slot, messages_outlive_their_writer)
{
	pid_t child = fork();

	if (!child) {
		int fd = slot_open(self->node, O_WRONLY);

		_exit(slot_send(fd, 1, "will", 4) != 4);
	}
	waitpid(child, NULL, 0);
	EXPECT_MESSAGE(self->fd, 1, "will", 4);
}

TEST_HARNESS_MAIN

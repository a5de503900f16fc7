// SPDX-License-Identifier: GPL-2.0
/* Who may open a slot, for what, and what a file that cannot seek refuses. */
#include "fixture.h"

#include <sys/mman.h>

#define NOBODY 65534

TEST_F(slot, read_only_file_refuses_write)
{
	int fd = slot_open(self->node, O_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADF, slot_send(fd, 1, "x", 1));
	EXPECT_EMPTY(self->fd, 1);
	EXPECT_EQ(3, slot_send(self->fd, 1, "yes", 3));
	EXPECT_MESSAGE(fd, 1, "yes", 3);
}

TEST_F(slot, write_only_file_refuses_read)
{
	int fd = slot_open(self->node, O_WRONLY);
	char byte;

	ASSERT_LE(0, fd);
	EXPECT_EQ(1, slot_send(fd, 1, "x", 1));
	EXPECT_EQ(-EBADF, slot_read(fd, &byte, 1));
	EXPECT_MESSAGE(self->fd, 1, "x", 1);
}

/* What another user gets for opening a slot of this file mode. */
static int open_as_nobody(mode_t mode, int flags)
{
	struct slot_path path =
		slot_make_path(MSG_SLOT_MAJOR, slot_fresh_minor(), mode);
	pid_t child = fork();
	int status;

	if (!child) {
		if (setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			_exit(255);
		_exit(open(path.name, flags) < 0 ? errno : 0);
	}
	waitpid(child, &status, 0);
	unlink(path.name);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(private_slot_is_refused_to_another_user)
{
	EXPECT_EQ(EACCES, open_as_nobody(0600, O_RDONLY));
	EXPECT_EQ(EACCES, open_as_nobody(0600, O_WRONLY));
	EXPECT_EQ(EACCES, open_as_nobody(0600, O_RDWR));
}

TEST(file_mode_gives_each_right_apart)
{
	EXPECT_EQ(0, open_as_nobody(0644, O_RDONLY));
	EXPECT_EQ(EACCES, open_as_nobody(0644, O_WRONLY));
	EXPECT_EQ(0, open_as_nobody(0622, O_WRONLY));
	EXPECT_EQ(EACCES, open_as_nobody(0622, O_RDONLY));
	EXPECT_EQ(0, open_as_nobody(0666, O_RDWR));
}

TEST_F(slot, opens_in_every_mode)
{
	int flags[] = { O_RDONLY,
			O_WRONLY,
			O_RDWR,
			O_RDWR | O_NONBLOCK,
			O_RDWR | O_APPEND,
			O_RDWR | O_TRUNC,
			O_RDWR | O_SYNC };

	ASSERT_EQ(3, slot_send(self->fd, 1, "old", 3));
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		int fd = slot_open(self->node, flags[i]);

		EXPECT_LE(0, fd);
		close(fd);
	}
	EXPECT_MESSAGE(self->fd, 1, "old", 3);
}

TEST_F(slot, opens_many_times)
{
	int fds[500];

	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = slot_open(self->node, O_RDWR);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, slot_select(fds[i], i + 1));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		ASSERT_EQ(4, slot_write(fds[i], &i, sizeof(i)));
	for (unsigned int i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_MESSAGE(self->fd, i + 1, &i, sizeof(i));
}

TEST_F(slot, cannot_seek)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 0, SEEK_SET)));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 3, SEEK_CUR)));
	EXPECT_EQ(-ESPIPE, slot_result(lseek(self->fd, 0, SEEK_END)));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_F(slot, cannot_be_truncated)
{
	ASSERT_EQ(5, slot_send(self->fd, 1, "hello", 5));
	EXPECT_GT(0, slot_result(ftruncate(self->fd, 0)));
	EXPECT_MESSAGE(self->fd, 1, "hello", 5);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0
/* msgslot_open(): slots and only slots. */
#include "library.h"

#include <sys/stat.h>

TEST_F(library, opens_in_each_mode)
{
	const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		int fd = library_open(self->node, modes[i]);

		ASSERT_LE(0, fd);
		EXPECT_EQ(modes[i], fcntl(fd, F_GETFL) & O_ACCMODE);
		EXPECT_EQ(0, fcntl(fd, F_GETFL) & O_NONBLOCK);
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
		msgslot_close(fd);
		EXPECT_EQ(-1, fcntl(fd, F_GETFD));
	}
}

TEST(refuses_what_is_no_slot)
{
	char folder[] = "/tmp/library-XXXXXX";
	char fifo[40];

	ASSERT_NE(NULL, mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	ASSERT_EQ(0, mkfifo(fifo, 0600));
	EXPECT_EQ(-ENOTTY, msgslot_open("/dev/null", O_RDWR));
	EXPECT_EQ(-ENOTTY, msgslot_open("/proc/self/exe", O_RDONLY));
	EXPECT_EQ(-ENOTTY, msgslot_open(fifo, O_RDONLY));
	EXPECT_EQ(-ENOENT, msgslot_open("/nonexistent", O_RDONLY));
	EXPECT_EQ(-EISDIR, msgslot_open(folder, O_RDWR));
	unlink(fifo);
	rmdir(folder);
}

TEST(leaves_no_descriptor_of_what_it_refuses)
{
	int before = dup(0);

	close(before);
	EXPECT_EQ(-ENOTTY, msgslot_open("/dev/null", O_RDWR));
	EXPECT_EQ(before, dup(0));
}

TEST_HARNESS_MAIN

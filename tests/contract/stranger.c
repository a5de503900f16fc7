// SPDX-License-Identifier: GPL-2.0
/*
 * A client as somebody else would write it, knowing the published contract and
 * nothing of this repository: no header of ours, no helper of these tests.
 * The files beside it have other forms of the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef MSG_SLOT_CHANNEL
#define MSG_SLOT_CHANNEL _IOW(235, 0, unsigned int)
#endif

#define CHECK(condition) check(condition, #condition)
#define FAILS(call, error) (errno = 0, (call) == -1 && errno == (error))

static int checks, failures;

static void check(int good, const char *what)
{
	if (!good)
		failures++;
	printf("%sok %d %s\n", good ? "" : "not ", ++checks, what);
}

/* A node in /dev is gone again once it is open. */
static int open_slot(unsigned int minor)
{
	int fd;

	unlink("/dev/stranger");
	if (mknod("/dev/stranger", S_IFCHR | 0600, makedev(235, minor)))
		return -1;
	fd = open("/dev/stranger", O_RDWR);
	unlink("/dev/stranger");
	return fd;
}

static int channel_is(int fd, unsigned int id, const char *text)
{
	char buf[128];

	return !ioctl(fd, MSG_SLOT_CHANNEL, id) &&
	       read(fd, buf, sizeof(buf)) == (ssize_t)strlen(text) &&
	       !memcmp(buf, text, strlen(text));
}

static void before_selecting(int fd)
{
	char buf[128];

	CHECK(FAILS(write(fd, "hello", 5), EINVAL));
	CHECK(FAILS(read(fd, buf, sizeof(buf)), EINVAL));
	CHECK(FAILS(ioctl(fd, MSG_SLOT_CHANNEL, 0), EINVAL));
	CHECK(FAILS(ioctl(fd, _IO(235, 77), 1), EINVAL));
	CHECK(FAILS(ioctl(fd, _IOW(235, 1, unsigned int), 1), EINVAL));
	CHECK(FAILS(ioctl(fd, _IOW(235, 1, unsigned int), 0), EINVAL));
	CHECK(FAILS(write(fd, "hello", 5), EINVAL));
}

static void sending_and_receiving(int fd)
{
	char buf[128];

	CHECK(!ioctl(fd, MSG_SLOT_CHANNEL, 42));
	CHECK(FAILS(read(fd, buf, sizeof(buf)), EWOULDBLOCK));
	CHECK(write(fd, "hello", 5) == 5);
	CHECK(read(fd, buf, sizeof(buf)) == 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK(channel_is(fd, 42, "hello"));
	CHECK(write(fd, "bye", 3) == 3);
	CHECK(channel_is(fd, 42, "bye"));
}

static void refusals(int fd)
{
	static char buf[129];
	char *nowhere =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(FAILS(write(fd, buf, 0), EMSGSIZE));
	CHECK(FAILS(write(fd, buf, sizeof(buf)), EMSGSIZE));
	CHECK(FAILS(write(fd, nowhere, 5), EFAULT));
	CHECK(FAILS(read(fd, buf, 2), ENOSPC));
	CHECK(FAILS(read(fd, nowhere, 128), EFAULT));
	CHECK(FAILS(lseek(fd, 0, SEEK_SET), ESPIPE));
	CHECK(channel_is(fd, 42, "bye"));
}

static void longest_message(int fd)
{
	char from[128], to[128] = "";

	memset(from, 'x', sizeof(from));
	CHECK(!ioctl(fd, MSG_SLOT_CHANNEL, 4294967295u));
	CHECK(write(fd, from, sizeof(from)) == sizeof(from));
	CHECK(read(fd, to, sizeof(to)) == sizeof(to));
	CHECK(!memcmp(from, to, sizeof(to)));
}

static void two_slots(int fd, int other)
{
	int twin = dup(fd);

	CHECK(!ioctl(other, MSG_SLOT_CHANNEL, 42));
	CHECK(FAILS(read(other, &(char){ 0 }, 1), EWOULDBLOCK));
	CHECK(write(other, "other", 5) == 5);
	CHECK(channel_is(fd, 42, "bye"));
	CHECK(channel_is(other, 42, "other"));
	CHECK(channel_is(twin, 42, "bye"));
	CHECK(write(fd, "hi", 2) == 2);
	CHECK(channel_is(twin, 42, "hi"));
	close(twin);
}

int main(void)
{
	/* Another run in the same boot needs slots that nobody has used. */
	unsigned int minor = 0x80000 + (getpid() & 0xffff) * 2;
	int fd = open_slot(minor), other = open_slot(minor + 1);

	CHECK(fd >= 0 && other >= 0);
	if (failures)
		return 1;
	before_selecting(fd);
	sending_and_receiving(fd);
	refusals(fd);
	longest_message(fd);
	two_slots(fd, other);
	close(fd);
	fd = open_slot(minor);
	CHECK(channel_is(fd, 42, "hi"));
	printf("1..%d\n", checks);
	return failures ? 1 : 0;
}

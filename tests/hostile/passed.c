// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors in flight: a user who may only read sends thousands of open files to a
 * socket that nobody reads, and closes them: some that wait in an epoll for a channel of
 * theirs, some that are narrowed to one. They are open as before, and cost a writer of
 * another channel as little.
 */
#include "hostile.h"

#include <sys/socket.h>

/* So many go in a message, the kernel says. */
#define IN_A_MESSAGE 250u

static void send_away(const int *fds, unsigned int number)
{
	char control[CMSG_SPACE(IN_A_MESSAGE * sizeof(int))] = {};
	struct iovec byte = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = control };
	struct cmsghdr *header = (struct cmsghdr *)control;
	int pair[2];

	message.msg_controllen = CMSG_SPACE(number * sizeof(*fds));
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(number * sizeof(*fds));
	memcpy(CMSG_DATA(header), fds, number * sizeof(*fds));
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) ||
	    sendmsg(pair[0], &message, 0) != 1) {
		perror("# descriptors in flight");
		abort();
	}
	for (unsigned int i = 0; i < number; i++)
		close(fds[i]);
}

typedef void prepare_act(int fd, unsigned int id, int epoll);

static void send_prepared(int node, unsigned int number, prepare_act *prepare)
{
	int epoll = epoll_create1(0);
	int fds[IN_A_MESSAGE];
	unsigned int n = 0;

	for (unsigned int i = 0; i < number; i++) {
		unsigned int id = other_channel(i);

		fds[n] = stranger_select(node, id);
		prepare(fds[n], id, epoll);
		if (++n == IN_A_MESSAGE || i + 1 == number) {
			send_away(fds, n);
			n = 0;
		}
	}
}

static void prepare_polled(int fd, unsigned int id, int epoll)
{
	epoll_add(epoll, fd);
}

static void prepare_narrow(int fd, unsigned int id, int epoll)
{
	if (slot_restrict(fd, id, MSG_SLOT_READ_ONLY))
		abort();
	epoll_add(epoll, fd);
}

static void send_polled(struct attacker *attacker, int node,
			unsigned int number)
{
	send_prepared(node, number, prepare_polled);
}

static void send_narrow(struct attacker *attacker, int node,
			unsigned int number)
{
	send_prepared(node, number, prepare_narrow);
}

TEST_F(hostile, descriptors_in_flight)
{
	EXPECT_ATTACK(READER, send_polled, many(5000), 1.05);
}

TEST_F(hostile, narrow_descriptors_in_flight)
{
	EXPECT_ATTACK(READER, send_narrow, many(5000), 1.05);
}

TEST_HARNESS_MAIN

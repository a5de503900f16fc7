/* SPDX-License-Identifier: GPL-2.0 */
/* Passing descriptors over a socket (SCM_RIGHTS). */
#ifndef TESTS_PASSING_H
#define TESTS_PASSING_H

#include "fixture.h"

#include <sys/socket.h>

union rights {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static inline int send_descriptor(int socket, int fd)
{
	union rights rights = {
		.header = { .cmsg_level = SOL_SOCKET,
			    .cmsg_type = SCM_RIGHTS,
			    .cmsg_len = CMSG_LEN(sizeof(fd)) },
	};
	struct iovec byte = { "x", 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };

	memcpy(CMSG_DATA(&rights.header), &fd, sizeof(fd));
	return sendmsg(socket, &message, 0);
}

static inline int receive_descriptor(int socket)
{
	union rights rights;
	char room;
	struct iovec byte = { &room, 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = &rights,
				  .msg_controllen = sizeof(rights) };
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1)
		memcpy(&fd, CMSG_DATA(&rights.header), sizeof(fd));
	return fd;
}

/* Sent and received: another descriptor of the same open file, or -1. */
static inline int pass_descriptor(int fd)
{
	int pair[2], passed = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return -1;
	if (send_descriptor(pair[0], fd) == 1)
		passed = receive_descriptor(pair[1]);
	close(pair[0]);
	close(pair[1]);
	return passed;
}

#endif

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "complaint.h"
#include "frame.h"
#include "msgslot.h"

#define PORTION (1 << 18)

static int make(void)
{
	int memfd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (memfd < 0)
		die(STATUS_ERROR, "a frame: %s", strerror(errno));
	return memfd;
}

static void append(int memfd, const unsigned char *bytes, size_t size)
{
	ssize_t written;

	for (; size; size -= written, bytes += written) {
		written = write(memfd, bytes, size);
		if (written < 0)
			die(STATUS_ERROR, "a frame: %s", strerror(errno));
	}
}

static int seal(int memfd)
{
	int ret = msgslot_frame_seal(memfd);

	if (ret)
		die(STATUS_ERROR, "a frame: %s", strerror(-ret));
	return memfd;
}

int frame_of(const void *bytes, size_t size)
{
	int memfd = make();

	append(memfd, bytes, size);
	return seal(memfd);
}

int frame_of_input(void)
{
	static unsigned char portion[PORTION];
	uint64_t left = UINT32_MAX;
	int memfd = make();
	ssize_t size;

	while ((size = read(STDIN_FILENO, portion, sizeof(portion))) > 0) {
		if ((uint64_t)size > left)
			die(STATUS_ERROR,
			    "standard input has more than the %u bytes that a frame may have",
			    UINT32_MAX);
		append(memfd, portion, size);
		left -= size;
	}
	if (size < 0)
		die(STATUS_ERROR, "standard input: %s", strerror(errno));
	return seal(memfd);
}

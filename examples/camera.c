// SPDX-License-Identifier: GPL-2.0
/*
 * A camera's pictures, 2 MiB each, 60 times a second, to any number of viewers, none of
 * which copies them. In three terminals:
 *
 *	camera robot eye show
 *	camera robot eye show 700	# with 700 ms of work on each, and no harm to others
 *	camera robot eye run 600	# 600 pictures; without a number, for ever
 *
 * after `mkdir /run/slots/robot`; or, with a device, camera /dev/slot0 1 run.
 */
/* For memfd_create(). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <msgslot.h>

#define ITS_CHANNEL 0
#define WIDTH 1024
#define HEIGHT 512
#define PERIOD (1000000000 / 60)

struct picture {
	uint32_t pixels[HEIGHT][WIDTH];
};

/* As much of each picture as tells whether it is whole, and which. */
static uint32_t pixel_of(uint32_t number, unsigned int row)
{
	return number * 2654435761u + row;
}

static void take(struct picture *picture, uint32_t number)
{
	for (unsigned int row = 0; row < HEIGHT; row++)
		for (unsigned int i = 0; i < WIDTH; i++)
			picture->pixels[row][i] = pixel_of(number, row);
	picture->pixels[0][0] = number;
}

/* A new memfd each time: a sealed one can't change any more. */
static int new_frame(uint32_t number)
{
	int memfd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct picture *picture;
	int err;

	if (memfd < 0 || ftruncate(memfd, sizeof(*picture)))
		error(EXIT_FAILURE, errno, "memfd");
	picture = mmap(NULL, sizeof(*picture), PROT_READ | PROT_WRITE,
		       MAP_SHARED, memfd, 0);
	if (picture == MAP_FAILED)
		error(EXIT_FAILURE, errno, "mmap");
	take(picture, number);
	munmap(picture, sizeof(*picture));
	err = msgslot_frame_seal(memfd);
	if (err)
		error(EXIT_FAILURE, -err, "seal");
	return memfd;
}

static void run(int fd, uint32_t count)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint32_t number = 1; !count || number <= count; number++) {
		int memfd = new_frame(number);
		int err = msgslot_put_frame(fd, ITS_CHANNEL, memfd, 0, NULL);

		if (err)
			error(EXIT_FAILURE, -err, "put");
		close(memfd);
		next.tv_nsec += PERIOD;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("%u taken\n", count);
}

/* A slow one looks at a picture that was replaced long ago, and it is whole still. */
static uint32_t look(int fd, unsigned int work, struct msg_slot_record *record)
{
	int memfd = msgslot_get_frame(fd, ITS_CHANNEL, record);
	const struct picture *picture;
	uint32_t number;

	if (memfd < 0)
		error(EXIT_FAILURE, -memfd, "get");
	picture = mmap(NULL, sizeof(*picture), PROT_READ, MAP_SHARED, memfd, 0);
	if (picture == MAP_FAILED || record->size != sizeof(*picture))
		error(EXIT_FAILURE, errno, "no picture");
	close(memfd);
	number = picture->pixels[0][0];
	usleep(1000 * work);
	for (unsigned int row = 0; row < HEIGHT; row++)
		if (picture->pixels[row][WIDTH - 1] != pixel_of(number, row))
			error(EXIT_FAILURE, 0, "%u: not whole", number);
	munmap((void *)picture, sizeof(*picture));
	return number;
}

static void show(int fd, unsigned int work)
{
	struct msg_slot_record record = { .version = 0 };
	uint32_t number, last = 0;
	ssize_t n;

	while (1) {
		/* Without room for it: to wait is all. */
		n = msgslot_wait(fd, ITS_CHANNEL, record.version,
				 MSG_SLOT_FOREVER, NULL, 0, &record);
		if (n != -ENOSPC)
			error(EXIT_FAILURE, n < 0 ? -n : 0, "wait");
		number = look(fd, work, &record);
		printf("picture %u, %u missed\n", number, number - last - 1);
		fflush(stdout);
		last = number;
	}
}

int main(int argc, char *argv[])
{
	int runs = argc > 3 && !strcmp(argv[3], "run");
	unsigned int given = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	int fd;

	if (argc < 4 || argc > 5 || (!runs && strcmp(argv[3], "show")))
		error(EXIT_FAILURE, 0,
		      "usage: camera SLOT CHANNEL run [COUNT] | show [MS]");
	fd = msgslot_open_channel(argv[1], argv[2],
				  (runs ? O_RDWR : O_RDONLY) | O_CREAT);
	if (fd < 0)
		error(EXIT_FAILURE, -fd, "%s, %s", argv[1], argv[2]);
	if (runs)
		run(fd, given);
	else
		show(fd, given);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Frames: sealed memfds, and the calls for them, which return -errno as those in slot.h. */
#ifndef TESTS_FRAME_H
#define TESTS_FRAME_H

#include "record.h"

#include <sys/mman.h>
#include <sys/resource.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

#define FRAME_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* What frames are filled with, this much at a time. */
#define FRAME_PIECE 4096

/* Not sealed yet. */
static inline int memfd_of(size_t size, unsigned long long seed)
{
	int fd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char piece[FRAME_PIECE];

	if (fd < 0)
		abort();
	for (size_t at = 0; at < size; at += FRAME_PIECE) {
		size_t n = size - at < FRAME_PIECE ? size - at : FRAME_PIECE;

		message_fill(piece, n, seed + at);
		if (pwrite(fd, piece, n, at) != (ssize_t)n)
			abort();
	}
	return fd;
}

static inline int frame_seal(int fd)
{
	if (fcntl(fd, F_ADD_SEALS, FRAME_SEALS))
		abort();
	return fd;
}

static inline int frame_of(size_t size, unsigned long long seed)
{
	return frame_seal(memfd_of(size, seed));
}

/* One that is a hole. */
static inline int frame_of_nothing(off_t size)
{
	int fd = memfd_of(0, 0);

	if (ftruncate(fd, size))
		abort();
	return frame_seal(fd);
}

static inline bool is_filled(const char *bytes, size_t size,
			     unsigned long long seed)
{
	char piece[FRAME_PIECE];

	for (size_t at = 0; at < size; at += FRAME_PIECE) {
		size_t n = size - at < FRAME_PIECE ? size - at : FRAME_PIECE;

		message_fill(piece, n, seed + at);
		if (memcmp(bytes + at, piece, n))
			return false;
	}
	return true;
}

/* Of many pages, all of them touched, which need not be told apart. */
static inline int frame_of_pages(size_t size)
{
	static const char pages[16 * FRAME_PIECE] = "pages";
	int fd = memfd_of(0, 0);

	for (size_t at = 0; at < size; at += sizeof(pages))
		if (pwrite(fd, pages, sizeof(pages), at) != sizeof(pages))
			abort();
	return frame_seal(fd);
}

/* Whether a descriptor is one of exactly that frame. */
static inline bool frame_is(int fd, size_t size, unsigned long long seed)
{
	bool same = lseek(fd, 0, SEEK_END) == (off_t)size;
	char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return false;
	same = same && is_filled(map, size, seed);
	munmap(map, size);
	return same;
}

static inline struct msg_slot_put put_of_frame(unsigned int id, int fd)
{
	return (struct msg_slot_put){ .channel = id,
				      .flags = MSG_SLOT_FRAME,
				      .buffer = (unsigned int)fd };
}

static inline long slot_put_frame(int slot, unsigned int id, int fd)
{
	struct msg_slot_put put = put_of_frame(id, fd);

	return slot_ioctl(slot, MSG_SLOT_PUT, &put);
}

/* The same of a new one, which nobody has then but the channel. */
static inline long slot_put_new_frame(int slot, unsigned int id, size_t size,
				      unsigned long long seed)
{
	int fd = frame_of(size, seed);
	long ret = slot_put_frame(slot, id, fd);

	close(fd);
	return ret;
}

static inline long slot_get_frame_told(int slot, unsigned int id,
				       struct msg_slot_record *record)
{
	struct msg_slot_frame frame = { .channel = id };
	long ret;

	memset(&frame.record, 0xee, sizeof(frame.record));
	ret = slot_ioctl(slot, MSG_SLOT_GET_FRAME, &frame);
	*record = frame.record;
	return ret;
}

static inline long slot_get_frame(int slot, unsigned int id)
{
	struct msg_slot_record record;

	return slot_get_frame_told(slot, id, &record);
}

/* Whether the channel has that frame, got by its descriptor and by a read. */
static inline bool slot_has_frame(int slot, unsigned int id, size_t size,
				  unsigned long long seed)
{
	long fd = slot_get_frame(slot, id);
	char *got = malloc(size + 1);
	bool same;

	if (!got)
		abort();
	same = fd >= 0 && frame_is(fd, size, seed) &&
	       slot_pread(slot, got, size + 1, id) == (long)size &&
	       is_filled(got, size, seed);
	if (fd >= 0)
		close(fd);
	free(got);
	return same;
}

#endif

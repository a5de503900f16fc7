// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "frame.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A hole follows what is there of a frame that no call gives whole. */
#define BEGINNING 4096u
#define TOO_LARGE (1ll << 32)

static uint32_t bytes_of(struct text text)
{
	return text.size > MEMORY_LARGEST ? BEGINNING : text.size;
}

/* Of no bytes, or of more than a frame may have, there is no text. */
static int make_memfd(struct text text, unsigned int flags)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | flags);
	uint32_t n = bytes_of(text);
	uint8_t *at;

	if (fd < 0 ||
	    ftruncate(fd, text.size ?: (text.seed & 1 ? TOO_LARGE : 0)))
		abort();
	if (!n)
		return fd;
	at = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		abort();
	text_write(at, text, n);
	munmap(at, n);
	return fd;
}

static int make_sealed(struct text text, int seals)
{
	int fd = make_memfd(text, MFD_ALLOW_SEALING);

	if (fcntl(fd, F_ADD_SEALS, seals))
		abort();
	return fd;
}

static int make_opened(struct text text, int mode)
{
	int fd = make_sealed(text, SEALS);
	char path[40];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, mode | O_CLOEXEC);
	if (again < 0)
		abort();
	close(fd);
	return again;
}

/**
 * frame_for() - a descriptor to put
 * @actor: who puts it
 * @nibble: an &enum frame_kind
 * @size: how many bytes it has
 * @seed: and which
 *
 * Return: the frame, for frame_close().
 */
struct frame frame_for(const struct actor *actor, unsigned int nibble,
		       uint32_t size, uint8_t seed)
{
	static const int seals[] = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW,
				     F_SEAL_WRITE };
	struct frame frame = { .text = { size, seed, true },
			       .refused = size ? 0 : -EMSGSIZE };

	if (nibble == FRAME_GOT && actor->frame >= 0)
		return (struct frame){ .fd = actor->frame,
				       .lent = true,
				       .text = actor->frame_text };
	switch (nibble) {
	case FRAME_UNSEALED:
		frame.fd = make_memfd(frame.text, 0);
		frame.refused = -EINVAL;
		break;
	case FRAME_HALF_SEALED:
		frame.fd = make_sealed(frame.text, SEALS & ~seals[seed % 4]);
		frame.refused = -EINVAL;
		break;
	case FRAME_READ_ONLY:
		frame.fd = make_opened(frame.text, O_RDONLY);
		break;
	case FRAME_WRITE_ONLY:
		frame.fd = make_opened(frame.text, O_WRONLY);
		frame.refused = -EBADF;
		break;
	case FRAME_CLOSED:
		frame.fd = -1;
		frame.refused = -EBADF;
		break;
	case FRAME_SLOT:
		frame.fd = look_of(actor);
		frame.lent = true;
		frame.refused = -EINVAL;
		break;
	default:
		frame.fd = make_sealed(frame.text, SEALS);
	}
	return frame;
}

void frame_close(const struct frame *frame)
{
	if (!frame->lent && frame->fd >= 0)
		close(frame->fd);
}

/**
 * frame_keep() - keep a frame that was got, whatever becomes of the channel
 * @actor: who has got it
 * @fd: the descriptor
 * @text: what it has
 */
void frame_keep(struct actor *actor, int fd, struct text text)
{
	frame_forget(actor);
	actor->frame = fd;
	actor->frame_text = text;
}

/* It is still what it was. */
void frame_forget(struct actor *actor)
{
	if (actor->frame < 0)
		return;
	frame_check(actor, actor->frame, actor->frame_text);
	close(actor->frame);
	actor->frame = -1;
}

/**
 * frame_check() - whether a descriptor is one of a frame, and of which
 * @actor: who has got it
 * @fd: the descriptor
 * @text: what it should have
 */
void frame_check(const struct actor *actor, int fd, struct text text)
{
	uint32_t n = bytes_of(text);
	struct stat stat;
	uint8_t *at;

	if (fstat(fd, &stat))
		wrong(actor, "a frame that is no file");
	check(actor, "the size of a frame", stat.st_size, text.size);
	at = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		wrong(actor, "a frame can't be mapped");
	if (!text_begins(at, text, n))
		wrong(actor, "a frame of other bytes");
	check(actor, "to make a frame writable",
	      result(mprotect(at, n, PROT_READ | PROT_WRITE)), -EACCES);
	munmap(at, n);
}

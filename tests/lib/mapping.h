/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings of slots, and reading there without a call, as message_slot.h says
 * how; and what a page shows besides.
 */
#ifndef TESTS_MAPPING_H
#define TESTS_MAPPING_H

#include "record.h"

#include <sys/mman.h>

#define PAGE 4096u
#define CELLS_IN_PAGE (PAGE / sizeof(struct msg_slot_cell))

/* The time by which messages are over; who has a cheaper clock says so before. */
#ifndef MAPPED_NOW
#define MAPPED_NOW() clock_now(CLOCK_BOOTTIME)
#endif

/* How often a reader may be overtaken by writers before it says so. */
#define MAPPED_TRIES 1000

/* A message as it was found in its cell. */
struct mapped {
	unsigned long long version;
	unsigned long long written;
	/* 0: never. */
	unsigned long long expires;
	unsigned int size;
	/* Its time was over when it was looked at. */
	bool over;
	/* How often one had to look. */
	unsigned int tries;
	char message[MSG_SLOT_MAX_MESSAGE];
};

static inline struct msg_slot_mapping slot_mapping(int fd)
{
	struct msg_slot_mapping mapping;

	memset(&mapping, 0xff, sizeof(mapping));
	if (slot_ioctl(fd, MSG_SLOT_GET_MAPPING, &mapping))
		abort();
	return mapping;
}

/* Returns MAP_FAILED with errno set, as mmap() does. */
static inline const char *slot_map_part(int fd, unsigned long long offset,
					size_t size)
{
	return mmap(NULL, size, PROT_READ, MAP_SHARED, fd, offset);
}

static inline const char *slot_map(int fd)
{
	const char *base = slot_map_part(fd, 0, slot_mapping(fd).size);

	if (base == MAP_FAILED)
		abort();
	return base;
}

static inline void slot_unmap(int fd, const char *base)
{
	if (munmap((void *)base, slot_mapping(fd).size))
		abort();
}

static inline long slot_locate(int fd, unsigned int id,
			       unsigned long long *offset)
{
	struct msg_slot_locate locate = { .channel = id, .offset = ~0ull };
	long ret = slot_ioctl(fd, MSG_SLOT_LOCATE, &locate);

	*offset = locate.offset;
	return ret;
}

/* NULL if the channel is not there. */
static inline const struct msg_slot_cell *slot_cell(int fd, const char *base,
						    unsigned int id)
{
	unsigned long long offset;

	if (slot_locate(fd, id, &offset))
		return NULL;
	return (const void *)(base + offset);
}

static inline unsigned int cell_id(const struct msg_slot_cell *cell)
{
	return __atomic_load_n(&cell->id, __ATOMIC_ACQUIRE);
}

static inline void mapped_copy(const struct msg_slot_cell *cell,
			       unsigned int half, unsigned int size,
			       long long clock, struct mapped *mapped)
{
	unsigned long long now = 0;

	/* Before the time at which it is over: that may be renewed until then. */
	if (size & MSG_SLOT_CELL_EXPIRES)
		now = MAPPED_NOW();
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	mapped->size = size & MSG_SLOT_CELL_BYTES;
	mapped->written = cell->written[half];
	mapped->expires = 0;
	if (size & MSG_SLOT_CELL_EXPIRES)
		memcpy(&mapped->expires,
		       &cell->bytes[half][MSG_SLOT_CELL_EXPIRY],
		       sizeof(mapped->expires));
	mapped->over = mapped->expires && mapped->expires + clock <= now;
	if (mapped->size <= sizeof(mapped->message))
		memcpy(mapped->message, cell->bytes[half], mapped->size);
}

/*
 * Once through the loop, in a time namespace with that clock. Returns the size;
 * -EAGAIN if a writer came in between, -ENOENT if the channel is gone, -EREMOTE for
 * a message that takes a call. The clock is read within: later, another message may
 * have taken its place in time.
 */
static inline long mapped_try_at(const struct msg_slot_cell *cell,
				 unsigned int id, long long clock,
				 struct mapped *mapped)
{
	unsigned int high = __atomic_load_n(&cell->high, __ATOMIC_ACQUIRE);
	unsigned int latch = __atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE);
	unsigned int size;

	if (__atomic_load_n(&cell->id, __ATOMIC_RELAXED) != id)
		return -ENOENT;
	size = __atomic_load_n(&cell->size[latch & 1], __ATOMIC_RELAXED);
	if (!latch || size & MSG_SLOT_CELL_CALL)
		return -EREMOTE;
	mapped_copy(cell, latch & 1, size, clock, mapped);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) != latch ||
	    __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != high)
		return -EAGAIN;
	mapped->version = (unsigned long long)high << 32 | latch;
	return mapped->size;
}

static inline long mapped_try(const struct msg_slot_cell *cell, unsigned int id,
			      struct mapped *mapped)
{
	return mapped_try_at(cell, id, 0, mapped);
}

/* Likewise, until it was not overtaken. Size 0: no message, expired perhaps. */
static inline long mapped_look_at(const struct msg_slot_cell *cell,
				  unsigned int id, long long clock,
				  struct mapped *mapped)
{
	long ret = -EAGAIN;

	mapped->tries = 0;
	while (mapped->tries < MAPPED_TRIES && ret == -EAGAIN) {
		ret = mapped_try_at(cell, id, clock, mapped);
		mapped->tries++;
	}
	return ret;
}

static inline long mapped_look(const struct msg_slot_cell *cell,
			       unsigned int id, struct mapped *mapped)
{
	return mapped_look_at(cell, id, 0, mapped);
}

/* As mapped_look(), with the errors of pread() for what is not there. */
static inline long mapped_get(const struct msg_slot_cell *cell, unsigned int id,
			      long long clock, struct mapped *mapped)
{
	long ret = mapped_look_at(cell, id, clock, mapped);

	if (ret > 0 && mapped->over)
		return -EWOULDBLOCK;
	return ret ?: -EWOULDBLOCK;
}

/* What the mapping does not tell: as MSG_SLOT_GET does. Returns the size or -errno. */
static inline long mapped_get_by_call(int fd, unsigned int id,
				      struct mapped *mapped)
{
	struct got got;
	long ret = slot_get(fd, id, &got);

	if (ret)
		return ret;
	mapped->version = got.record.version;
	memcpy(mapped->message, got.message, got.record.size);
	return got.record.size;
}

static inline bool bytes_are_zero(const void *from, size_t n)
{
	const volatile unsigned char *bytes = from;
	unsigned char any = 0;

	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return !any;
}

/*
 * What the header promises of a cell at rest: nothing behind the message but its
 * expiry, and nothing in the other half. Of a message that takes a call there may
 * be its bytes, if they fit.
 */
static inline bool cell_is_clean(const struct msg_slot_cell *cell)
{
	unsigned int half = cell->latch & 1, size = cell->size[half];
	unsigned int end = MSG_SLOT_MAX_MESSAGE, n = size & MSG_SLOT_CELL_BYTES;

	if (size & MSG_SLOT_CELL_CALL && n > end)
		n = 0;
	else if (size & MSG_SLOT_CELL_EXPIRES && n <= MSG_SLOT_CELL_EXPIRY)
		end = MSG_SLOT_CELL_EXPIRY;
	return n <= end && !cell->size[!half] &&
	       bytes_are_zero(cell->bytes[!half], sizeof(cell->bytes[0])) &&
	       bytes_are_zero(cell->bytes[half] + n, end - n);
}

static inline bool cell_is_blank(const struct msg_slot_cell *cell)
{
	return !cell->size[0] && !cell->size[1] &&
	       bytes_are_zero(cell->bytes, sizeof(cell->bytes));
}

/* Whether the cell shows this message and nothing else. */
static inline bool cell_has(const struct msg_slot_cell *cell, unsigned int id,
			    const void *message, size_t n)
{
	struct mapped mapped = {};

	if (cell && mapped_look(cell, id, &mapped) == (long)n &&
	    !memcmp(mapped.message, message, n) && cell_is_clean(cell))
		return true;
	if (cell)
		fprintf(stderr, "# cell of %u: id %u, latch %u, sizes %x %x\n",
			id, cell->id, cell->latch, cell->size[0],
			cell->size[1]);
	return false;
}

static inline bool cell_says(const struct msg_slot_cell *cell, unsigned int id,
			     const char *text)
{
	return cell_has(cell, id, text, strlen(text));
}

#define EXPECT_CELL(cell, id, text) EXPECT_TRUE(cell_says(cell, id, text))

/* Which signal it takes to touch this, or 0. */
static inline int signal_of_touch(const volatile char *at, bool writing)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		if (writing)
			*(volatile char *)at = 1;
		else
			(void)*at;
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* What a grace period gives back comes a little later. */
static inline bool soon(bool (*there)(void *arg), void *arg)
{
	for (int ms = 0; !there(arg); ms++) {
		if (ms == PROMPTLY_MS)
			return false;
		usleep(1000);
	}
	return true;
}

#endif

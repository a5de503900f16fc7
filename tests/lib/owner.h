/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lanes: their owner's writing, and reading them mapped, as message_slot.h says how.
 */
#ifndef TESTS_OWNER_H
#define TESTS_OWNER_H

#include "mapping.h"
#include "record.h"

/*
 * Whether the kernel can take a page away from a thread that runs on another processor.
 * Linux as a program (7.3) does it only when that thread comes into the kernel the next
 * time: arch/um/include/asm/tlbflush.h marks what is to be unmapped, and
 * current_mm_sync(), on the way back to the program, unmaps it.
 */
static inline bool owner_can_be_stopped(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[128];
	bool is_um = false;

	while (file && fgets(line, sizeof(line), file))
		is_um = is_um || strstr(line, "User Mode Linux");
	if (file)
		fclose(file);
	return !is_um || sysconf(_SC_NPROCESSORS_ONLN) == 1;
}

/* What an owner has of one. */
struct lane {
	int fd;
	unsigned int id;
	unsigned int left;
	/* How often the bell rang, and the counter did. */
	unsigned int rings;
	unsigned long long offset;
	struct msg_slot_cell *cell;
};

static inline long slot_lane(int fd, unsigned int id,
			     unsigned long long *offset)
{
	struct msg_slot_lane lane = { .channel = id, .offset = ~0ull };
	long ret = slot_ioctl(fd, MSG_SLOT_LANE, &lane);

	*offset = lane.offset;
	return ret;
}

static inline long slot_ring(int fd, unsigned long id)
{
	return slot_result(syscall(SYS_ioctl, fd, MSG_SLOT_RING, id));
}

/* MAP_FAILED with errno set, as mmap() has it. */
static inline struct msg_slot_cell *lane_map(int fd, unsigned long long offset,
					     int protection)
{
	return mmap(NULL, PAGE, protection, MAP_SHARED, fd, offset);
}

/* A lane of a channel that is claimed. Returns 0 or -errno. */
static inline long lane_take(struct lane *lane, int fd, unsigned int id)
{
	long ret;

	*lane = (struct lane){ .fd = fd, .id = id, .left = MSG_SLOT_LANE_PUTS };
	ret = slot_lane(fd, id, &lane->offset);
	if (ret)
		return ret;
	lane->cell = lane_map(fd, lane->offset, PROT_READ | PROT_WRITE);
	return lane->cell == MAP_FAILED ? -errno : 0;
}

/* Claims it first, with that end. */
static inline void lane_open(struct lane *lane, int fd, unsigned int id,
			     enum msg_slot_end end)
{
	if (slot_claim(fd, id, end) || lane_take(lane, fd, id))
		abort();
}

static inline void lane_unmap(struct lane *lane)
{
	if (munmap(lane->cell, PAGE))
		abort();
}

/* The half that is not current, to be filled in and published. */
static inline unsigned int lane_idle(const struct lane *lane)
{
	return ~lane->cell->latch & 1;
}

static inline void lane_ring(struct lane *lane)
{
	if (slot_ring(lane->fd, lane->id))
		abort();
	lane->left = MSG_SLOT_LANE_PUTS;
	lane->rings++;
}

static inline void lane_step(struct lane *lane)
{
	__atomic_store_n(&lane->cell->latch, lane->cell->latch + 1,
			 __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&lane->cell->high, __ATOMIC_RELAXED) ||
	    !--lane->left)
		lane_ring(lane);
}

static inline void lane_fill(struct lane *lane, const void *buf, unsigned int n,
			     unsigned long long written,
			     unsigned long long expires)
{
	struct msg_slot_cell *cell = lane->cell;
	unsigned int idle = lane_idle(lane);
	__u16 size = n;

	memcpy(cell->bytes[idle], buf, n);
	cell->written[idle] = written;
	if (expires) {
		memcpy(&cell->bytes[idle][MSG_SLOT_CELL_EXPIRY], &expires,
		       sizeof(expires));
		size |= MSG_SLOT_CELL_EXPIRES;
	}
	__atomic_store_n(&cell->size[idle], size, __ATOMIC_RELAXED);
}

static inline void lane_put(struct lane *lane, const void *buf, unsigned int n)
{
	lane_fill(lane, buf, n, 0, 0);
	lane_step(lane);
}

static inline void lane_put_for(struct lane *lane, const void *buf,
				unsigned int n, unsigned long long ttl)
{
	unsigned long long now = clock_now(CLOCK_BOOTTIME);

	lane_fill(lane, buf, n, now, now + ttl);
	lane_step(lane);
}

/* Where a channel's lane is for readers, and while what that holds; 0: it has none. */
struct lane_place {
	unsigned long long offset;
	unsigned int latch;
	unsigned int high;
};

static inline struct lane_place lane_place_of(const struct msg_slot_cell *cell,
					      unsigned int id)
{
	struct lane_place place = {};
	unsigned int size;

	do {
		place.high = __atomic_load_n(&cell->high, __ATOMIC_ACQUIRE);
		place.latch = __atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE);
		size = __atomic_load_n(&cell->size[place.latch & 1],
				       __ATOMIC_RELAXED);
		memcpy(&place.offset, cell->bytes[place.latch & 1], 8);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) !=
			 place.latch ||
		 __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != place.high);
	if (!place.latch || cell_id(cell) != id || !(size & MSG_SLOT_CELL_LANE))
		place.offset = 0;
	return place;
}

/*
 * Once through the loop of a reader who has it mapped. Returns the size; -EAGAIN if the
 * owner came in between, -ENOENT if it is not the channel's lane any more.
 */
static inline long lane_try(const struct msg_slot_cell *cell, unsigned int id,
			    const struct lane_place *place,
			    const struct msg_slot_cell *lane,
			    struct mapped *mapped)
{
	unsigned int latch = __atomic_load_n(&lane->latch, __ATOMIC_ACQUIRE);
	unsigned int half = latch & 1;
	unsigned int size =
		__atomic_load_n(&lane->size[half], __ATOMIC_RELAXED);
	unsigned int n = size & MSG_SLOT_CELL_BYTES;

	if (n > MSG_SLOT_MAX_MESSAGE)
		n = MSG_SLOT_MAX_MESSAGE;
	if (n > MSG_SLOT_CELL_EXPIRY)
		size = n;
	mapped_copy(lane, half, size, 0, mapped);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (__atomic_load_n(&lane->latch, __ATOMIC_RELAXED) != latch)
		return -EAGAIN;
	if (__atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) != place->latch ||
	    __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != place->high ||
	    cell_id(cell) != id)
		return -ENOENT;
	mapped->version =
		((unsigned long long)place->high << 32 | place->latch) +
		(__u32)(latch - place->latch);
	return n;
}

#endif

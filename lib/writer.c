// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Writing a message into a lane, see "Lanes" in message_slot.h.
 *
 * A child of fork() has no mapping of the lane, and may have something else there. So
 * what leads to the lane is in a page of its own, which a child finds empty; there it is
 * as if there had never been a lane. What such a child is to know is in the page before.
 *
 * The latch is read from the lane each time: after each call of the owner's, and when a
 * message is over, the kernel counts from another number, but lets the half be.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "boottime.h"
#include "call.h"
#include "cell.h"
#include "copy.h"

/* 2^63 and more, as a time to be over: never. */
#define LAST_TIME INT64_MAX

/**
 * struct msgslot_writer - the way to a lane, in memory that a child finds empty
 * @lane: the lane, mapped, or NULL
 * @most: the largest message that just goes there: 128, or 0 for none
 * @left: so many messages until the kernel is to be told
 * @holds: the claim is this process's
 */
struct msgslot_writer {
	struct msg_slot_cell *lane;
	uint32_t most;
	uint32_t left;
	bool holds;
};

/**
 * struct base - the rest of a writer, just before it, which a child has, too
 * @fd: of the open file that has claimed the channel
 * @channel: the channel
 * @flags: as for msgslot_writer_open_with()
 * @clock: what to add to a time in the lane to have it on our CLOCK_BOOTTIME
 * @buffer: where a message is made that goes by a call
 */
struct base {
	int fd;
	uint32_t channel;
	uint32_t flags;
	int64_t clock;
	unsigned char buffer[MSG_SLOT_MAX_MESSAGE];
};

static struct base *base_of(const struct msgslot_writer *writer)
{
	return (struct base *)writer - 1;
}

/* Return: a writer without anything, or NULL. */
static struct msgslot_writer *make(void)
{
	char *pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct msgslot_writer *writer;

	if (pages == MAP_FAILED)
		return NULL;
	writer = (void *)(pages + page_size());
	base_of(writer)->fd = -1;
	return writer;
}

static void destroy(struct msgslot_writer *writer)
{
	if (writer->lane)
		munmap(writer->lane, page_size());
	if (base_of(writer)->fd >= 0)
		close(base_of(writer)->fd);
	munmap((char *)writer - page_size(), 2 * page_size());
}

/* The channel that is selected has to be known: another may be later. */
static int resolve(int fd, uint32_t *channel)
{
	struct msg_slot_get get = msgslot_into(*channel, NULL, 0);
	int err = 0;

	if (!*channel)
		err = msgslot_snapshot(fd, &get, 1);
	if (!*channel)
		*channel = get.record.channel;
	return err;
}

/* Nobody else may write the channel. Return: as msgslot_claim(). */
static int take_claim(const struct base *base, enum msg_slot_end end,
		      const void *will, size_t size)
{
	return msgslot_claim(base->fd, base->channel, end, will, size);
}

/* Return: 0; -EEXIST if another writer has it; else why there is no lane. */
static int take_lane(const struct base *base, struct msg_slot_lane *where)
{
	*where = (struct msg_slot_lane){ .channel = base->channel };
	return call(base->fd, MSG_SLOT_LANE, where);
}

/*
 * The lane is asked for first: where there is one, another writer has it, and nothing is
 * to change. That fails where the channel is not claimed yet.
 */
static int take(const struct base *base, enum msg_slot_end end,
		const void *will, size_t size, struct msg_slot_lane *where)
{
	int no_lane = take_lane(base, where);
	int err;

	if (no_lane == -EEXIST)
		return no_lane;
	err = take_claim(base, end, will, size);
	if (!err && no_lane)
		no_lane = take_lane(base, where);
	if (no_lane)
		where->offset = 0;
	return err;
}

/* Without a lane everything goes by calls. */
static void map_lane(struct msgslot_writer *writer,
		     const struct msg_slot_lane *where)
{
	struct base *base = base_of(writer);
	void *lane;

	if (!where->offset || madvise(writer, page_size(), MADV_WIPEONFORK))
		return;
	lane = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED,
		    base->fd, where->offset);
	if (lane == MAP_FAILED)
		return;
	base->clock = where->clock;
	writer->lane = lane;
	writer->left = MSG_SLOT_LANE_PUTS;
	if (!(base->flags & MSGSLOT_WRITER_TIMES))
		writer->most = COPY_MOST;
}

int msgslot_writer_open_with(int fd, uint32_t channel, enum msg_slot_end end,
			     const void *will, size_t size, uint32_t flags,
			     struct msgslot_writer **writer)
{
	struct msg_slot_lane where = { .offset = 0 };
	struct msgslot_writer *new;
	int err;

	if (flags & ~MSGSLOT_WRITER_TIMES)
		return -EINVAL;
	err = resolve(fd, &channel);
	if (err)
		return err;
	new = make();
	if (!new)
		return -ENOMEM;
	*base_of(new) = (struct base){
		.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0),
		.channel = channel,
		.flags = flags,
	};
	err = base_of(new)->fd < 0 ?
		      -errno :
		      take(base_of(new), end, will, size, &where);
	if (err) {
		destroy(new);
		return err;
	}
	map_lane(new, &where);
	new->holds = true;
	*writer = new;
	return 0;
}

int msgslot_writer_open(int fd, uint32_t channel,
			struct msgslot_writer **writer)
{
	return msgslot_writer_open_with(fd, channel, MSG_SLOT_END_KEEP, NULL, 0,
					0, writer);
}

bool msgslot_writer_has_lane(const struct msgslot_writer *writer)
{
	return writer->lane;
}

static __attribute__((noinline)) int ring(struct msgslot_writer *writer)
{
	const struct base *base = base_of(writer);

	writer->left = MSG_SLOT_LANE_PUTS;
	return call_with_number(base->fd, MSG_SLOT_RING, base->channel);
}

/* The half that was filled becomes the message. @size: with flags */
static inline __attribute__((always_inline)) int
step(struct msgslot_writer *writer, uint32_t latch, uint32_t size)
{
	struct msg_slot_cell *lane = writer->lane;

	store(lane->size[latch & 1], size);
	store_release(lane->latch, latch);
	/* Who waits sets the bell, and then looks at the latch. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(load(lane->high) || !--writer->left))
		return ring(writer);
	return 0;
}

static bool lives(uint64_t ttl)
{
	return ttl && ttl != MSG_SLOT_FOREVER;
}

/* Says in a half when its message was written, and when it is over. Return: flags. */
static uint32_t set_times(const struct base *base, struct msg_slot_cell *lane,
			  uint32_t half, uint64_t ttl, uint64_t written)
{
	bool timed = lives(ttl) || base->flags & MSGSLOT_WRITER_TIMES;
	uint64_t now = timed ? boottime() - base->clock : 0;
	uint64_t expires = now + ttl;

	lane->written[half] = written ? written - base->clock : now;
	if (!lives(ttl))
		return 0;
	if (expires > LAST_TIME)
		expires = LAST_TIME;
	memcpy(&lane->bytes[half][MSG_SLOT_CELL_EXPIRY], &expires,
	       sizeof(expires));
	return MSG_SLOT_CELL_EXPIRES;
}

static bool fits(const struct msgslot_writer *writer, size_t size, uint64_t ttl)
{
	size_t most = lives(ttl) ? MSG_SLOT_CELL_EXPIRY : COPY_MOST;

	return writer->lane && size - 1 < most &&
	       (!lives(ttl) || ttl <= INT64_MAX);
}

int msgslot_writer_put_with(struct msgslot_writer *writer, const void *message,
			    size_t size, uint64_t ttl, uint64_t written)
{
	const struct base *base = base_of(writer);
	struct msg_slot_cell *lane = writer->lane;
	uint32_t latch, flags;

	if (!fits(writer, size, ttl))
		return msgslot_put(base->fd, base->channel, message, size, ttl,
				   NULL);
	latch = load(lane->latch) + 1;
	copy_short(lane->bytes[latch & 1], message, size);
	flags = set_times(base, lane, latch & 1, ttl, written);
	return step(writer, latch, size | flags);
}

/* Each instruction counts here: the rest is above. */
int msgslot_writer_put(struct msgslot_writer *writer, const void *message,
		       size_t size)
{
	struct msg_slot_cell *lane = writer->lane;
	uint32_t latch;

	if (unlikely(size - 1 >= writer->most))
		return msgslot_writer_put_with(writer, message, size, 0, 0);
	latch = load(lane->latch) + 1;
	copy_short(lane->bytes[latch & 1], message, size);
	lane->written[latch & 1] = 0;
	return step(writer, latch, size);
}

void *msgslot_writer_buffer(struct msgslot_writer *writer)
{
	struct msg_slot_cell *lane = writer->lane;

	return lane ? lane->bytes[(load(lane->latch) + 1) & 1] :
		      base_of(writer)->buffer;
}

int msgslot_writer_publish(struct msgslot_writer *writer, size_t size)
{
	struct base *base = base_of(writer);
	struct msg_slot_cell *lane = writer->lane;
	uint32_t latch;

	if (size - 1 >= sizeof(base->buffer))
		return -EMSGSIZE;
	if (!lane)
		return msgslot_put(base->fd, base->channel, base->buffer, size,
				   0, NULL);
	latch = load(lane->latch) + 1;
	set_times(base, lane, latch & 1, 0, 0);
	return step(writer, latch, size);
}

void msgslot_writer_close(struct msgslot_writer *writer)
{
	if (!writer)
		return;
	if (writer->holds)
		msgslot_release(base_of(writer)->fd, base_of(writer)->channel);
	destroy(writer);
}

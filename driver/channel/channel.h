/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: the last message written under one id.
 *
 * The concepts, from the outside in. Each is in a folder: door/, fs/, file/, slot/ or
 * channel/, none of which knows what stands before it.
 *
 *   slotfs    (fs/super.h)   slots and channels that have names; what it is made of
 *   open file (open_file.h)  one selected channel id; belongs to a struct file
 *   claim     (claim.h)      an open file's right to be a channel's only writer
 *   waiter    (waiter.h)     a polled file, a task that sleeps
 *   mapping   (mapping.h)    what a user maps of it
 *   watch     (watch.h)      which channels changed; watch_file.h: its descriptor
 *   slot      (slot.h)       channels by id; one for each minor, or other door
 *   listener  (listener.h)   who is told when a channel changes, by the channel's id
 *   changes   (changes.h)    what changed, for those who watch the whole slot
 *   commit    (commit.h)     several channels changed at one moment
 *   snapshot  (snapshot.h)   several channels read at one moment
 *   kept      (kept.h)       channels without a message that such a watch has to tell
 *   expiry    (expiry.h)     when a channel's message is over
 *   counters  (counters.h)   how often things happened; trace.h: who is told of each
 *   cells     (cells.h)      where a slot's channels are, and which pages
 *   channel   (here)         an id, its cell, and what is not to be mapped; what
 *                            it is made of: channel_types.h
 *   cell      (cell.h)       the two halves; the only memory with short messages
 *   lane      (lane.h)       a cell that its owner writes, in a page of its own
 *   view      (view.h)       what there is to know of its message
 *   author    (author.h)     who wrote it
 *   message   (message.h)    its bytes, in place or, if long, elsewhere
 *   frame     (frame.h)      one whose bytes are a user's, in a sealed memfd
 *   block     (block.h)      what a long message lies in
 *   window    (window.h)     blocks that are mapped, for a channel's long messages
 *   spare     (spare.h)      a block that its author keeps for the next one
 *   budget    (budget.h)     how much of it there may be in a slot
 *
 * Lifetimes: a channel is made for the first message written to its id, or for
 * a claim. Its users are the slot's table, claims, and those that just work with
 * it; open files remember where it was, which keeps nothing (open_file.h). It is
 * live until it has neither message nor claim. Then it is gone from the table for
 * good, at once or, if the whole slot is watched, when all watches have told that;
 * until then it is kept, and who writes makes it live again (enum channel_state).
 * Its cell has no id once it is gone. Its place is another's a grace period after
 * its last user, so whoever finds it under RCU may look at its cell, and hold it if
 * it has users. A slot is freed when no file of it can be open and nothing is mapped
 * any more: that of a device at unload, that of a slotfs when its last node is gone.
 * A block's bytes live as long as a channel shows them or a reader copies them, and one
 * block for each open file longer (spare.c), as do those of a window while it is mapped;
 * a reader does not sleep then, and has bytes of its own for all else, so that a writer is
 * charged for what else it replaced no longer than a processor takes to copy it. (Who
 * reads a frame holds its block, which has no bytes, and may sleep then.) An author lives a
 * grace period more. Pages of cells: see cells.c. A list of listeners is there while it has
 * users, and a grace period more.
 *
 * Locks, outermost first:
 *
 *   slotfs->lock         which slots have names, and where (fs/super.h); a mutex
 *   channel_file->reading  what a channel's file is read from; a mutex
 *   open_file->claiming  which channels it has claimed and owns; a mutex
 *   watch_file->reading  one reader of a watch at a time; a mutex
 *   changes->collecting  generations of changes; a mutex
 *   open_file->lock      which channel is selected, and what it listens to
 *   expiries->lock       which channel expires next
 *   slot->lock           which channels there are, and which are kept
 *   list->lock           who listens to a channel; waking, with those below inside
 *   lanes->all, lane->mutex  the mapping of a lane's owner; also within mmap_lock
 *   changes->lock        which channels have changed; nothing nests in it
 *   channel->lock        publishing a message; raw, so nothing nests in it, but
 *                        for snapshots and commits, which take those of many
 *                        channels, within slot->lock
 *   cells->chunks' lock  which places are taken, and their windows; nothing nests in it
 *   budget->lock         what spares are kept; the lock of the shrinker's list within,
 *                        which comes first where that only tries this one
 *   table->lock          which lists of listeners the work item is to tell
 *   waiter->pollers, watch->readers
 *
 * User memory is touched under none but the mutexes and, for a copy that gives
 * up at a page fault, channel->lock or RCU: a fault can be held up for ever by
 * whoever serves the page (userfaultfd, FUSE).
 */
#ifndef MESSAGE_SLOT_CHANNEL_H
#define MESSAGE_SLOT_CHANNEL_H

#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "budget.h"
#include "cell.h"
#include "channel_types.h"
#include "message.h"

struct cells;
struct iov_iter;
struct leftover;
struct msg_slot_record;
struct view;

/*
 * How often a read may be overtaken by a writer before it takes the lock. One
 * who is overtaken this often has several writers at full speed beside it.
 */
#define READ_TRIES 8

/* What a channel counts for in a budget. */
#define CHANNEL_BYTES (sizeof(struct channel) + sizeof(struct msg_slot_cell))

/**
 * struct change - what is to become of a channel
 * @message: its new message; NULL: none
 * @author: who changes it
 * @owner: the open file through which it is changed, or NULL for the kernel,
 *	which claims do not keep out
 * @now: the time, in nanoseconds of CLOCK_BOOTTIME
 * @expires: when the message is over, likewise; 0: never
 * @expiry: for that, if the channel has none yet; NULL once the channel has it
 * @if_version: with @conditional, change nothing unless the message's version is
 *	this; 0: unless there is none
 * @reserved: bytes that @message counts for in the budget already
 * @conditional: there is a condition
 * @release: from now on the owner is not the only one any more
 * @emptied: an enum msg_slot_event, where there is no @message
 * @left_lane: out: the channel's message was in a lane, and is not any more
 * @changed: out: there is another message, or none any more
 * @expired: out: the version of the message whose time was over by then; 0: of none
 * @version: out: the version of the message that there is now: of @message, or with
 *	-ESTALE of the one that does not meet the condition, 0 if there is none.
 *	Otherwise left alone.
 * @wanted: out: how many bytes more it takes of the budget
 * @removed: out, where there is no @message: the version of the one that was taken
 *	away. Left alone if there was none to be seen.
 */
struct change {
	const struct message *message;
	struct author *author;
	const void *owner;
	u64 now;
	u64 expires;
	struct expiry *expiry;
	u64 if_version;
	u32 reserved;
	bool conditional;
	bool release;
	u8 emptied;
	bool left_lane;
	bool changed;
	u64 expired;
	u64 version;
	u64 wanted;
	u64 removed;
};

/**
 * struct renewal - how long a channel's message is to live
 * @owner: the open file through which it is renewed
 * @expires: when it is over, in nanoseconds of CLOCK_BOOTTIME, or EXPIRY_NEVER
 * @expiry: for that, if the channel has none yet; NULL once the channel has it, or
 *	where @expires is never
 * @conditional: only if the channel's version is @if_version
 * @if_version: see above
 * @left_lane: out: as in &struct change
 * @version: out: the channel's version, or 0 without a message
 */
struct renewal {
	const void *owner;
	u64 expires;
	struct expiry *expiry;
	bool conditional;
	u64 if_version;
	bool left_lane;
	u64 version;
};

/*
 * Whether it makes a channel of none, or of one that is kept. A condition on a version is
 * not met there.
 */
static inline bool change_makes_channel(const struct change *change)
{
	return change->message && !(change->conditional && change->if_version);
}

/* What the new message counts for in a budget. */
static inline u64 change_bytes(const struct change *change)
{
	const struct message *message = change->message;

	return message ?
		       budget_bytes(message->size, message_is_frame(message)) :
		       0;
}

/* The most that may be used of a budget, where the new message comes. */
static inline u64 change_limit(const struct change *change,
			       const struct budget *budget)
{
	return change->message && message_is_frame(change->message) ?
		       budget_frame_limit(budget) :
		       (u64)atomic64_read(&budget->limit);
}

/* Who has written the long message that there is then, or NULL if it is none, or a frame. */
static inline struct author *change_author(const struct change *change)
{
	const struct message *message = change->message;

	return message && message_is_long(message) &&
			       !message_is_frame(message) ?
		       change->author :
		       NULL;
}

/* Written no earlier than at that time, and living as long from then on. */
static inline void change_not_before(struct change *change, u64 time)
{
	u64 late = time - change->now;

	if (change->now >= time)
		return;
	change->now = time;
	if (change->expires)
		change->expires = min_t(u64, change->expires + late, KTIME_MAX);
}

struct channel *channel_create(struct cells *cells, u32 id, gfp_t gfp);
void channel_begin(struct channel *channel, u64 version, bool listened);
void channel_end(struct channel *channel);
void channel_put(struct channel *channel);

int channel_change(struct channel *channel, struct change *change,
		   struct budget *budget);
int channel_check_change(const struct channel *channel, struct change *change,
			 u64 version);
void channel_apply_change(struct channel *channel, struct change *change,
			  struct view *view, struct leftover *leftover);
int channel_renew(struct channel *channel, struct renewal *renewal);
int channel_claim(struct channel *channel, const void *owner);
void channel_release(struct channel *channel);
bool channel_keep(struct channel *channel);
void channel_revive(struct channel *channel);
bool channel_settle(struct channel *channel, u32 id, bool listens,
		    u64 *version);
void channel_forget_listeners(struct channel *channel);

u64 channel_get(struct channel *channel, struct message *message,
		struct msg_slot_record *record, u64 now, u32 room);
u64 channel_get_locked(struct channel *channel, struct message *message,
		       struct msg_slot_record *record, u64 now);
ssize_t channel_read_iter(struct channel *channel, struct iov_iter *to,
			  u32 *version);
u64 channel_version(struct channel *channel);
u64 channel_last_version(struct channel *channel);
u64 channel_expires(struct channel *channel);

/* Whether it is the one with this id; not any more, once it is gone. */
static inline bool channel_is(const struct channel *channel, u32 id)
{
	/* Pairs with channel_begin(). */
	return smp_load_acquire(&channel->cell->id) == id;
}

/*
 * Whether a commit that changes it may be under way. Who has seen what the commit made of
 * any of its channels sees that it is, or all of it: see slot/commit.c.
 */
static inline bool channel_in_commit(const struct channel *channel)
{
	/* Pairs with unmark_channels() there. */
	return unlikely(smp_load_acquire(&channel->in_commit));
}

/* Whether its cell has no message. Nothing keeps it so, but the lock. */
static inline bool channel_empty(const struct channel *channel)
{
	const struct msg_slot_cell *cell = channel->cell;
	u16 size = READ_ONCE(cell->size[cell_current(cell)]);

	return !(size & MSG_SLOT_CELL_BYTES) || size & MSG_SLOT_CELL_LANE;
}

#endif /* MESSAGE_SLOT_CHANNEL_H */

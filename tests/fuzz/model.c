// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define SHORT 128u
#define PAGE 4096ull

/* Near one another and far, with every bit there is. */
static const uint32_t ids[CHANNELS] = {
	1,  2,	3,   64,  0x80000000, 0xffffffff, 4,   5,   6,	 7,   8,   9,
	10, 65, 128, 129, 1 << 20,    0xfffffffe, 100, 101, 102, 103, 104, 105,
};

/**
 * model_init() - slots that nobody has used
 * @model: filled in
 */
void model_init(struct model *model)
{
	memset(model, 0, sizeof(*model));
	for (unsigned int i = 0; i < SLOTS; i++) {
		for (unsigned int j = 0; j < CHANNELS; j++)
			model->slots[i].channels[j].id = ids[j];
	}
}

/**
 * model_begin() - begin with empty slots
 * @model: one all of whose channels were cleared, and all of whose files closed
 */
void model_begin(struct model *model)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		model->slots[i].limits = (struct msg_slot_limits){
			.max_message = MSG_SLOT_MAX_MESSAGE,
			.max_channels = MSG_SLOT_MAX_CHANNELS,
			.max_bytes = MSG_SLOT_NO_LIMIT,
		};
		for (unsigned int j = 0; j < CHANNELS; j++) {
			struct channel *channel = &model->slots[i].channels[j];

			if (channel->version > channel->above)
				channel->above = channel->version;
			channel->version = 0;
			channel->text = (struct text){};
			channel->owner = NULL;
			channel->expired = false;
		}
	}
	memset(model->files, 0, sizeof(model->files));
	memset(model->watches, 0, sizeof(model->watches));
	model->expired = false;
}

struct channel *model_channel(struct slot *slot, uint32_t id)
{
	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (slot->channels[i].id == id)
			return &slot->channels[i];
	}
	return NULL;
}

/**
 * model_place() - which channel a call means
 * @file: the open file
 * @at: the offset, or the channel in a structure
 * @channel: filled in
 *
 * Return: 0, or what is wrong.
 */
long model_place(const struct open_file *file, long long at,
		 struct channel **channel)
{
	*channel = NULL;
	if (at < 0 || at > UINT32_MAX || (!at && !file->selected))
		return -EINVAL;
	if (file->only && at && at != file->only)
		return -EPERM;
	*channel = model_channel(file->slot, at ?: file->selected);
	return 0;
}

static bool exists(const struct channel *channel)
{
	return channel->text.size || channel->owner;
}

/* Of a frame, whole pages. */
static uint64_t counted(struct text text)
{
	if (text.frame)
		return (text.size + PAGE - 1) / PAGE * PAGE;
	return text.size > SHORT ? text.size : 0;
}

/**
 * model_usage() - what a slot has
 * @slot: the slot
 *
 * Return: what MSG_SLOT_GET_USAGE says.
 */
struct msg_slot_usage model_usage(const struct slot *slot)
{
	struct msg_slot_usage usage = {};

	for (unsigned int i = 0; i < CHANNELS; i++) {
		const struct channel *channel = &slot->channels[i];

		if (!exists(channel))
			continue;
		usage.channels++;
		usage.bytes += slot->channel_bytes + counted(channel->text);
		if (channel->owner)
			usage.bytes += counted(channel->will);
	}
	return usage;
}

/* Whether @old bytes can become @new ones, within a limit. */
static bool affordable_within(const struct slot *slot, uint64_t old,
			      uint64_t new, uint64_t limit)
{
	return new <= old || model_usage(slot).bytes + new - old <= limit;
}

static bool affordable(const struct slot *slot, uint64_t old, uint64_t new)
{
	return affordable_within(slot, old, new, slot->limits.max_bytes);
}

/* What there may be, with a frame among what comes or not. */
static uint64_t limit_of(const struct slot *slot, bool frame)
{
	return frame && slot->limits.max_bytes == MSG_SLOT_NO_LIMIT ?
		       slot->frame_bytes :
		       slot->limits.max_bytes;
}

/* Whether there is the channel, or can be. */
static bool obtainable(const struct slot *slot, const struct channel *channel)
{
	return exists(channel) ||
	       (model_usage(slot).channels < slot->limits.max_channels &&
		affordable(slot, 0, slot->channel_bytes));
}

static bool is_watched(const struct watch *watch, const struct channel *channel)
{
	const struct channel *first = watch->slot ? watch->slot->channels :
						    NULL;

	return first && channel >= first && channel < first + CHANNELS &&
	       watch->watched[channel - first];
}

static void tell_watches(struct model *model, struct channel *channel)
{
	for (unsigned int i = 0; i < WATCHES; i++) {
		struct watch *watch = &model->watches[i];

		if (is_watched(watch, channel))
			watch->marked[channel - watch->slot->channels] = true;
	}
}

static void forget_version(struct channel *channel)
{
	if (channel->version > channel->above)
		channel->above = channel->version;
	channel->version = 0;
}

static void publish(struct model *model, struct channel *channel,
		    struct text text, bool mortal)
{
	forget_version(channel);
	channel->text = text;
	channel->mortal = mortal;
	channel->expired = false;
	channel->serial = ++model->serials;
	tell_watches(model, channel);
}

static void empty(struct model *model, struct channel *channel)
{
	if (!channel->text.size)
		return;
	forget_version(channel);
	channel->text = (struct text){};
	tell_watches(model, channel);
}

/* Of a file with the right to write: 0, or what stands in the way. */
static long may_change(const struct open_file *file,
		       const struct channel *channel, bool conditional,
		       uint64_t *version)
{
	uint64_t present = channel->text.size ? channel->version : 0;

	if (channel->owner && channel->owner != file)
		return -EBUSY;
	if (conditional && *version != present) {
		*version = present;
		return -ESTALE;
	}
	return 0;
}

static long check_message(const struct slot *slot,
			  const struct writing *writing)
{
	if (writing->text.frame)
		return writing->refused;
	if (!writing->text.size ||
	    writing->text.size > slot->limits.max_message)
		return -EMSGSIZE;
	return writing->there < writing->text.size ? -EFAULT : 0;
}

/**
 * model_write() - write a message
 * @model: the model
 * @file: one that may be written to
 * @channel: to where
 * @writing: what, and on what condition; its version becomes what ESTALE tells
 *
 * Return: 0, or what is wrong, from the message's size on.
 */
long model_write(struct model *model, struct open_file *file,
		 struct channel *channel, struct writing *writing)
{
	struct slot *slot = file->slot;
	uint64_t new = counted(writing->text);
	bool bound = writing->conditional && writing->version;
	long err;

	err = check_message(slot, writing);
	if (err)
		return err;
	if (!bound && !obtainable(slot, channel))
		return -ENOSPC;
	err = may_change(file, channel, writing->conditional,
			 &writing->version);
	if (err)
		return err;
	/* A channel that is made for this counts, too, when the message is. */
	if (!exists(channel))
		new += slot->channel_bytes;
	if (!affordable_within(slot, counted(channel->text), new,
			       limit_of(slot, writing->text.frame)))
		return -ENOSPC;
	publish(model, channel, writing->text, writing->mortal);
	return 0;
}

/**
 * model_clear() - take a message away
 * @model: the model
 * @file: one that may be written to
 * @channel: whose
 * @conditional: whether only if the version is *@version
 * @version: becomes what is told: 0 also where the version is not known
 *
 * Return: 0, -EBUSY or -ESTALE.
 */
long model_clear(struct model *model, struct open_file *file,
		 struct channel *channel, bool conditional, uint64_t *version)
{
	long err = may_change(file, channel, conditional, version);

	if (err)
		return err;
	*version = channel->text.size ? channel->version : 0;
	empty(model, channel);
	return 0;
}

/* Return: 0, -EBUSY or -ESTALE, and then what is told is in all parts. */
static long check_parts(const struct open_file *file, struct part *parts,
			unsigned int count, uint32_t *failed)
{
	long worst = 0;

	for (unsigned int i = count; i--;) {
		struct writing *writing = &parts[i].writing;
		long err = may_change(file, parts[i].channel,
				      writing->conditional, &writing->version);

		if (err == -EBUSY || (err && worst != -EBUSY)) {
			worst = err;
			*failed = i;
		}
	}
	for (unsigned int i = 0; worst == -ESTALE && i < count; i++) {
		const struct channel *channel = parts[i].channel;

		parts[i].writing.version =
			channel->text.size ? channel->version : 0;
	}
	return worst;
}

/* Whether there is room for the channels that are made, and then for the messages. */
static bool has_room(const struct slot *slot, const struct part *parts,
		     unsigned int count)
{
	uint64_t made = 0, old = 0, new = 0;
	bool frame = false;

	for (unsigned int i = 0; i < count; i++) {
		made += !parts[i].clears && !exists(parts[i].channel);
		old += counted(parts[i].channel->text);
		if (parts[i].clears)
			continue;
		new += counted(parts[i].writing.text);
		frame |= parts[i].writing.text.frame;
	}
	if (model_usage(slot).channels + made > slot->limits.max_channels &&
	    made)
		return false;
	return affordable(slot, 0, made * slot->channel_bytes) &&
	       (new <= old ||
		affordable_within(slot, old, new + made * slot->channel_bytes,
				  limit_of(slot, frame)));
}

/**
 * model_commit() - change several channels, or none of them
 * @model: the model
 * @file: one that may be written to
 * @parts: what is to become of each; no channel twice
 * @count: how many
 * @failed: becomes which is to blame, or @count
 *
 * Return: 0, or what is wrong, from the messages' sizes on.
 */
long model_commit(struct model *model, struct open_file *file,
		  struct part *parts, unsigned int count, uint32_t *failed)
{
	long err = 0;

	for (unsigned int i = 0; i < count && !err; i++) {
		*failed = i;
		if (!parts[i].clears)
			err = check_message(file->slot, &parts[i].writing);
	}
	if (err)
		return err;
	*failed = count;
	err = check_parts(file, parts, count, failed);
	if (err)
		return err;
	if (!has_room(file->slot, parts, count))
		return -ENOSPC;
	for (unsigned int i = 0; i < count; i++) {
		struct part *part = &parts[i];

		if (part->clears)
			model_clear(model, file, part->channel, false,
				    &part->writing.version);
		else
			publish(model, part->channel, part->writing.text,
				part->writing.mortal);
	}
	return 0;
}

/**
 * model_renew() - a message gets another time to live
 * @file: one that may be written to
 * @channel: whose
 * @conditional: whether only if the version is *@version
 * @version: becomes what is told; where it is a condition the channel's is known
 * @mortal: whether that time is ever over
 *
 * Return: 0, -EBUSY, -EWOULDBLOCK or -ESTALE.
 */
long model_renew(const struct open_file *file, struct channel *channel,
		 bool conditional, uint64_t *version, bool mortal)
{
	bool empty = !channel->text.size;
	long err = may_change(file, channel, conditional && !empty, version);

	if (err)
		return err;
	*version = empty ? 0 : channel->version;
	if (empty)
		return -EWOULDBLOCK;
	channel->mortal = mortal;
	return 0;
}

/**
 * model_expire() - a message's time is over
 * @model: the model
 * @channel: whose
 */
void model_expire(struct model *model, struct channel *channel)
{
	empty(model, channel);
	channel->expired = true;
	model->expired = true;
}

/**
 * model_learn() - we have been told a version
 * @channel: of this channel's message
 * @version: the version
 *
 * Return: whether it can be that.
 */
bool model_learn(struct channel *channel, uint64_t version)
{
	if (channel->version)
		return version == channel->version;
	if (version <= channel->above)
		return false;
	channel->version = version;
	return true;
}

/**
 * model_select() - select a channel
 * @file: the open file
 * @id: the channel
 *
 * Return: 0, -EINVAL or -EPERM.
 */
long model_select(struct open_file *file, uint32_t id)
{
	if (!id)
		return -EINVAL;
	if (file->only && file->only != id)
		return -EPERM;
	if (file->selected != id)
		file->seen_id = 0;
	file->selected = id;
	return 0;
}

/**
 * model_restrict() - narrow an open file
 * @file: the open file
 * @id: the only channel, or 0
 * @flags: of MSG_SLOT_RESTRICT
 *
 * Return: 0, -EINVAL or -EPERM.
 */
long model_restrict(struct open_file *file, uint32_t id, uint32_t flags)
{
	if (flags & ~MSG_SLOT_READ_ONLY || (!id && !flags))
		return -EINVAL;
	if (id) {
		long err = model_select(file, id);

		if (err)
			return err;
		file->only = id;
	}
	if (flags)
		file->read_only = true;
	return 0;
}

/* Whether the selected channel has a message that was not read. */
bool model_has_news(const struct open_file *file)
{
	struct channel *channel = model_channel(file->slot, file->selected);

	return channel && channel->text.size &&
	       !(file->seen_id == file->selected &&
		 file->seen == channel->serial);
}

void model_mark_read(struct open_file *file, const struct channel *channel)
{
	file->seen_id = channel->id;
	file->seen = channel->serial;
}

/**
 * model_claim() - claim a channel
 * @file: one that may be written to
 * @channel: the channel
 * @end: an enum msg_slot_end
 * @will: with MSG_SLOT_END_WILL; else its size is 0
 * @there: of the will's bytes, how many are memory of the caller's
 *
 * Return: 0, or what is wrong, from the will's size on.
 */
long model_claim(struct open_file *file, struct channel *channel, uint32_t end,
		 struct text will, uint32_t there)
{
	struct slot *slot = file->slot;
	bool mine = channel->owner == file;
	uint64_t before = mine ? counted(channel->will) : 0;

	if (end == MSG_SLOT_END_WILL) {
		if (!will.size || will.size > slot->limits.max_message)
			return -EMSGSIZE;
		if (there < will.size)
			return -EFAULT;
	}
	if (!affordable(slot, before, counted(will)))
		return -ENOSPC;
	if (!mine && channel->owner)
		return -EBUSY;
	if (!exists(channel) &&
	    (model_usage(slot).channels >= slot->limits.max_channels ||
	     !affordable(slot, 0, counted(will) + slot->channel_bytes)))
		return -ENOSPC;
	channel->owner = file;
	channel->end = end;
	channel->will = will;
	return 0;
}

static void end_claim(struct model *model, struct channel *channel)
{
	if (channel->end == MSG_SLOT_END_WILL)
		publish(model, channel, channel->will, false);
	else if (channel->end == MSG_SLOT_END_CLEAR)
		empty(model, channel);
	channel->owner = NULL;
	channel->will.size = 0;
}

/**
 * model_release() - end a claim
 * @model: the model
 * @file: the open file
 * @channel: the channel
 *
 * Return: 0 or -EINVAL.
 */
long model_release(struct model *model, struct open_file *file,
		   struct channel *channel)
{
	if (channel->owner != file)
		return -EINVAL;
	end_claim(model, channel);
	return 0;
}

/**
 * model_open() - an open file more
 * @model: the model
 * @slot: of which slot
 * @can_read: whether it is open for reading
 * @can_write: and for writing
 * @nonblock: with O_NONBLOCK
 *
 * Return: the open file, for model_close(); NULL if there are too many.
 */
struct open_file *model_open(struct model *model, struct slot *slot,
			     bool can_read, bool can_write, bool nonblock)
{
	for (unsigned int i = 0; i < OPEN_FILES; i++) {
		struct open_file *file = &model->files[i];

		if (file->users)
			continue;
		*file = (struct open_file){ .slot = slot,
					    .users = 1,
					    .can_read = can_read,
					    .can_write = can_write,
					    .nonblock = nonblock };
		return file;
	}
	return NULL;
}

/**
 * model_close() - a descriptor or a view less
 * @model: the model
 * @file: its open file
 */
void model_close(struct model *model, struct open_file *file)
{
	if (--file->users)
		return;
	for (unsigned int i = 0; i < CHANNELS; i++) {
		if (file->slot->channels[i].owner == file)
			end_claim(model, &file->slot->channels[i]);
	}
}

/**
 * model_watch() - begin to watch
 * @watch: the watch
 * @slot: the slot
 * @ids: the channels
 * @count: how many; 0: all
 * @flags: of MSG_SLOT_WATCH
 */
void model_watch(struct watch *watch, struct slot *slot, const uint32_t *ids,
		 unsigned int count, uint32_t flags)
{
	memset(watch, 0, sizeof(*watch));
	watch->slot = slot;
	for (unsigned int i = 0; i < CHANNELS; i++)
		watch->watched[i] = !count;
	for (unsigned int i = 0; i < count; i++)
		watch->watched[model_channel(slot, ids[i]) - slot->channels] =
			true;
	for (unsigned int i = 0; i < CHANNELS; i++) {
		watch->state[i] = watch->watched[i] &&
				  slot->channels[i].text.size &&
				  !(flags & MSG_SLOT_WATCH_CHANGES);
		watch->marked[i] = watch->state[i];
	}
	watch->completes = flags & MSG_SLOT_WATCH_PRESENT;
}

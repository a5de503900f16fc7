// SPDX-License-Identifier: GPL-2.0
/* Several channels changed at one moment, or none of them. */
#include <string.h>
#include <sys/ioctl.h>

#include "acts.h"
#include "check.h"
#include "frame.h"

#define HOUR 3600000000000ull
#define ROOM 9000u
#define BAD_ADDRESS 0x10000

/* What is special about one of the puts; each other one is a clear where it says so. */
enum special {
	PLAIN = 0,
	CLEARS_TOO,
	KNOWN_VERSIONS,
	OTHER_VERSION,
	NO_VERSION,
	MORTAL,
	EMPTY_MESSAGE,
	BAD_MESSAGE,
	CLEARS_WITH_MORE,
	BAD_FLAG,
	BAD_RESERVED,
	BAD_TTL,
	BAD_ARRAY,
	SELECTED,
	BAD_FRAME,
	FRAME_WITH_SIZE,
	SPECIALS = 16,
};

static enum special special_of(const struct act *act)
{
	return act->how >> 4;
}

/**
 * struct asked - a put, as it was asked for
 * @put: the put
 * @writing: what is to be written
 * @frame: for frame_close()
 */
struct asked {
	struct msg_slot_put put;
	struct writing writing;
	struct frame frame;
};

/* Where they are: before the memory that is lent. */
static struct msg_slot_put *puts_of(const struct actor *actor)
{
	return (void *)(actor->memory.structure.end - 8192);
}

/* A message of its own for each, as far as there are channels. */
static uint8_t *message_of(const struct actor *actor, uint32_t i)
{
	return actor->memory.message.end - (2 + i % CHANNELS) * ROOM;
}

static bool is_clear(const struct act *act, uint32_t i)
{
	enum special special = special_of(act);

	return (i % 2 && (special == CLEARS_TOO || special == KNOWN_VERSIONS ||
			  special == OTHER_VERSION)) ||
	       (i == 1 && special == CLEARS_WITH_MORE);
}

static uint32_t size_at(const struct act *act, uint32_t i)
{
	if (i == 1 && special_of(act) == EMPTY_MESSAGE)
		return 0;
	return size_of(act->size + i) % ROOM;
}

static void fill_message(const struct actor *actor, struct asked *asked,
			 uint32_t i)
{
	struct buffer buffer =
		memory_for(&actor->memory, PLACE_GOOD, size_at(actor->act, i));

	buffer_fill(&actor->memory, &buffer, actor->act->seed + i);
	asked->put.size = buffer.size;
	asked->put.buffer =
		(uintptr_t)memcpy(message_of(actor, i), buffer.at, buffer.size);
	asked->writing = buffer_writing(&buffer, actor->act->seed + i);
}

/* One bit for each of four says which are frames. */
static bool is_frame(const struct act *act, uint32_t i)
{
	enum special special = special_of(act);

	return act->memory >> i % 4 & 1 ||
	       (i == 1 && (special == BAD_FRAME || special == FRAME_WITH_SIZE));
}

static void fill_frame(const struct actor *actor, struct asked *asked,
		       uint32_t i)
{
	const struct act *act = actor->act;
	unsigned int kind = act->seed % FRAME_UNSEALED;

	if (i == 1 && special_of(act) == BAD_FRAME)
		kind = FRAME_UNSEALED + act->seed % 6;
	asked->frame = frame_for(actor, kind, size_at(act, i), act->seed + i);
	asked->put.flags = MSG_SLOT_FRAME;
	asked->put.buffer = asked->frame.fd;
	asked->put.size = i == 1 && special_of(act) == FRAME_WITH_SIZE;
	asked->writing.text = asked->frame.text;
	asked->writing.refused = asked->frame.refused;
}

static void fill_put(const struct actor *actor, struct asked *asked, uint32_t i)
{
	if (is_clear(actor->act, i))
		asked->put.flags = MSG_SLOT_CLEARS;
	else if (is_frame(actor->act, i))
		fill_frame(actor, asked, i);
	else
		fill_message(actor, asked, i);
}

static void set_condition(const struct actor *actor, struct msg_slot_put *put,
			  uint32_t i)
{
	enum special special = special_of(actor->act);
	struct channel *channel = NULL;

	if (special != KNOWN_VERSIONS && special != OTHER_VERSION &&
	    special != NO_VERSION)
		return;
	put->flags |= MSG_SLOT_IF_VERSION;
	if (special == NO_VERSION || !alone(actor))
		return;
	if (open_file_of(actor))
		model_place(open_file_of(actor), put->channel, &channel);
	put->version = channel ? version_of(actor, channel) : 0;
	if (special == OTHER_VERSION && i == actor->act->seed % 4u)
		put->version++;
}

static void spoil(const struct act *act, struct asked *asked)
{
	enum special special = special_of(act);
	struct msg_slot_put *put = &asked->put;

	if (special == BAD_MESSAGE) {
		put->buffer = BAD_ADDRESS;
		asked->writing.there = 0;
		asked->writing.refused = -EBADF;
	}
	if (special == CLEARS_WITH_MORE && act->seed & 1)
		put->size = 1;
	else if (special == CLEARS_WITH_MORE)
		put->flags |= MSG_SLOT_FRAME;
	if (special == BAD_FLAG)
		put->flags |= 8;
	if (special == BAD_RESERVED)
		put->reserved = 1;
	if (special == BAD_TTL)
		put->ttl = 1ull << 63;
}

static void fill_puts(struct actor *actor, struct asked *all, uint32_t count)
{
	const struct act *act = actor->act;
	const struct channel *channels = actor->stage->model.slots[0].channels;

	for (uint32_t i = 0; i < count; i++) {
		unsigned int number =
			(act->channel + i * (act->value & 7)) % CHANNELS;

		struct asked *asked = &all[i];

		*asked = (struct asked){ .put.channel = channels[number].id,
					 .frame.fd = -1 };
		if (special_of(act) == SELECTED && !i)
			asked->put.channel = 0;
		fill_put(actor, asked, i);
		if (special_of(act) == MORTAL && i % 2)
			asked->put.ttl = HOUR;
		set_condition(actor, &asked->put, i);
		if (i == 1)
			spoil(act, asked);
		puts_of(actor)[i] = asked->put;
	}
}

static struct part part_of(const struct asked *asked)
{
	struct part part = {
		.clears = asked->put.flags & MSG_SLOT_CLEARS,
		.writing = asked->writing,
	};

	part.writing.conditional = asked->put.flags & MSG_SLOT_IF_VERSION;
	part.writing.version = asked->put.version;
	part.writing.mortal = asked->put.ttl;
	return part;
}

/* Return: 0 and what each is to come to, or what is wrong: with that put, or @count. */
static long find_parts(const struct actor *actor, const struct asked *asked,
		       uint32_t count, struct part *parts, uint32_t *failed)
{
	enum special special = special_of(actor->act);

	*failed = 1;
	if (count > 1 && (special == CLEARS_WITH_MORE || special == BAD_FLAG ||
			  special == BAD_RESERVED || special == BAD_TTL ||
			  special == FRAME_WITH_SIZE))
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		long err;

		*failed = i;
		parts[i] = part_of(&asked[i]);
		err = model_place(open_file_of(actor), asked[i].put.channel,
				  &parts[i].channel);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < count; i++) {
		*failed = i;
		for (uint32_t j = 0; j < i; j++) {
			if (parts[j].channel == parts[i].channel)
				return -EINVAL;
		}
	}
	*failed = count;
	return 0;
}

static long wanted_of_commit(struct actor *actor,
			     const struct msg_slot_commit *commit,
			     const struct asked *asked, struct part *parts,
			     uint32_t *failed)
{
	long err = right_to_change(actor);

	*failed = commit->count;
	if (err)
		return err;
	if (!can_be_written(actor->act->memory >> 4))
		return -EFAULT;
	if (!commit->count || commit->count > MSG_SLOT_MAX_COMMIT)
		return -EINVAL;
	if (commit->puts == BAD_ADDRESS)
		return -EFAULT;
	err = find_parts(actor, asked, commit->count, parts, failed);
	return err   ?:
		       model_commit(&actor->stage->model, open_file_of(actor),
				    parts, commit->count, failed);
}

static void check_versions(struct actor *actor, long ret,
			   const struct msg_slot_put *told,
			   const struct part *part)
{
	if (ret || part->clears)
		check(actor, "the version told", told->version,
		      part->writing.version);
	else if (!model_learn(part->channel, told->version))
		wrong(actor, "version %llu, not above %llu", told->version,
		      (unsigned long long)part->channel->above);
}

static void check_commit(struct actor *actor,
			 const struct msg_slot_commit *commit,
			 const struct asked *asked, long ret)
{
	const struct msg_slot_commit *lent =
		(void *)(actor->memory.structure.end - sizeof(*lent));
	struct part parts[MSG_SLOT_MAX_COMMIT];
	uint32_t failed;
	long wanted = wanted_of_commit(actor, commit, asked, parts, &failed);

	told(actor, ret);
	check(actor, "it returned", ret, wanted);
	if (!right_to_change(actor) && can_be_written(actor->act->memory >> 4))
		check(actor, "what failed", lent->failed, failed);
	if (ret && ret != -ESTALE)
		return;
	for (uint32_t i = 0; i < commit->count; i++)
		check_versions(actor, ret, &puts_of(actor)[i], &parts[i]);
}

/* Of channels whose versions are told, all must be known before. */
static void know_versions(struct actor *actor, const struct asked *asked,
			  uint32_t count)
{
	struct channel *channel;

	for (uint32_t i = 0; open_file_of(actor) && i < count; i++) {
		if (!model_place(open_file_of(actor), asked[i].put.channel,
				 &channel))
			version_of(actor, channel);
	}
}

void act_commit(struct actor *actor, const struct act *act)
{
	static const uint32_t counts[] = { 2, 3,  5,	      6, 2, 1, 24, 64,
					   0, 65, 0xffffffff, 4, 4, 4, 4,  4 };
	struct asked asked[MSG_SLOT_MAX_COMMIT];
	struct msg_slot_commit commit = {
		.puts = (uintptr_t)puts_of(actor),
		.count = counts[act->how & 15],
	};
	uint32_t filled = commit.count > MSG_SLOT_MAX_COMMIT ?
				  MSG_SLOT_MAX_COMMIT :
				  commit.count;
	long ret;

	if (special_of(act) == BAD_ARRAY)
		commit.puts = BAD_ADDRESS;
	fill_puts(actor, asked, filled);
	if (alone(actor))
		know_versions(actor, asked, filled);
	ret = result(ioctl(fd_of(actor), MSG_SLOT_COMMIT,
			   memory_lend(&actor->memory, act->memory >> 4,
				       &commit, sizeof(commit))));
	if (alone(actor))
		check_commit(actor, &commit, asked, ret);
	else
		check_any(actor, ret);
	for (uint32_t i = 0; i < filled; i++)
		frame_close(&asked[i].frame);
}

// SPDX-License-Identifier: GPL-2.0
/* Mapped slots: by the library's reader, and by hand, in ways that must fail. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "msgslot.h"

#define PAGE 4096ull
/* Where they are mapped. */
#define LANES (1ull << 40)

void act_unmap(struct actor *actor, const struct act *act)
{
	(void)act;
	msgslot_view_close(actor->view);
	if (alone(actor) && actor->view)
		model_close(&actor->stage->model, actor->view_file);
	actor->view = NULL;
	actor->view_file = NULL;
}

static long wanted_of_map(const struct open_file *file)
{
	if (!file || !file->can_read)
		return -EBADF;
	return file->only ? -EPERM : 0;
}

void act_map(struct actor *actor, const struct act *act)
{
	struct open_file *file = open_file_of(actor);
	long ret;

	act_unmap(actor, act);
	/* Its end may have closed nothing more, for the descriptor is here. */
	ret = msgslot_view_open(fd_of(actor), &actor->view);
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	check(actor, "it returned", ret, wanted_of_map(file));
	if (!ret) {
		actor->view_file = file;
		file->users++;
	}
}

static long wanted_of_mapped_read(struct actor *actor,
				  const struct buffer *buffer,
				  struct channel *channel)
{
	const struct open_file *file = actor->view_file;

	/* Narrowed meanwhile: what there is no cell for can't be asked for. */
	if (file->only && file->only != channel->id)
		return -EPERM;
	if (!channel->text.size)
		return -EWOULDBLOCK;
	return channel->text.size > buffer->size ? -ENOSPC :
						   (long)channel->text.size;
}

static void check_info(struct actor *actor, long ret,
		       const struct msgslot_info *info, struct channel *channel)
{
	if (ret <= 0 && ret != -ENOSPC)
		return;
	check(actor, "the size", info->size, channel->text.size);
	check(actor, "that it lives for ever",
	      info->expires == MSG_SLOT_FOREVER, !channel->mortal);
	if (!model_learn(channel, info->version))
		wrong(actor, "mapped version %llu, known %llu, above %llu",
		      (unsigned long long)info->version,
		      (unsigned long long)channel->version,
		      (unsigned long long)channel->above);
}

void act_mapped_read(struct actor *actor, const struct act *act)
{
	struct buffer buffer =
		memory_for(&actor->memory, PLACE_GOOD, size_of(act->size));
	struct msgslot_reader reader;
	struct msgslot_info info;
	struct channel *channel;
	uint32_t id = channel_id_of(actor);
	long ret;

	if (!actor->view || msgslot_reader_init(&reader, actor->view, id))
		return;
	if (buffer.size > buffer.there)
		buffer.size = buffer.there;
	buffer_blank(&buffer);
	/* The second time it knows where the cell is. */
	for (int i = 0; i <= (act->how & 1); i++)
		ret = msgslot_reader_get(&reader, buffer.at, buffer.size,
					 &info);
	if (act->how & 2)
		ret = msgslot_reader_get(&reader, buffer.at, buffer.size, NULL);
	if (!alone(actor)) {
		check_any(actor, ret);
		check_whole(actor, &buffer, ret);
		return;
	}
	told(actor, ret);
	channel = model_channel(actor->view_file->slot, id);
	check(actor, "it returned", ret,
	      wanted_of_mapped_read(actor, &buffer, channel));
	check_message(actor, &buffer, ret, channel);
	check_info(actor, ret, &info, channel);
}

/* Whether somebody watches the slot: then channels may stay a while. */
static bool is_watched(const struct stage *stage, const struct slot *slot)
{
	bool watched = false;

	for (unsigned int i = 0; i < WATCHES; i++)
		watched |= stage->model.watches[i].slot == slot;
	return watched;
}

static long wanted_of_locate(const struct actor *actor,
			     const struct msg_slot_locate *where, bool *either)
{
	const struct open_file *file = open_file_of(actor);
	unsigned int nibble = actor->act->memory >> 4;
	struct channel *channel;

	if (wanted_of_map(file))
		return wanted_of_map(file);
	if (!can_be_read(nibble))
		return -EFAULT;
	if (where->reserved || model_place(file, where->channel, &channel))
		return -EINVAL;
	if (!channel->text.size && !channel->owner) {
		*either = is_watched(actor->stage, file->slot);
		return -EWOULDBLOCK;
	}
	return can_be_written(nibble) ? 0 : -EFAULT;
}

void act_locate(struct actor *actor, const struct act *act)
{
	struct msg_slot_locate where = { .channel = channel_id_of(actor),
					 .reserved = (act->how & 7) == 7 };
	bool either = false;
	long ret, wanted;

	ret = result(ioctl(fd_of(actor), MSG_SLOT_LOCATE,
			   memory_lend(&actor->memory, act->memory >> 4, &where,
				       sizeof(where))));
	if (!alone(actor)) {
		check_any(actor, ret);
		return;
	}
	told(actor, ret);
	wanted = wanted_of_locate(actor, &where, &either);
	if (!either)
		check(actor, "it returned", ret, wanted);
}

/* A mapping to be made by hand. */
struct wish {
	size_t size;
	int rights;
	int flags;
	unsigned long long offset;
	/* Of all that can be mapped. */
	unsigned long long limit;
};

static struct wish wish_of(const struct actor *actor)
{
	static const int rights[] = { PROT_READ,
				      PROT_READ,
				      PROT_READ,
				      PROT_NONE,
				      PROT_READ | PROT_WRITE,
				      PROT_WRITE,
				      PROT_READ | PROT_EXEC,
				      PROT_READ };
	static const int flags[] = { MAP_SHARED, MAP_SHARED, MAP_PRIVATE,
				     MAP_SHARED | MAP_POPULATE };
	const struct act *act = actor->act;
	struct msg_slot_mapping mapping;

	if (ioctl(look_of(actor), MSG_SLOT_GET_MAPPING, &mapping))
		wrong(actor, "the slot can't be described");
	const unsigned long long offsets[] = {
		0, 0, PAGE, mapping.size - PAGE, mapping.size, LANES,
	};

	return (struct wish){
		.size = (act->how >> 5 & 7) == 7 ?
				mapping.size :
				PAGE * (1 + (act->how >> 5 & 3)),
		.rights = rights[act->how & 7],
		.flags = flags[act->how >> 3 & 3],
		.offset = offsets[act->value % 6],
		.limit = mapping.size,
	};
}

static long wanted_of_mmap(const struct actor *actor, const struct wish *wish)
{
	const struct open_file *file = open_file_of(actor);
	bool writes = wish->rights & PROT_WRITE;

	if (!file)
		return -EBADF;
	if (!file->can_read ||
	    (writes && wish->flags & MAP_SHARED && !file->can_write))
		return -EACCES;
	/* No act makes a lane. */
	if (wish->offset == LANES)
		return wish->rights & PROT_EXEC ? -EPERM : -EINVAL;
	if (file->only || wish->rights & (PROT_WRITE | PROT_EXEC))
		return -EPERM;
	if (wish->flags & MAP_PRIVATE || wish->offset >= wish->limit ||
	    wish->size > wish->limit - wish->offset)
		return -EINVAL;
	return 0;
}

/* What nobody may make of a mapping; and each page is there or not, no more. */
static void abuse(struct actor *actor, uint8_t *at, const struct wish *wish)
{
	struct iovec to = { actor->memory.message.end - PAGE, PAGE };
	struct iovec from = { at, PAGE };
	long ret;

	check(actor, "mprotect() returned",
	      result(mprotect(at, PAGE, PROT_READ | PROT_WRITE)), -EACCES);
	check(actor, "mprotect() returned",
	      result(mprotect(at, PAGE, PROT_READ | PROT_EXEC)), -EACCES);
	if (mremap(at, wish->size, wish->size + PAGE, 0) != MAP_FAILED)
		wrong(actor, "it grew");
	ret = result(process_vm_readv(getpid(), &to, 1, &from, 1, 0));
	if (ret != (long)PAGE && ret != -EFAULT)
		wrong(actor, "reading the mapping returned %ld", ret);
	ret = result(process_vm_writev(getpid(), &to, 1, &from, 1, 0));
	check(actor, "writing the mapping returned", ret, -EFAULT);
}

void act_mmap(struct actor *actor, const struct act *act)
{
	struct wish wish = wish_of(actor);
	void *at = mmap(NULL, wish.size, wish.rights, wish.flags, fd_of(actor),
			wish.offset);
	long ret = at == MAP_FAILED ? -errno : 0;

	if (alone(actor)) {
		told(actor, ret);
		check(actor, "it returned", ret, wanted_of_mmap(actor, &wish));
	} else if (ret != -ENODEV) {
		check_any(actor, ret);
	}
	if (ret)
		return;
	if (alone(actor) || act->seed & 1)
		abuse(actor, at, &wish);
	munmap(at, wish.size);
}

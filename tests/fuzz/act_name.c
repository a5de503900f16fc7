// SPDX-License-Identifier: GPL-2.0
/*
 * Names: files and directories of a slot in slotfs. Which of them: the act's channel,
 * and where two are meant its value.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "frame.h"

static unsigned int name_of(const struct act *act)
{
	return act->channel % NAMES;
}

static const char *path_of(const struct act *act)
{
	return name_paths[name_of(act)];
}

static int folder_of(const struct actor *actor)
{
	__atomic_store_n(&actor->stage->touched, true, __ATOMIC_RELAXED);
	return actor->stage->folder;
}

static struct names *names_of(struct actor *actor)
{
	return &actor->stage->names;
}

/* Of several actors: it is a result that is documented, or what any path may come to. */
static void check_any_name(const struct actor *actor, long ret)
{
	switch (ret) {
	case -ENOENT:
	case -ENOTDIR:
	case -EISDIR:
	case -EEXIST:
	case -ENOTEMPTY:
		return;
	default:
		check_any(actor, ret);
	}
}

static void check_name(struct actor *actor, long ret, long wanted)
{
	told(actor, ret);
	check(actor, "it returned", ret, wanted);
}

static int open_name(const struct actor *actor, const struct act *act,
		     int flags)
{
	return result(openat(folder_of(actor), path_of(act), flags | O_CLOEXEC,
			     0666));
}

/* Bad addresses are for other acts. */
static struct buffer good_memory(const struct actor *actor, uint32_t size)
{
	return memory_for(&actor->memory, PLACE_GOOD, size);
}

/* As what is written with write(), so that who reads need not know. */
static long put_frame(const struct actor *actor, int fd, struct text text)
{
	struct frame frame = frame_for(actor, 0, text.size, text.seed);
	struct msg_slot_put put = { .flags = MSG_SLOT_FRAME,
				    .buffer = frame.fd };
	long ret = result(ioctl(fd, MSG_SLOT_PUT, &put));

	frame_close(&frame);
	return ret ?: (long)text.size;
}

static long write_text(const struct actor *actor, int fd, struct text text)
{
	struct buffer buffer = good_memory(actor, text.size);

	buffer_fill(&actor->memory, &buffer, text.seed);
	return result(write(fd, buffer.at, text.size));
}

void act_name_write(struct actor *actor, const struct act *act)
{
	bool frame = act->how & 1;
	uint32_t most = frame ? MSG_SLOT_MAX_MESSAGE :
				MSG_SLOT_LARGEST_MESSAGE + 1;
	struct text text = { .size = size_of(act->size) % (most + 1),
			     .seed = act->seed };
	long ret;
	int fd;

	if (name_of(act) == NAME_DOOR)
		return;
	fd = open_name(actor, act, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		ret = fd;
	else
		ret = frame ? put_frame(actor, fd, text) :
			      write_text(actor, fd, text);
	close(fd);
	if (alone(actor))
		check_name(actor, ret,
			   names_write(names_of(actor), name_of(act), text));
	else
		check_any_name(actor, ret);
}

/* To the end, in parts; of one message, whatever is written meanwhile. */
static long read_parts(int fd, uint8_t *into, size_t room, size_t part)
{
	size_t at = 0;
	long n;

	while ((n = result(read(fd, into + at, part))) > 0) {
		at += n;
		if (at + part > room)
			break;
	}
	return n < 0 ? n : (long)at;
}

static long wanted_of_read(struct actor *actor, const struct act *act)
{
	long kind = names_find(names_of(actor), name_of(act));

	if (kind == GROUP_NAME)
		return -EISDIR;
	return kind < 0 ? kind : names_of(actor)->names[name_of(act)].text.size;
}

void act_name_read(struct actor *actor, const struct act *act)
{
	static const size_t parts[] = { 1, 7, 127, 200 };
	struct name *name = &names_of(actor)->names[name_of(act)];
	uint8_t got[2 * 200];
	long ret;
	int fd;

	if (name_of(act) == NAME_DOOR)
		return;
	fd = open_name(actor, act, O_RDONLY);
	ret = fd < 0 ? fd :
		       read_parts(fd, got, sizeof(got), parts[act->how % 4]);
	close(fd);
	if (!alone(actor)) {
		check_any_name(actor, ret);
		if (ret > 0 && !text_is_whole(got, ret))
			wrong(actor, "%ld bytes that nobody wrote", ret);
		return;
	}
	check_name(actor, ret, wanted_of_read(actor, act));
	if (ret > 0 && !text_is(got, name->text))
		wrong(actor, "%ld bytes, but other ones", ret);
}

void act_name_make(struct actor *actor, const struct act *act)
{
	bool group = act->how & 1;
	long ret;

	if (group)
		ret = mkdirat(folder_of(actor), path_of(act), 0777);
	else
		ret = mknodat(folder_of(actor), path_of(act), S_IFREG | 0666,
			      0);
	ret = result(ret);
	if (alone(actor))
		check_name(actor, ret,
			   names_make(names_of(actor), name_of(act), group));
	else
		check_any_name(actor, ret);
}

void act_name_remove(struct actor *actor, const struct act *act)
{
	bool group = act->how & 1;
	long ret = result(unlinkat(folder_of(actor), path_of(act),
				   group ? AT_REMOVEDIR : 0));

	if (alone(actor))
		check_name(actor, ret,
			   names_remove(names_of(actor), name_of(act), group));
	else
		check_any_name(actor, ret);
}

/* What is in a directory would get names that nobody here knows. */
void act_name_rename(struct actor *actor, const struct act *act)
{
	unsigned int from = name_of(act), to = act->value % NAMES;
	long ret;

	if (from == NAME_DIR &&
	    (!alone(actor) || names_in(names_of(actor), from)))
		return;
	ret = result(renameat(folder_of(actor), name_paths[from],
			      folder_of(actor), name_paths[to]));
	if (alone(actor))
		check_name(actor, ret, names_rename(names_of(actor), from, to));
	else
		check_any_name(actor, ret);
}

void act_name_truncate(struct actor *actor, const struct act *act)
{
	struct name *name = &names_of(actor)->names[name_of(act)];
	uint32_t size = act->how & 1 ? 0 :
			act->how & 2 ? size_of(act->size) :
				       name->text.size;
	char path[64];
	long ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", folder_of(actor),
		 path_of(act));
	ret = result(truncate(path, size));
	if (alone(actor))
		check_name(actor, ret,
			   names_truncate(names_of(actor), name_of(act), size));
	else
		check_any_name(actor, ret);
}

static long wanted_of_id(struct actor *actor, const struct act *act)
{
	long kind = names_find(names_of(actor), name_of(act));

	if (kind < 0)
		return kind;
	return kind == GROUP_NAME ? -EISDIR : kind == DOOR_NAME ? -EINVAL : 0;
}

/* The id has this name, and the channel of that id the name's message. */
static void check_id(struct actor *actor, const struct act *act, uint32_t id)
{
	const struct text *text = &names_of(actor)->names[name_of(act)].text;
	struct msg_slot_name arg = { .channel = id };
	uint8_t got[MSG_SLOT_MAX_MESSAGE];
	char path[16] = "";
	long ret;

	if (!names_learn(names_of(actor), name_of(act), id))
		wrong(actor, "the id is %u", id);
	arg.name = (uintptr_t)path;
	arg.size = sizeof(path);
	check(actor, "looking for its name",
	      result(ioctl(actor->stage->door, MSG_SLOT_GET_NAME, &arg)), 0);
	if (arg.size != strlen(path_of(act)) ||
	    memcmp(path, path_of(act), arg.size))
		wrong(actor, "the name of %u is %.*s", id, (int)arg.size, path);
	ret = result(pread(actor->stage->door, got, sizeof(got), id));
	check(actor, "through the door", ret,
	      text->size ? (long)text->size : -EWOULDBLOCK);
	if (ret > 0 && !text_is(got, *text))
		wrong(actor, "%ld bytes through the door, but other ones", ret);
}

void act_name_id(struct actor *actor, const struct act *act)
{
	struct msg_slot_name arg = { .name = (uintptr_t)path_of(act),
				     .size = strlen(path_of(act)) };
	long ret = result(ioctl(actor->stage->door, MSG_SLOT_GET_ID, &arg));

	if (!alone(actor)) {
		check_any_name(actor, ret);
		arg.size = 0;
		if (!ret)
			check_any_name(actor,
				       result(ioctl(actor->stage->door,
						    MSG_SLOT_GET_NAME, &arg)));
		return;
	}
	check_name(actor, ret, wanted_of_id(actor, act));
	if (!ret)
		check_id(actor, act, arg.channel);
}

/* Opens a channel's file and claims it; or closes it, if one is held. */
void act_name_hold(struct actor *actor, const struct act *act)
{
	struct msg_slot_claim claim = { .end = MSG_SLOT_END_KEEP };
	long ret;

	if (!alone(actor) || name_of(act) == NAME_DOOR)
		return;
	if (names_of(actor)->held) {
		close(actor->stage->held);
		names_let_go(names_of(actor));
		return;
	}
	actor->stage->held = open_name(actor, act, O_RDWR);
	ret = actor->stage->held;
	if (ret >= 0)
		ret = result(ioctl(actor->stage->held, MSG_SLOT_CLAIM, &claim));
	check_name(actor, ret, names_hold(names_of(actor), name_of(act)));
}

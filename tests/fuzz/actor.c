// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "check.h"
#include "frame.h"
#include "msgslot.h"

/* Of minors that no other test takes, one for each stage. */
#define FIRST_MINOR 0xf0000u

static const uint32_t sizes[] = {
	0,
	1,
	2,
	5,
	8,
	31,
	64,
	119,
	120,
	121,
	127,
	128,
	129,
	200,
	1000,
	4000,
	4096,
	5000,
	8192,
	65536,
	70000,
	1 << 20,
	(1 << 20) + 1,
	0x7fffffff,
	0xffffffff,
};

uint32_t size_of(uint8_t size)
{
	return sizes[size % (COUNT(sizes))];
}

/* Few channels are often meant, so that acts meet; 0 is the selected one. */
uint32_t channel_id_of(const struct actor *actor)
{
	unsigned int channel = actor->act->channel;
	const struct slot *slot = &actor->stage->model.slots[0];

	if (channel < 64)
		return 0;
	return slot->channels[channel < 208 ? channel % 5 : channel % CHANNELS]
		.id;
}

/* The same as an offset, which there are more of. */
long long offset_of(const struct actor *actor)
{
	static const long long odd[] = { -1, INT64_MIN, 1ll << 32,
					 (1ll << 32) + 1, INT64_MAX };

	if (actor->act->channel >= 251)
		return odd[actor->act->channel - 251];
	return channel_id_of(actor);
}

static bool structure_can_be_read(const struct actor *actor)
{
	return can_be_read(actor->act->memory >> 4);
}

/**
 * right_to_read() - what a command that reads looks at first
 * @actor: who gives it, with a structure by the upper nibble of the act's memory
 *
 * Return: 0, or what it fails with.
 */
long right_to_read(const struct actor *actor)
{
	const struct open_file *file = open_file_of(actor);

	if (!file || !file->can_read)
		return -EBADF;
	return structure_can_be_read(actor) ? 0 : -EFAULT;
}

/**
 * right_to_change() - what a command that changes a channel looks at first
 * @actor: as right_to_read()
 *
 * Return: 0, or what it fails with.
 */
long right_to_change(const struct actor *actor)
{
	const struct open_file *file = open_file_of(actor);

	if (!file || !file->can_write)
		return -EBADF;
	if (file->read_only)
		return -EPERM;
	return structure_can_be_read(actor) ? 0 : -EFAULT;
}

/** stage_number() - which of the processes that have a stage this is, from 0 */
unsigned int stage_number(void)
{
	const char *number = getenv("TEST_FUZZ_NUMBER");

	return number ? atoi(number) : 0;
}

static char node[40];
static int slotfs;

static void remove_node(void)
{
	unlink(node);
}

/* It stays until the end: a way by /proc would take longer each time it is opened. */
static void make_node(void)
{
	snprintf(node, sizeof(node), "/dev/fuzz-%u", getpid());
	atexit(remove_node);
	if (mknod(node, S_IFCHR | 0666,
		  makedev(MSG_SLOT_MAJOR, FIRST_MINOR + stage_number()))) {
		perror(node);
		exit(2);
	}
}

/* It has no place any more, and goes with the last of the descriptors of it. */
static void mount_slotfs(void)
{
	char path[] = "/tmp/fuzz-XXXXXX";

	if (!mkdtemp(path) || mount("none", path, "slotfs", 0, NULL)) {
		perror("fuzz: slotfs");
		exit(2);
	}
	slotfs = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (umount2(path, MNT_DETACH) || rmdir(path) ||
	    mkdirat(slotfs, "slot", 0777) || mkdirat(slotfs, "names", 0777)) {
		perror(path);
		exit(2);
	}
}

/* The first one is a device's, the other one has a name. */
static int open_slot(unsigned int i, int flags)
{
	return i ? openat(slotfs, "slot/.slot", flags | O_CLOEXEC) :
		   open(node, flags | O_CLOEXEC);
}

static void clear(int fd, uint32_t id)
{
	struct msg_slot_clear clear = { .channel = id };

	if (ioctl(fd, MSG_SLOT_CLEAR, &clear)) {
		perror("fuzz: clearing a channel in the end");
		abort();
	}
}

static void set_no_limits(int fd)
{
	struct msg_slot_limits limits = { MSG_SLOT_MAX_MESSAGE,
					  MSG_SLOT_MAX_CHANNELS,
					  MSG_SLOT_NO_LIMIT };

	ioctl(fd, MSG_SLOT_SET_LIMITS, &limits);
}

static void empty_slot(struct stage *stage, unsigned int i)
{
	for (unsigned int j = 0; j < CHANNELS; j++)
		clear(stage->look[i], stage->model.slots[i].channels[j].id);
	set_no_limits(stage->look[i]);
}

static void learn_channel_bytes(struct stage *stage, unsigned int i)
{
	struct msg_slot_usage usage = {};

	if (pwrite(stage->look[i], "x", 1, 1) != 1 ||
	    ioctl(stage->look[i], MSG_SLOT_GET_USAGE, &usage) ||
	    usage.channels != 1)
		abort();
	stage->model.slots[i].channel_bytes = usage.bytes;
	clear(stage->look[i], 1);
}

static uint64_t half_of_memory(void)
{
	struct sysinfo machine;

	if (sysinfo(&machine))
		abort();
	return (uint64_t)machine.totalram * machine.mem_unit / 2;
}

/**
 * stage_set_up() - two slots, which serve for all inputs
 * @stage: filled in
 */
void stage_set_up(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	model_init(&stage->model);
	make_node();
	mount_slotfs();
	stage->folder = openat(slotfs, "names", O_RDONLY | O_CLOEXEC);
	stage->door = openat(stage->folder, ".slot", O_RDWR | O_CLOEXEC);
	stage->held = -1;
	names_begin(&stage->names);
	stage->closed = open("/dev", O_PATH | O_CLOEXEC);
	for (unsigned int i = 0; i < SLOTS; i++) {
		stage->look[i] = open_slot(i, O_RDWR);
		if (stage->look[i] < 0) {
			perror("fuzz: a slot");
			exit(2);
		}
		/* An input that came to a bad end may have been there. */
		empty_slot(stage, i);
		learn_channel_bytes(stage, i);
		stage->model.slots[i].frame_bytes = half_of_memory();
	}
	for (unsigned int i = 0; i < FILES; i++)
		stage->fds[i] = -1;
	for (unsigned int i = 0; i < WATCHES; i++)
		stage->watches[i] = -1;
}

/**
 * stage_retire() - close a descriptor that acts have used
 * @stage: the stage
 * @fd: the descriptor, or -1
 *
 * Where several act, its number is nobody else's until the input has ended, for
 * whoever is just about to use it would find a watch there, or a file of other
 * rights. It is as good as closed: all calls fail with EBADF.
 */
void stage_retire(struct stage *stage, int fd)
{
	unsigned int i;

	if (fd < 0)
		return;
	if (stage->actors == 1) {
		close(fd);
		return;
	}
	if (dup3(stage->closed, fd, O_CLOEXEC) != fd)
		abort();
	i = __atomic_fetch_add(&stage->retired_count, 1, __ATOMIC_SEQ_CST);
	stage->retired[i] = fd;
}

/**
 * stage_close() - close a descriptor of the acts'
 * @stage: the stage
 * @i: which; the acts of others may still be about to use it
 */
void stage_close(struct stage *stage, unsigned int i)
{
	stage_retire(stage,
		     __atomic_exchange_n(&stage->fds[i], -1, __ATOMIC_SEQ_CST));
	if (stage->actors == 1 && stage->files[i])
		model_close(&stage->model, stage->files[i]);
	stage->files[i] = NULL;
}

/**
 * stage_put() - make an open file a descriptor of the acts'
 * @stage: the stage
 * @i: which; what was there is closed
 * @fd: the file
 * @file: in the model; NULL where several act
 */
void stage_put(struct stage *stage, unsigned int i, int fd,
	       struct open_file *file)
{
	stage_close(stage, i);
	stage->files[i] = file;
	stage_retire(stage,
		     __atomic_exchange_n(&stage->fds[i], fd, __ATOMIC_SEQ_CST));
}

/**
 * stage_open() - open a slot
 * @stage: the stage
 * @i: as which descriptor; even ones are of the first slot, odd ones of the other
 * @flags: for open()
 */
void stage_open(struct stage *stage, unsigned int i, int flags)
{
	int mode = flags & O_ACCMODE;
	struct open_file *file = NULL;
	int fd = open_slot(i & 1, flags);

	if (fd < 0)
		abort();
	if (stage->actors == 1)
		file = model_open(&stage->model, &stage->model.slots[i & 1],
				  mode != O_WRONLY, mode != O_RDONLY,
				  flags & O_NONBLOCK);
	stage_put(stage, i, fd, file);
}

/**
 * stage_begin() - what every input begins with
 * @stage: the stage
 * @input: the input
 *
 * Descriptors 0 and 1 can do everything, 2 too, on the first slot; 4 only reads,
 * 6 only writes; the others are closed. So are those that no act means: nobody would
 * notice, and opening and closing them took as long as some acts.
 */
void stage_begin(struct stage *stage, const struct input *input)
{
	static const int flags[FILES] = { O_RDWR,   O_RDWR, O_RDWR,   -1,
					  O_RDONLY, -1,	    O_WRONLY, -1 };
	bool meant[FILES] = {};

	stage->actors = input->threads;
	model_begin(&stage->model);
	for (unsigned int i = 0; i < input->count; i++)
		meant[file_of(&input->acts[i])] = true;
	for (unsigned int i = 0; i < FILES; i++) {
		if (meant[i] && flags[i] >= 0)
			stage_open(stage, i, flags[i]);
	}
}

static void check_channel(struct actor *actor, unsigned int slot,
			  struct channel *channel)
{
	struct buffer buffer =
		memory_for(&actor->memory, PLACE_GOOD, channel->text.size);
	struct msg_slot_get get = { .channel = channel->id,
				    .room = buffer.size,
				    .buffer = (uintptr_t)buffer.at };
	long ret;

	buffer_blank(&buffer);
	ret = result(ioctl(actor->stage->look[slot], MSG_SLOT_GET, &get));
	check(actor, "in the end, a channel", ret,
	      channel->text.size > buffer.room ? -EFAULT : 0);
	check_record(actor, &get.record, channel->id, channel);
	check_message(actor, &buffer, ret ?: channel->text.size, channel);
}

/**
 * check_usage() - compare what a slot has with what it should
 * @actor: who wants to know
 * @slot: which slot
 *
 * At once, but for what has expired: that is given back soon, by nobody who acts, and
 * in a channel that is claimed it does not show before the claim ends.
 */
void check_usage(const struct actor *actor, unsigned int slot)
{
	struct stage *stage = actor->stage;
	struct msg_slot_usage wanted = model_usage(&stage->model.slots[slot]);
	struct msg_slot_usage usage;

	ioctl(stage->look[slot], MSG_SLOT_GET_USAGE, &usage);
	for (unsigned int ms = 0; stage->model.expired && ms < 20000; ms++) {
		if (usage.channels == wanted.channels &&
		    usage.bytes == wanted.bytes)
			return;
		usleep(ms ? 1000 : 100);
		ioctl(stage->look[slot], MSG_SLOT_GET_USAGE, &usage);
	}
	check(actor, "the slot's channels", usage.channels, wanted.channels);
	check(actor, "the slot's bytes", usage.bytes, wanted.bytes);
}

/* Of a slot of which nothing is open any more; it is to be empty afterwards. */
static void end_slot(struct actor *actor, unsigned int i)
{
	struct slot *slot = &actor->stage->model.slots[i];

	if (!alone(actor)) {
		empty_slot(actor->stage, i);
		return;
	}
	check_usage(actor, i);
	for (unsigned int j = 0; j < CHANNELS; j++) {
		struct channel *channel = &slot->channels[j];

		if (!channel->text.size)
			continue;
		check_channel(actor, i, channel);
		clear(actor->stage->look[i], channel->id);
	}
	set_no_limits(actor->stage->look[i]);
}

/* Their messages go with them, and nothing is left in the slot. */
static void end_names(struct actor *actor)
{
	struct stage *stage = actor->stage;
	struct msg_slot_usage usage;

	if (!stage->touched)
		return;
	stage->touched = false;
	if (stage->names.held)
		close(stage->held);
	/* What is in the directory comes after it. */
	for (unsigned int i = NAMES; i--;) {
		if (i == NAME_DOOR)
			continue;
		if (unlinkat(stage->folder, name_paths[i], 0) &&
		    errno == EISDIR)
			unlinkat(stage->folder, name_paths[i], AT_REMOVEDIR);
	}
	names_begin(&stage->names);
	/* What another wrote through a number's file after its name was gone stays. */
	if (!alone(actor))
		clear(stage->door, 7);
	ioctl(stage->door, MSG_SLOT_GET_USAGE, &usage);
	check(actor, "in the end, channels with names", usage.channels, 0);
}

/**
 * stage_end() - what every input ends with: all is closed, what is left is looked
 * at and taken away, and then there must be nothing
 * @stage: the stage
 * @actors: who acted
 */
void stage_end(struct stage *stage, struct actor *actors)
{
	for (unsigned int i = 0; i < stage->actors; i++) {
		msgslot_view_close(actors[i].view);
		if (actors[i].view_file)
			model_close(&stage->model, actors[i].view_file);
		actors[i].view = NULL;
		actors[i].view_file = NULL;
		frame_forget(&actors[i]);
	}
	for (unsigned int i = 0; i < WATCHES; i++) {
		stage_retire(stage, stage->watches[i]);
		stage->watches[i] = -1;
	}
	for (unsigned int i = 0; i < FILES; i++)
		stage_close(stage, i);
	while (stage->retired_count)
		close(stage->retired[--stage->retired_count]);
	for (unsigned int i = 0; i < SLOTS; i++)
		end_slot(&actors[0], i);
	end_names(&actors[0]);
	model_begin(&stage->model);
	for (unsigned int i = 0; i < SLOTS; i++)
		check_usage(&actors[0], i);
}

void actor_set_up(struct actor *actor, struct stage *stage, unsigned int number)
{
	memset(actor, 0, sizeof(*actor));
	actor->stage = stage;
	actor->number = number;
	actor->frame = -1;
	memory_set_up(&actor->memory);
}

void actor_do(struct actor *actor, const struct act *act)
{
	actor->act = act;
	act_kinds[act->kind].act(actor, act);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libmsgslot: Message Slot for programs.
 *
 * A slot is the descriptor of its open file: one that was opened here, inherited,
 * or received over a socket. What slots, channels, messages, versions, claims and
 * watches are is said in <message_slot.h>; here are functions for what programs
 * do with them.
 *
 *	int fd = msgslot_open("robot", O_RDWR);		// or "/dev/slot0"
 *	char buf[MSG_SLOT_MAX_MESSAGE];
 *	ssize_t n;
 *
 *	msgslot_put(fd, 7, "21.5", 4, MSG_SLOT_FOREVER, NULL);
 *	n = msgslot_get(fd, 7, buf, sizeof(buf), NULL);	// 4
 *
 * and, for those who read often, the same without a system call:
 *
 *	struct msgslot_view *view;
 *	struct msgslot_reader reader;
 *
 *	msgslot_view_open(fd, &view);
 *	msgslot_reader_init(&reader, view, 7);		// once for each channel
 *	n = msgslot_reader_get(&reader, buf, sizeof(buf), NULL);
 *
 * Who is the only one to write a channel can do that without a system call, too:
 *
 *	struct msgslot_writer *writer;
 *
 *	msgslot_writer_open(fd, 7, &writer);		// claims the channel
 *	msgslot_writer_put(writer, "21.5", 4);
 *
 * Errors are returned as negative errno numbers; errno itself means nothing after
 * a call. The tables in <message_slot.h> say what each means.
 *
 * What a module does not know that is older than the library fails with -EINVAL, and
 * changes nothing; what it knows goes on working. Functions and flags that came after
 * version 1.0 say so below, and "pkg-config --atleast-version=1.5 msgslot" whether the
 * library has them.
 *
 * The library keeps no state of its own. Descriptors, views and readers may be
 * used by any number of threads at once, also the same one; a watch is read, and a
 * writer used, by one thread at a time. What is closed must not be in use by others.
 * Only msgslot_view_open(), msgslot_watch_open(), msgslot_watch_open_with(),
 * msgslot_writer_open(), msgslot_writer_open_with(), for a message that is longer than
 * any before it msgslot_watch_next(), and for a channel's first lane
 * msgslot_reader_get() allocate memory.
 *
 * A program that "msgslot claim" runs has inherited the open file which holds the
 * claim; the environment variable MSGSLOT_FD names its descriptor. Where another open
 * file of the same slot, or of the same channel's file, is refused because of a claim
 * (-EBUSY), what puts, renews, clears or commits is tried by that one; the message's
 * author is that file's then.
 *
 * Where a function has a @channel, 0 means the one that was selected with
 * MSG_SLOT_CHANNEL, unless it says otherwise.
 */
#ifndef MSGSLOT_H
#define MSGSLOT_H

#include <message_slot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * msgslot_version() - the library's version
 *
 * Return: such as "1.4", for ever.
 */
const char *msgslot_version(void);

/**
 * msgslot_open() - open a slot
 * @slot: its name; or its device file, its directory in a slotfs, or its door there
 * @mode: O_RDONLY, O_WRONLY or O_RDWR
 *
 * A word without a slash is a name, "robot" for /run/slots/robot; the environment
 * variable MSGSLOT_DIR is another place than /run/slots, but for setuid programs. It is
 * not looked up in the current folder (that is "./robot"), unless there is a device file
 * there, or, if there is no slot of that name, a link to one. Since version 1.2: names,
 * directories and doors; before that only device files.
 *
 * The descriptor is closed by exec().
 *
 * Return: a descriptor, or -ENOTTY if the file is no slot, else what open() fails
 * with: -ENOENT, also if no slotfs is mounted there, -EACCES, -ENXIO if the module is
 * not loaded, ...
 */
int msgslot_open(const char *slot, int mode);

/**
 * msgslot_path() - the file that msgslot_open() opens
 * @slot: as for msgslot_open()
 * @path: filled in: such as "/run/slots/robot/.slot"; it need not be there
 * @room: the size of @path in bytes; PATH_MAX is always enough
 *
 * Since version 1.2.
 *
 * Return: 0, or -ENAMETOOLONG.
 */
int msgslot_path(const char *slot, char *path, size_t room);

/**
 * msgslot_open_channel() - open one channel of a slot
 * @slot: as for msgslot_open()
 * @name: the channel's name, such as "temperature" or "arm/left/torque"; or its number
 * @mode: O_RDONLY, O_WRONLY or O_RDWR; with O_CREAT the name is made if it is missing,
 *	and the directories in it, with mode 0666, and 0777, less the umask
 *
 * For those who may use this channel, and perhaps no other: the channel's file is opened,
 * or, if its mode does not let you, the whole slot. Either way the descriptor is narrowed
 * to the channel, as by msgslot_restrict(), which is selected: channel 0 is this one. A
 * device has channels by numbers only. Since version 1.2.
 *
 * Return: a descriptor; -ENOENT if the slot or the name is not there; -EINVAL if it is
 * no name or number of a channel, or a device is to have a name; -ENAMETOOLONG; -ENOSPC
 * if there are as many names as the mount allows; else as msgslot_open().
 */
int msgslot_open_channel(const char *slot, const char *name, int mode);

/**
 * msgslot_channel_id() - the id that a channel's name has
 * @fd: the slot
 * @name: such as "temperature", as a path below the slot; of digits only: the number
 *	that it is, also on a device
 * @channel: filled in, with 0 if it fails
 *
 * It stays the name's for as long as that is there; one that is made again later has
 * another. Since version 1.2.
 *
 * Return: 0; -ENOENT if there is no such name; -EINVAL if it can't be one, or the slot is
 * a device, which has no names; -EACCES if you may not look for it; -EPERM if the open
 * file was narrowed; -EISDIR, -ENOTDIR or -ENAMETOOLONG.
 */
int msgslot_channel_id(int fd, const char *name, uint32_t *channel);

/**
 * msgslot_channel_name() - the name that a channel has
 * @fd: the slot, or a channel's file
 * @channel: the channel
 * @name: filled in, with a zero byte at its end
 * @room: the size of @name in bytes; MSG_SLOT_LONGEST_NAME + 1 is always enough
 *
 * Since version 1.2.
 *
 * Return: the name's length, without the zero byte; -ENOENT if it has none; -EACCES if
 * you may not list the slot; -EINVAL for a device, which has no names; -ENOSPC if there
 * is not room for it; -EPERM if the open file was narrowed to another channel.
 */
ssize_t msgslot_channel_name(int fd, uint32_t channel, char *name, size_t room);

/**
 * msgslot_close() - close a slot
 * @fd: the slot, as from msgslot_open()
 *
 * Its claims end with the last descriptor of its open file; views have one.
 */
void msgslot_close(int fd);

/**
 * msgslot_put() - replace a channel's message
 * @fd: the slot
 * @channel: the channel
 * @message: the message
 * @size: its size in bytes
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: filled in: the message's version; or NULL
 *
 * Return: 0, or -EBADF, -EMSGSIZE, -EBUSY if another open file has claimed the
 * channel, -EPERM, -ENOMEM, -ENOSPC, -EINVAL or -EFAULT.
 */
int msgslot_put(int fd, uint32_t channel, const void *message, size_t size,
		uint64_t ttl, uint64_t *version);

/**
 * msgslot_put_if() - replace a channel's message, if it is still the one you saw
 * @fd: the slot
 * @channel: the channel
 * @message: the message
 * @size: its size in bytes
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: the version that the channel must have, 0 for no message. Filled in:
 *	the message's version, or the channel's if it was another
 *
 * Return: 0, -ESTALE if the channel has another version, else as msgslot_put().
 */
int msgslot_put_if(int fd, uint32_t channel, const void *message, size_t size,
		   uint64_t ttl, uint64_t *version);

/**
 * msgslot_get() - read a channel's message
 * @fd: the slot
 * @channel: the channel
 * @buf: where the message goes; no byte behind it is touched
 * @room: the size of @buf in bytes
 * @record: filled in, also with -EWOULDBLOCK and -ENOSPC; or NULL, which costs less
 *
 * Never waits.
 *
 * Return: the message's size, -EWOULDBLOCK if there is none, -ENOSPC if there is
 * not room for it (the record has its size), or -EBADF, -EPERM, -EINVAL, -ENOMEM,
 * -EFAULT.
 */
ssize_t msgslot_get(int fd, uint32_t channel, void *buf, size_t room,
		    struct msg_slot_record *record);

/**
 * msgslot_wait() - read a message that is newer than a version, once there is one
 * @fd: the slot
 * @channel: the channel
 * @version: the message's version must be above this; 0: any message
 * @timeout: how long to wait, in nanoseconds; 0: only look; MSG_SLOT_FOREVER
 * @buf: where the message goes
 * @room: the size of @buf in bytes
 * @record: filled in; or NULL
 *
 * Return: the message's size, -ETIMEDOUT, -EINTR for a signal, else as
 * msgslot_get().
 */
ssize_t msgslot_wait(int fd, uint32_t channel, uint64_t version,
		     uint64_t timeout, void *buf, size_t room,
		     struct msg_slot_record *record);

/**
 * msgslot_wait_change() - wait until a channel is other than it was
 * @fd: the slot
 * @channel: the channel
 * @version: the version that it had
 * @timeout: how long to wait, in nanoseconds; 0: only look; MSG_SLOT_FOREVER
 * @buf: where the message goes
 * @room: the size of @buf in bytes
 * @record: filled in; or NULL
 *
 * As msgslot_wait(), but returns also when the message is gone.
 *
 * Return: the message's size; 0 if there is no message any more, and the record
 * says why; else as msgslot_wait().
 */
ssize_t msgslot_wait_change(int fd, uint32_t channel, uint64_t version,
			    uint64_t timeout, void *buf, size_t room,
			    struct msg_slot_record *record);

/**
 * msgslot_renew() - give the message that is there a new time to live
 * @fd: the slot
 * @channel: the channel
 * @ttl: how long it lives from now on, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: filled in: the message's version, or 0 with -EWOULDBLOCK; or NULL
 *
 * A heartbeat: the message, its version, its author and the time at which it was
 * written stay, and who waits or watches is not woken. A message whose time is over is
 * no longer there: put it again. Since version 1.1.
 *
 * Return: 0, -EWOULDBLOCK if there is no message, -EINVAL if the module is too old to
 * know this, or -EBADF, -EBUSY if another open file has claimed the channel, -EPERM,
 * -ENOMEM or -EINVAL.
 */
int msgslot_renew(int fd, uint32_t channel, uint64_t ttl, uint64_t *version);

/**
 * msgslot_renew_if() - give a message a new time to live, if it is the one you saw
 * @fd: the slot
 * @channel: the channel
 * @ttl: how long it lives from now on, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: the version that the channel must have. Filled in: the channel's if it was
 *	another, 0 with -EWOULDBLOCK
 *
 * Since version 1.1.
 *
 * Return: 0, -ESTALE if the channel has a message of another version, else as
 * msgslot_renew().
 */
int msgslot_renew_if(int fd, uint32_t channel, uint64_t ttl, uint64_t *version);

/**
 * msgslot_clear() - take a channel's message away
 * @fd: the slot
 * @channel: the channel
 * @version: filled in: the version of the message that was taken away, 0 if there
 *	was none; or NULL
 *
 * Return: 0, also if there was none, or -EBADF, -EBUSY, -EPERM or -EINVAL.
 */
int msgslot_clear(int fd, uint32_t channel, uint64_t *version);

/**
 * msgslot_clear_if() - take a channel's message away, if it is the one you saw
 * @fd: the slot
 * @channel: the channel
 * @version: the version that the channel must have. Filled in: as
 *	msgslot_clear(), or the channel's if it was another
 *
 * Return: 0, -ESTALE if the channel has another version, else as msgslot_clear().
 */
int msgslot_clear_if(int fd, uint32_t channel, uint64_t *version);

/**
 * msgslot_claim() - be the only one who may write a channel
 * @fd: the slot; the claim belongs to its open file
 * @channel: the channel
 * @end: what becomes of the channel when the claim ends
 * @will: with MSG_SLOT_END_WILL, its message then; else NULL
 * @size: the size of @will in bytes; else 0
 *
 * Claiming again changes @end and @will.
 *
 * Return: 0, -EBUSY if another open file has it, else as msgslot_put() of the will.
 */
int msgslot_claim(int fd, uint32_t channel, enum msg_slot_end end,
		  const void *will, size_t size);

/**
 * msgslot_release() - end a claim
 * @fd: the slot
 * @channel: the channel
 *
 * Return: 0, or -EINVAL if this open file does not hold the claim.
 */
int msgslot_release(int fd, uint32_t channel);

/**
 * msgslot_restrict() - narrow an open file for good, before it is passed on
 * @fd: the slot
 * @channel: the only channel that it can be used for; 0: all
 * @flags: 0 or MSG_SLOT_READ_ONLY
 *
 * Return: 0, -EPERM if it was narrowed to another channel already, or -EINVAL.
 */
int msgslot_restrict(int fd, uint32_t channel, uint32_t flags);

/**
 * msgslot_into() - what msgslot_snapshot() is to read
 * @channel: the channel
 * @buf: where its message goes
 * @room: the size of @buf in bytes
 *
 * Return: an element for the array.
 */
static inline struct msg_slot_get msgslot_into(uint32_t channel, void *buf,
					       size_t room)
{
	struct msg_slot_get get;

	memset(&get, 0, sizeof(get));
	get.channel = channel;
	get.room = (uint32_t)(room < UINT32_MAX ? room : UINT32_MAX);
	get.buffer = (uintptr_t)buf;
	return get;
}

/**
 * msgslot_snapshot() - read several channels as they were at one moment
 * @fd: the slot
 * @gets: one for each channel, by msgslot_into(); the records are filled in
 * @count: how many, 1 to MSG_SLOT_MAX_SNAPSHOT
 *
 * The event in a record says whether there is a message. One that is larger than
 * its room is not copied, and the record has its size.
 *
 * Return: 0, or -EBADF, -EPERM, -EINVAL, -EFAULT or -ENOMEM.
 */
int msgslot_snapshot(int fd, struct msg_slot_get *gets, size_t count);

/**
 * struct msgslot_change - what msgslot_commit() is to do to a channel
 * @channel: the channel
 * @flags: 0, or MSG_SLOT_IF_VERSION: only if the channel's version is @version;
 *	MSG_SLOT_CLEARS: take the message away; since version 1.5 MSG_SLOT_FRAME: put a
 *	frame; or more of them
 * @message: the message; to take it away, NULL
 * @memfd: with MSG_SLOT_FRAME, instead: the frame, as for msgslot_put_frame()
 * @size: its size in bytes; to take it away, or with MSG_SLOT_FRAME, 0
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever; to take it
 *	away, 0
 * @version: with MSG_SLOT_IF_VERSION, the version that the channel must have, 0 for no
 *	message. Filled in by 0 and -ESTALE, see there
 */
struct msgslot_change {
	uint32_t channel;
	uint32_t flags;
	union {
		const void *message;
		int memfd;
	};
	size_t size;
	uint64_t ttl;
	uint64_t version;
};

/**
 * msgslot_commit() - change several channels, all of them or none
 * @fd: the slot, open for writing
 * @changes: one for each channel, no channel twice; the versions are filled in
 * @count: how many, 1 to MSG_SLOT_MAX_COMMIT
 * @failed: filled in: the index of the change that it failed for; @count if it failed for
 *	none alone, or did not fail; or NULL
 *
 * msgslot_snapshot() sees all of a commit or nothing of it, and all its messages have one
 * time and one author. Each condition must hold, at one moment. Who reads a single
 * channel never waits for a commit.
 *
 * With 0 the versions are those of the messages that were put, and of those that were
 * taken away, 0 where there was none. With -ESTALE nothing has changed, and they are
 * those that the channels had, all of them at one moment.
 *
 * Since version 1.4.
 *
 * Return: 0; -ESTALE if a channel has another version, @failed is the first of them; for
 * a change as msgslot_put() or msgslot_clear(): -EBUSY if another open file has claimed
 * the channel, -EPERM, -EMSGSIZE, -ENOSPC, -ENOMEM, -EFAULT or -EINVAL; of a frame as
 * msgslot_put_frame(); -EBADF; -EINVAL
 * also for a @count that is 0 or too large, a channel that is there twice, an unknown
 * flag, a message where one is to be taken away, or if the module is too old to know this.
 */
int msgslot_commit(int fd, struct msgslot_change *changes, size_t count,
		   size_t *failed);

/**
 * msgslot_frame_seal() - seal a memfd so that it can be a frame
 * @memfd: a descriptor of memfd_create(), with MFD_ALLOW_SEALING
 *
 * From now on nobody can change it. Since version 1.5.
 *
 * Return: 0; -EBUSY while somebody has it mapped for writing; -EPERM if it can't be
 * sealed, or is not open for writing; -EINVAL if it is no memfd; -EBADF.
 */
int msgslot_frame_seal(int memfd);

/**
 * msgslot_put_frame() - replace a channel's message by a frame, which is not copied
 * @fd: the slot
 * @channel: the channel
 * @memfd: the frame: a descriptor of a memfd with all seals, as by msgslot_frame_seal(). It
 *	stays yours, and may be closed.
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: filled in: the message's version; or NULL
 *
 * Costs the same whatever its size. Who knows no frames reads its bytes, by any function
 * for that but msgslot_watch_next(): there it is a message of no bytes. Since version 1.5.
 *
 * Return: 0; -EINVAL if it is no memfd, or is not sealed, or if the module is too old to
 * know this; -EMSGSIZE if it is empty or has 2^32 bytes; -EBADF, also for @memfd;
 * -EBUSY, -EPERM, -ENOMEM or -ENOSPC as msgslot_put().
 */
int msgslot_put_frame(int fd, uint32_t channel, int memfd, uint64_t ttl,
		      uint64_t *version);

/**
 * msgslot_put_frame_if() - the same, if the message is still the one you saw
 * @fd: the slot
 * @channel: the channel
 * @memfd: the frame
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever
 * @version: the version that the channel must have, 0 for no message. Filled in:
 *	the message's version, or the channel's if it was another
 *
 * Since version 1.5.
 *
 * Return: 0, -ESTALE if the channel has another version, else as msgslot_put_frame().
 */
int msgslot_put_frame_if(int fd, uint32_t channel, int memfd, uint64_t ttl,
			 uint64_t *version);

/**
 * msgslot_get_frame() - a descriptor of a channel's frame
 * @fd: the slot
 * @channel: the channel
 * @record: filled in, also with -EWOULDBLOCK, -ENODATA, -EMFILE and -ENFILE; or NULL
 *
 * Costs the same whatever its size, which is in the record. The descriptor is for reading
 * and for mapping (PROT_READ, MAP_SHARED), close-on-exec, and yours to close; what it
 * shows never changes, whatever becomes of the channel. Never waits: poll() and
 * msgslot_wait() with no room do. Since version 1.5.
 *
 * Return: the descriptor; -EWOULDBLOCK if there is no message, -ENODATA if it is no
 * frame; -EINVAL, also if the module is too old to know this; -EBADF, -EPERM, -EMFILE,
 * -ENFILE or -ENOMEM.
 */
int msgslot_get_frame(int fd, uint32_t channel, struct msg_slot_record *record);

/**
 * msgslot_limits() - how much a slot takes
 * @fd: the slot
 * @limits: filled in
 *
 * Return: 0, or -EPERM if the open file was narrowed to a channel.
 */
int msgslot_limits(int fd, struct msg_slot_limits *limits);

/**
 * msgslot_set_limits() - change how much a slot takes
 * @fd: the slot
 * @limits: what it is to take
 *
 * Return: 0, -EPERM without CAP_SYS_RESOURCE, or -EINVAL.
 */
int msgslot_set_limits(int fd, const struct msg_slot_limits *limits);

/**
 * msgslot_usage() - how much a slot has
 * @fd: the slot
 * @usage: filled in
 *
 * Return: 0, or -EPERM if the open file was narrowed to a channel.
 */
int msgslot_usage(int fd, struct msg_slot_usage *usage);

/**
 * msgslot_counters() - how often things happened in a slot, and what it has
 * @fd: the slot
 * @counters: filled in
 *
 * Return: 0, -EPERM if the open file was narrowed to a channel, or -EINVAL if the module is
 * older than this.
 */
int msgslot_counters(int fd, struct msg_slot_counters *counters);

/** struct msgslot_watch - tells what changes in a slot */
struct msgslot_watch;

/**
 * struct msgslot_event - what a watch tells
 * @record: of which channel, and what happened to it
 * @message: record.size bytes, which are the watch's, up to the next call
 */
struct msgslot_event {
	struct msg_slot_record record;
	const void *message;
};

/**
 * msgslot_watch_open() - begin to watch
 * @fd: the slot, which may be closed afterwards
 * @channels: their ids, none of them 0
 * @count: how many, up to MSG_SLOT_MAX_WATCHED; 0: watch the whole slot
 * @watch: filled in; for msgslot_watch_close()
 *
 * Return: 0, or -EBADF, -EPERM, -EINVAL, -EFAULT, -EMFILE, -ENFILE or -ENOMEM.
 */
int msgslot_watch_open(int fd, const uint32_t *channels, size_t count,
		       struct msgslot_watch **watch);

/**
 * msgslot_watch_open_with() - begin to watch, and say what is to be told
 * @fd: the slot, which may be closed afterwards
 * @channels: their ids, none of them 0
 * @count: how many, up to MSG_SLOT_MAX_WATCHED; 0: watch the whole slot
 * @flags: 0, or MSG_SLOT_WATCH_CHANGES: only what changes from now on, not first what is
 *	there; MSG_SLOT_WATCH_PRESENT: an event MSG_SLOT_PRESENT of channel 0 when all
 *	that was there has been told, also if that was nothing; or both
 * @watch: filled in; for msgslot_watch_close()
 *
 * Since version 1.1.
 *
 * Return: as msgslot_watch_open(), which is this with flags 0; also -EINVAL for a flag
 * that the module is too old to know.
 */
int msgslot_watch_open_with(int fd, const uint32_t *channels, size_t count,
			    uint32_t flags, struct msgslot_watch **watch);

/**
 * msgslot_watch_fd() - the watch's descriptor, for poll()
 * @watch: the watch
 *
 * Only to wait with: POLLIN says that there may be an event. When poll() has
 * returned, call msgslot_watch_next() until it returns 0 before the next poll(),
 * for it takes several events at a time.
 *
 * Return: the descriptor.
 */
int msgslot_watch_fd(const struct msgslot_watch *watch);

/**
 * msgslot_watch_next() - the next event
 * @watch: the watch
 * @timeout: how long to wait for one, in nanoseconds; 0: only look;
 *	MSG_SLOT_FOREVER
 * @event: filled in
 *
 * First the channels that have a message, then those that change, the latest of
 * each; what changes just as it is told may be told again, with the same version.
 * After MSG_SLOT_RESTART forget what was told so far. See msgslot_watch_open_with()
 * for MSG_SLOT_PRESENT.
 *
 * Return: 1, or 0 if there was none in that time; -EINTR for a signal while it
 * waited; -ENOMEM.
 */
int msgslot_watch_next(struct msgslot_watch *watch, uint64_t timeout,
		       struct msgslot_event *event);

/**
 * msgslot_watch_close() - end a watch
 * @watch: the watch, or NULL
 */
void msgslot_watch_close(struct msgslot_watch *watch);

/** struct msgslot_view - a slot's messages in this process's memory, read only */
struct msgslot_view;

/**
 * msgslot_view_open() - map a slot
 * @fd: the slot, which may be closed afterwards: the view has a descriptor of the
 *	same open file
 * @view: filled in; for msgslot_view_close()
 *
 * It takes address space for all channels that the slot may ever have, and memory
 * for those there are.
 *
 * Return: 0; -EPERM if the open file was narrowed to a channel, for a page shows
 * others too; -EPROTONOSUPPORT if the module maps in a way that this library does
 * not know; -EINVAL if it is too old to map; or -EBADF, -EMFILE, -ENOMEM.
 */
int msgslot_view_open(int fd, struct msgslot_view **view);

/**
 * msgslot_view_close() - end a view, and with it all its readers
 * @view: the view, or NULL
 */
void msgslot_view_close(struct msgslot_view *view);

/**
 * struct msgslot_reader - reads a channel through a view
 * @view: the view
 * @cell: where the channel was last seen
 * @channel: the channel
 * @reserved: how often long messages took a call
 *
 * The memory is yours, the fields are the library's. Nothing has to be done when
 * it is no longer needed. It can be copied.
 */
struct msgslot_reader {
	struct msgslot_view *view;
	const struct msg_slot_cell *cell;
	uint32_t channel;
	uint32_t reserved;
};

/**
 * struct msgslot_info - what a reader knows of a message
 * @version: its version; 0: there is no message, and all below is 0
 * @written: when it was written, in nanoseconds of CLOCK_BOOTTIME; where it had to
 *	be asked for by a system call, inexact by the time that took
 * @expires: when it is over, likewise, or MSG_SLOT_FOREVER
 * @size: its size in bytes
 * @reserved: 0
 */
struct msgslot_info {
	uint64_t version;
	uint64_t written;
	uint64_t expires;
	uint32_t size;
	uint32_t reserved;
};

/**
 * msgslot_reader_init() - make a reader of a channel
 * @reader: filled in
 * @view: the view, which must outlive the reader
 * @channel: the channel, which need not have a message; not 0
 *
 * Makes no system call: the first message that is read costs two.
 *
 * Return: 0, or -EINVAL for channel 0.
 */
int msgslot_reader_init(struct msgslot_reader *reader,
			struct msgslot_view *view, uint32_t channel);

/**
 * msgslot_reader_get() - read a channel's message, as a rule without a system call
 * @reader: the reader
 * @buf: where the message goes. No byte behind it is touched, and none when there
 *	is an error, unless a writer came in the middle of it
 * @room: the size of @buf in bytes
 * @info: filled in, also with -EWOULDBLOCK and -ENOSPC; or NULL
 *
 * It never waits, and does not read anything older than a write that has returned,
 * or a later version before an earlier one. A system call, or two for the first
 * message of a channel, is made for a message of 121 to 128 bytes with a time to live,
 * for a channel that has never had a message or was cleared, and by a reader that was
 * overtaken by eight writers running.
 *
 * A message above 128 bytes takes a call the first two times; the second time the view maps
 * a window of the channel (see message_slot.h), which has room for two messages of that
 * size and is charged to the memory cgroup of the caller, and from then on it takes none
 * (since version 1.5). A larger one takes calls again until a larger window is mapped; one
 * that could not go to the window takes a call, as a frame does.
 *
 * So are messages of a writer read that has a lane (since version 1.3). Two or three
 * calls find the lane, each time that the writer has made a call or there is another
 * one; and where @info is not NULL one is made for each message of a writer that tells
 * no times. The view keeps a page mapped for each channel that was read in a lane.
 *
 * Return: the message's size, -EWOULDBLOCK if there is none, -ENOSPC if there is
 * not room for it, or -EPERM if the view's open file was narrowed since.
 */
ssize_t msgslot_reader_get(struct msgslot_reader *reader, void *buf,
			   size_t room, struct msgslot_info *info);

/** MSGSLOT_WRITER_TIMES - flag of a writer: take the time of each message from the clock */
#define MSGSLOT_WRITER_TIMES 1

/** struct msgslot_writer - writes a channel that is claimed, without a system call */
struct msgslot_writer;

/**
 * msgslot_writer_open() - claim a channel, to write it often
 * @fd: the slot, which may be closed afterwards: the writer has a descriptor of the
 *	same open file
 * @channel: the channel; for 0 @fd must be open for reading
 * @writer: filled in; for msgslot_writer_close()
 *
 * Where @fd is open for reading and writing, and the slot takes messages of 128 bytes, a
 * message is a few stores into memory then, which readers have mapped: a lane, see
 * <message_slot.h>. Else, as in a module that is older than version 1.3, it is a system
 * call, and all the same to everybody else. msgslot_writer_has_lane() tells.
 *
 * One thread at a time may use it. The claim ends as each claim does: with
 * msgslot_writer_close(), or with the open file, however the process ends. Then the
 * message stays. A writer that is killed anywhere leaves a whole message, the one before
 * or the one that it was putting.
 *
 * A child of fork() may use the writer as well, but it has no lane there, and closing it
 * there leaves the claim alone. As it shares the open file, the claim does not end before
 * the child has closed that, or ended. exec() closes it.
 *
 * Whoever ends the claim by other means (msgslot_release(), or msgslot_restrict() of the
 * same open file) takes the lane away: to put into it after that is SIGBUS.
 *
 * Since version 1.3.
 *
 * Return: 0; -EBUSY if another open file has claimed the channel; -EEXIST if there is a
 * writer of it by this open file; -EBADF, -EPERM, -EINVAL, -ENOSPC, -EMFILE or -ENOMEM.
 */
int msgslot_writer_open(int fd, uint32_t channel,
			struct msgslot_writer **writer);

/**
 * msgslot_writer_open_with() - claim a channel, and say what is to become of it
 * @fd: the slot
 * @channel: the channel; for 0 @fd must be open for reading
 * @end: what becomes of the channel when the claim ends
 * @will: with MSG_SLOT_END_WILL, its message then; else NULL
 * @size: the size of @will in bytes; else 0
 * @flags: 0, or MSGSLOT_WRITER_TIMES: each message gets the time at which it was put,
 *	which costs more than the put. Else one in a lane counts as written when somebody
 *	first asks for it
 * @writer: filled in; for msgslot_writer_close()
 *
 * msgslot_writer_open() is this with MSG_SLOT_END_KEEP. What this open file has claimed
 * before may be given, @end and @will are new then. Since version 1.3.
 *
 * Return: as msgslot_writer_open(); also what msgslot_put() of the will returns, and
 * -EINVAL for an unknown flag.
 */
int msgslot_writer_open_with(int fd, uint32_t channel, enum msg_slot_end end,
			     const void *will, size_t size, uint32_t flags,
			     struct msgslot_writer **writer);

/**
 * msgslot_writer_has_lane() - whether messages go without a system call
 * @writer: the writer
 *
 * Since version 1.3.
 *
 * Return: whether they do; not in a child of fork().
 */
bool msgslot_writer_has_lane(const struct msgslot_writer *writer);

/**
 * msgslot_writer_put() - replace the channel's message
 * @writer: the writer
 * @message: the message
 * @size: its size in bytes
 *
 * A system call is made for a message above 128 bytes, and for one that somebody waits
 * for: with poll(), msgslot_wait() or a watch. A watch that was told, and has not looked,
 * is not told again. Readers see all messages in their order. To take the message away,
 * call msgslot_clear().
 *
 * Since version 1.3.
 *
 * Return: 0; -EINVAL if the claim has ended just now; or, of a message that takes a call,
 * as msgslot_put().
 */
int msgslot_writer_put(struct msgslot_writer *writer, const void *message,
		       size_t size);

/**
 * msgslot_writer_put_with() - replace the channel's message, with its times
 * @writer: the writer
 * @message: the message
 * @size: its size in bytes
 * @ttl: how long it lives, in nanoseconds; 0 or MSG_SLOT_FOREVER: for ever. A message
 *	above 120 bytes that has a time to live takes a system call
 * @written: when it was written, in nanoseconds of CLOCK_BOOTTIME; 0: as the writer was
 *	opened. A time that is yet to come, or before that of the last message, counts for
 *	nothing, nor does any where the message takes a call: then it is the present
 *
 * Since version 1.3.
 *
 * Return: as msgslot_writer_put(), also -EINVAL for a @ttl that is none.
 */
int msgslot_writer_put_with(struct msgslot_writer *writer, const void *message,
			    size_t size, uint64_t ttl, uint64_t written);

/**
 * msgslot_writer_buffer() - where the next message can be made, to save a copy
 * @writer: the writer
 *
 * It is good for one msgslot_writer_publish(), and in this process only. Nobody reads
 * it before. A message that is put in between may lie there, too. Since version 1.3.
 *
 * Return: 128 bytes, of any values.
 */
void *msgslot_writer_buffer(struct msgslot_writer *writer);

/**
 * msgslot_writer_publish() - what is in the buffer becomes the channel's message
 * @writer: the writer
 * @size: the message's size in bytes
 *
 * Since version 1.3.
 *
 * Return: as msgslot_writer_put(), which is this and a copy; -EMSGSIZE for 0 bytes or
 * more than 128.
 */
int msgslot_writer_publish(struct msgslot_writer *writer, size_t size);

/**
 * msgslot_writer_close() - end a writer, and its claim
 * @writer: the writer, or NULL
 *
 * Since version 1.3.
 */
void msgslot_writer_close(struct msgslot_writer *writer);

#ifdef __cplusplus
}
#endif

#endif /* MSGSLOT_H */

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Message Slot: last-value mailboxes in the kernel.
 *
 * A *slot* is a character device file; every minor number of the module's
 * major is a slot of its own. A slot has *channels*, named by a number from 1
 * to 4294967295. A channel holds at most one *message*: the last one written.
 * Reading does not consume it, writing replaces it whole.
 *
 * A slot may also be a directory of a slotfs (slotfs(5)), made by mkdir(), and then its
 * file ".slot" is what a device file is here; its channels may have names there, which
 * are files. A descriptor of such a file is narrowed to its channel, see
 * MSG_SLOT_RESTRICT, and is read and written by position, as files are.
 *
 *	int fd = open("/dev/slot0", O_RDWR);
 *
 *	ioctl(fd, MSG_SLOT_CHANNEL, 7);		// select channel 7
 *	write(fd, "21.5", 4);			// replace its message
 *	n = read(fd, buf, sizeof(buf));		// 4, as often as you like
 *
 * What each call does:
 *
 * open(slot)
 *	Any number of times, in any mode. Each open file has a selected
 *	channel of its own, none at first. Descriptors that share an open file
 *	(dup, fork, exec, SCM_RIGHTS) share its selection.
 *
 * ioctl(fd, MSG_SLOT_CHANNEL, id)
 *	Selects channel @id for this open file. See MSG_SLOT_CHANNEL.
 *
 * write(fd, buf, n)
 *	Makes the n bytes at buf (1 to the slot's largest message, of any value)
 *	the channel's message, and returns n. Readers see the old message or the
 *	new one, never a mixture. When it fails, the old message stays.
 *	writev() gathers one message.
 *
 * read(fd, buf, n)
 *	Copies the whole last message to buf and returns its size. It never
 *	waits, with or without O_NONBLOCK, unless MSG_SLOT_BLOCKING asked for
 *	it. No byte of buf behind the message is touched, and none when it
 *	fails with an error other than EFAULT and ENOMEM, unless a writer came
 *	in the middle of it. readv() scatters one message.
 *
 * pread(fd, buf, n, id), pwrite(fd, buf, n, id)
 *	The same for channel id, whatever is selected: one call, which leaves
 *	the selection alone, so threads can share a descriptor. Offset 0 means
 *	the selected channel. So do preadv2(), pwritev2() and io_uring's reads
 *	and writes. There is nothing to seek in: lseek() fails with ESPIPE.
 *
 * poll(), select(), epoll
 *	POLLIN when the selected channel holds a message that this open file has
 *	not read since it selected the channel; reading at an offset does not
 *	count. POLLOUT always. POLLERR while no channel is selected, and without
 *	memory to wait. When another channel is selected, those who wait do so
 *	for that one. To wait takes some memory, charged to who waits.
 *
 * io_uring
 *	Reads and writes are done at once where a system call would not sleep.
 *	A read that finds no message completes with EWOULDBLOCK if the request
 *	has RWF_NOWAIT; else io_uring itself waits until the *selected* channel
 *	has one (it asks poll, whatever O_NONBLOCK says). So give RWF_NOWAIT for
 *	reads at an offset. MSG_SLOT_URING_WRITE and MSG_SLOT_URING_READ do the
 *	same for fewer instructions.
 *
 * Further ioctl() commands read and write messages with what the kernel knows of
 * them (version, time, author, time to live), on a condition; wait, for one
 * channel or as a watch for many; claim channels; and narrow an open file before
 * it is passed on. See "Records" below.
 *
 * Messages outlive every close; they end when they are replaced or cleared, when
 * their time to live is over, or when the module is unloaded. All calls may be
 * made from any thread at any time.
 *
 * Errors, looked for in this order; only ENOMEM may come earlier:
 *
 *	===========  =======  ====================================================
 *	errno        call     meaning
 *	===========  =======  ====================================================
 *	EBADF        all      the file is not open for that, reading or writing
 *	EPERM        all      beyond what MSG_SLOT_RESTRICT left of the open file,
 *	                      whatever the arguments are
 *	EPERM        ioctl    MSG_SLOT_SET_LIMITS without CAP_SYS_RESOURCE
 *	EFAULT       ioctl    the argument's address is not memory of the
 *	                      caller's, wholly
 *	EINVAL       ioctl    the id is 0, an argument is out of range, or the
 *	                      command is unknown; nothing changes
 *	EINVAL       read,    no channel is selected, or the offset is negative
 *	             write    or above 4294967295
 *	EPERM        all      not the channel that MSG_SLOT_RESTRICT left
 *	EMSGSIZE     write    n is 0 or above the slot's largest message
 *	EFAULT       write    the message is not in memory of the caller's, wholly
 *	EBUSY        write    another open file has claimed the channel
 *	EEXIST       ioctl    MSG_SLOT_LANE: the channel has a lane already
 *	EWOULDBLOCK  ioctl    MSG_SLOT_RENEW: the channel has no message
 *	ENODATA      ioctl    MSG_SLOT_GET_FRAME: the message is no frame
 *	ESTALE       ioctl    the channel's version is not the one given
 *	ETIMEDOUT    ioctl    MSG_SLOT_WAIT waited that long
 *	EWOULDBLOCK  read     the channel has no message yet, or with
 *	                      MSG_SLOT_BLOCKING and O_NONBLOCK no new one
 *	EINTR        read,    a signal came while it waited (MSG_SLOT_BLOCKING,
 *	             ioctl    MSG_SLOT_WAIT), see SA_RESTART in sigaction(2)
 *	ENOSPC       read     n is smaller than the message
 *	EFAULT       read     the message would go where the caller has no memory
 *	ENOMEM       read     no memory for a copy of a message above 128 bytes,
 *	                      which is charged to the reader: any call but
 *	                      read() takes one, and it where the buffer is not
 *	                      in memory; or to wait for a message
 *	ENOMEM       write    no memory for a new channel or a message above 128
 *	                      bytes, or the memory cgroup's limit is reached; also
 *	                      open(), for a new slot or file. A 32-bit kernel has
 *	                      addresses for some 100 MiB of messages above 64 KiB
 *	ENOSPC       write    a new channel is one more than the slot may have, or
 *	                      with the message the slot would take more memory
 *	                      than it may
 *	ESPIPE       lseek    always
 *	===========  =======  ====================================================
 *
 * Of a slotfs, mkdir() of a slot or directory, and open() of a new name, fail with
 * ENOSPC when there are as many slots or names as its options allow; unlink(), rename()
 * and truncate() with EBUSY when another open file has claimed the channel; slotfs(5)
 * has all.
 *
 * EWOULDBLOCK and EAGAIN are the same number on Linux. open() gives in
 * addition what opening any file gives (ENOENT, EACCES, EMFILE, ...), and
 * ENXIO where the module is not loaded.
 *
 * For programs that were written beside another message_slot.h: every name here
 * begins with MSG_SLOT_ or msg_slot_. There is no MAJOR_NUM or MAJOR_NUMBER (here
 * it is MSG_SLOT_MAJOR), no BUF_LEN, MAX_MSG_LEN, MAX_BUFFER or BUFFER_SIZE
 * (MSG_SLOT_MAX_MESSAGE), no DEVICE_NAME, DEVICE_FILE_NAME, DEVICE_RANGE_NAME,
 * SUCCESS or FAIL, and no MSG_SLOT_SET_CEN.
 */
#ifndef MESSAGE_SLOT_H
#define MESSAGE_SLOT_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * MSG_SLOT_MAJOR - the device major number of slots, unless the module was
 * loaded with another (parameter "major"). The ioctl commands keep this number
 * as their magic whatever the major is.
 */
#define MSG_SLOT_MAJOR 235

/**
 * MSG_SLOT_MAX_MESSAGE - the largest message that a slot takes, in bytes, unless
 * its limit was changed (&struct msg_slot_limits). The smallest is 1.
 */
#define MSG_SLOT_MAX_MESSAGE 128

/**
 * MSG_SLOT_MAX_CHANNELS - the number of channels a slot can hold at a time, unless
 * its limit was lowered. Their ids may be any numbers from 1 to 4294967295.
 */
#define MSG_SLOT_MAX_CHANNELS 1048576

/**
 * MSG_SLOT_CHANNEL - ioctl command: select a channel for this open file.
 *
 * The argument is the channel's id itself, an unsigned int, not a pointer to
 * it; where a long is passed, its lower 32 bits are the id. Selecting makes
 * nothing: a channel comes into being with its first message.
 *
 * Any open file may select, whatever its mode. Returns 0, or -1 with errno
 * EINVAL for id 0.
 *
 * Programs with a header of their own may have this command with an unsigned
 * long or a pointer instead, whose size is part of the number: 4 and 8 are both
 * taken, on every machine, and mean the same.
 */
#define MSG_SLOT_CHANNEL _IOW(MSG_SLOT_MAJOR, 0, unsigned int)

/**
 * MSG_SLOT_BLOCKING - ioctl command: let read() wait, or not.
 *
 * The argument is 1 or 0 (an unsigned int, as above). After 1, read() on this
 * open file waits until the selected channel holds a message that this open
 * file has not read since it selected the channel, and returns that. A signal
 * ends the wait (EINTR); with O_NONBLOCK, read() fails with EWOULDBLOCK instead
 * of waiting. Reads at an offset other than 0 never wait. A read that waits
 * already goes on doing so after 0.
 *
 * Returns 0, or -1 with errno EINVAL for any other argument.
 *
 * Its number is not 1: another module of this contract has that for something
 * else (MSG_SLOT_SET_CEN, which changes what is written). Here number 1 is an
 * unknown command for ever, so that a program which wants that is told.
 */
#define MSG_SLOT_BLOCKING _IOW(MSG_SLOT_MAJOR, 18, unsigned int)

/**
 * MSG_SLOT_LARGEST_MESSAGE - the highest limit for the size of a message, in
 * bytes.
 */
#define MSG_SLOT_LARGEST_MESSAGE 1048576

/** MSG_SLOT_NO_LIMIT - for &struct msg_slot_limits.max_bytes: any number */
#define MSG_SLOT_NO_LIMIT (~0ULL)

/**
 * struct msg_slot_limits - how much a slot takes
 * @max_message: the largest message, in bytes: 1 to MSG_SLOT_LARGEST_MESSAGE
 * @max_channels: the number of channels: 1 to MSG_SLOT_MAX_CHANNELS
 * @max_bytes: the memory for channels and for messages above 128 bytes, in
 *	bytes, as MSG_SLOT_GET_USAGE counts it: 1 to MSG_SLOT_NO_LIMIT. What open
 *	files keep for their next long message (see &struct msg_slot_usage) is within
 *	it, but never in the way of what needs the room.
 */
struct msg_slot_limits {
	__u32 max_message;
	__u32 max_channels;
	__u64 max_bytes;
};

/**
 * struct msg_slot_usage - how much a slot has
 * @channels: the number of channels
 * @reserved: 0
 * @bytes: the memory that they take: a fixed amount each, and each message
 *	above 128 bytes its size
 *
 * An open file whose message of more than 128 bytes has replaced another of its own keeps
 * the memory of that one for the next, which then costs no allocation: one message's for
 * each open file, charged to who wrote it. It is given back when such a message of the
 * file is cleared, expires, or makes way for a short one, when the file is closed, and
 * when something does not fit in max_bytes otherwise, or memory is short, in the writer's
 * memory cgroup or on the machine. It is not in @bytes.
 */
struct msg_slot_usage {
	__u32 channels;
	__u32 reserved;
	__u64 bytes;
};

/**
 * MSG_SLOT_GET_LIMITS - ioctl command: a slot's limits.
 *
 * The argument points to a &struct msg_slot_limits. A slot begins with the
 * module's parameters max_message, max_channels and max_bytes. Returns 0, or
 * -1 with errno EFAULT.
 */
#define MSG_SLOT_GET_LIMITS _IOR(MSG_SLOT_MAJOR, 2, struct msg_slot_limits)

/**
 * MSG_SLOT_SET_LIMITS - ioctl command: change a slot's limits while it is in
 * use.
 *
 * The argument points to a &struct msg_slot_limits. The limits hold for what
 * is written from now on, by whichever open file; what is there stays, also
 * where it is beyond them. Needs CAP_SYS_RESOURCE. Returns 0, or -1 with errno
 * EPERM, EFAULT, or EINVAL for a value that is out of range; then nothing
 * changes.
 */
#define MSG_SLOT_SET_LIMITS _IOW(MSG_SLOT_MAJOR, 3, struct msg_slot_limits)

/**
 * MSG_SLOT_GET_USAGE - ioctl command: how much a slot has.
 *
 * The argument points to a &struct msg_slot_usage. Returns 0, or -1 with errno
 * EFAULT.
 */
#define MSG_SLOT_GET_USAGE _IOR(MSG_SLOT_MAJOR, 4, struct msg_slot_usage)

/**
 * struct msg_slot_counters - how often things happened in a slot, and what it has
 * @writes: messages that were written, by whatever call: write(), MSG_SLOT_PUT,
 *	MSG_SLOT_COMMIT (each of its puts), io_uring, and wills. Not what is written to a lane,
 *	which no call tells of
 * @clears: messages that were taken away: MSG_SLOT_CLEAR, MSG_SLOT_COMMIT, the end of a
 *	claim, and in slotfs also unlink() and truncate()
 * @expiries: messages whose time to live was over, once each: when the kernel took it
 *	away, soon after, or another message came before that
 * @claims: claims that have begun; claiming again what one holds begins none
 * @held: claims that have not ended
 * @wills: wills that became a message
 * @restarts: how often a watch was told MSG_SLOT_RESTART
 * @channels: as in &struct msg_slot_usage
 * @bytes: likewise
 * @max_message: as in &struct msg_slot_limits
 * @max_channels: likewise
 * @max_bytes: likewise
 * @reserved: 0
 *
 * Counted is from when the slot was made. All but those from @channels on, and @held, only
 * grow. What happens during the call may be counted in one and not yet in another.
 */
struct msg_slot_counters {
	__u64 writes;
	__u64 clears;
	__u64 expiries;
	__u64 claims;
	__u64 held;
	__u64 wills;
	__u64 restarts;
	__u64 channels;
	__u64 bytes;
	__u64 max_message;
	__u64 max_channels;
	__u64 max_bytes;
	__u64 reserved[4];
};

/**
 * MSG_SLOT_GET_COUNTERS - ioctl command: how often things happened in a slot.
 *
 * The argument points to a &struct msg_slot_counters; all but @reserved is filled in.
 * Returns 0, or -1 with errno EPERM (narrowed to a channel), EFAULT, or EINVAL (@reserved is
 * not 0; unknown in older modules, too).
 */
#define MSG_SLOT_GET_COUNTERS \
	_IOWR(MSG_SLOT_MAJOR, 26, struct msg_slot_counters)

/**
 * struct msg_slot_transfer - what an io_uring command moves, and where
 * @buffer: the address of the message, or of where it goes
 * @size: the size of the message, or of the room for it, in bytes
 * @channel: the channel's id; 0: the selected channel
 */
struct msg_slot_transfer {
	__u64 buffer;
	__u32 size;
	__u32 channel;
};

/**
 * MSG_SLOT_URING_WRITE - io_uring command: write a message.
 *
 * For the operation IORING_OP_URING_CMD: it goes in the entry's cmd_op, and a
 * &struct msg_slot_transfer in its cmd. The same as pwrite(), and as an entry of
 * many in one submission it costs less. The result is the size, or a negative
 * errno: EBADF for a file that is not open for writing, else as write() has it.
 * Leave the buffer alone until it completes, and the entry until it is submitted.
 */
#define MSG_SLOT_URING_WRITE _IOW(MSG_SLOT_MAJOR, 5, struct msg_slot_transfer)

/**
 * MSG_SLOT_URING_READ - io_uring command: read a message.
 *
 * Likewise, the same as pread(). It never waits: without a message the result
 * is -EWOULDBLOCK, with MSG_SLOT_BLOCKING too.
 */
#define MSG_SLOT_URING_READ _IOW(MSG_SLOT_MAJOR, 6, struct msg_slot_transfer)

/*
 * Records: a message and what the kernel knows of it.
 *
 * Each change of a channel gives it a version above those it had before, also
 * after it was cleared, or expired, or its memory went back; so a version never
 * comes again in a channel. 0 is the version of a channel without a message.
 *
 * The author of a message is who opened the file that it was written through,
 * as with SO_PEERCRED: passing a descriptor on does not change the author. What
 * is told are the effective user and group and the process at the time of
 * open(), as the namespaces of the caller know them.
 *
 * Where a structure below has a channel, 0 means the selected one. Reserved
 * fields and unknown flags must be 0, or the call fails with EINVAL. Everything
 * has the same layout for 32-bit and 64-bit programs; addresses are 64 bits
 * wide. A call that fails changes nothing but the fields that are said to be
 * filled in.
 */

/** MSG_SLOT_FOREVER - for a time to live or a time-out: it never ends */
#define MSG_SLOT_FOREVER (~0ULL)

/** MSG_SLOT_NO_ID - a user or group that the caller's namespace has not got */
#define MSG_SLOT_NO_ID (~0U)

/**
 * enum msg_slot_event - what happened to a channel last
 * @MSG_SLOT_NOTHING: it has no message, and nobody needs to know why
 * @MSG_SLOT_WRITTEN: it has a message
 * @MSG_SLOT_CLEARED: its message was taken away
 * @MSG_SLOT_EXPIRED: its message's time to live is over
 * @MSG_SLOT_RESTART: only from a watch: forget what it said so far, the present
 *	state follows from the beginning
 * @MSG_SLOT_PRESENT: only from a watch with MSG_SLOT_WATCH_PRESENT: that was the
 *	present state, changes follow
 */
enum msg_slot_event {
	MSG_SLOT_NOTHING = 0,
	MSG_SLOT_WRITTEN = 1,
	MSG_SLOT_CLEARED = 2,
	MSG_SLOT_EXPIRED = 3,
	MSG_SLOT_RESTART = 4,
	MSG_SLOT_PRESENT = 5,
};

/**
 * struct msg_slot_record - what the kernel knows of a message
 * @channel: the channel's id
 * @event: an &enum msg_slot_event; all below is 0 unless it is MSG_SLOT_WRITTEN
 * @version: the message's version
 * @written: when it was written: nanoseconds since 1970 (CLOCK_REALTIME). Of two
 *	versions of a channel the higher one was not written earlier. It is counted
 *	back from the present, so setting that clock moves it, of messages that are
 *	there already, too: it is what the clock would have said then, had it been
 *	right.
 * @age: how long ago that was, in nanoseconds of CLOCK_BOOTTIME, which no one
 *	can set: setting CLOCK_REALTIME leaves it alone
 * @ttl: the rest of its time to live, in nanoseconds, or MSG_SLOT_FOREVER
 * @uid: the author's user, or MSG_SLOT_NO_ID
 * @gid: the author's group, or MSG_SLOT_NO_ID
 * @pid: the author's process, or 0 if the caller can't see it. It may have
 *	ended since, and its number be another's. Of one that ended the kernel keeps
 *	what tells its number, and its pid namespace, until the last message that it
 *	wrote is replaced twice or gone, and its files are closed: charged to whoever
 *	began the process, and one at most for each message and each open file.
 * @size: the message's size in bytes; 0 in a watch's event if it is a frame
 */
struct msg_slot_record {
	__u32 channel;
	__u32 event;
	__u64 version;
	__u64 written;
	__u64 age;
	__u64 ttl;
	__u32 uid;
	__u32 gid;
	__u32 pid;
	__u32 size;
};

/**
 * struct msg_slot_get - for MSG_SLOT_GET, MSG_SLOT_WAIT and MSG_SLOT_SNAPSHOT
 * @channel: the channel's id
 * @room: the size of @buffer in bytes
 * @buffer: the address of where the message goes
 * @record: filled in
 */
struct msg_slot_get {
	__u32 channel;
	__u32 room;
	__u64 buffer;
	struct msg_slot_record record;
};

/**
 * MSG_SLOT_GET - ioctl command: read a message and its record.
 *
 * The argument points to a &struct msg_slot_get. It never waits. Channel 0
 * counts as reading for poll(), an id does not.
 *
 * Returns 0, or -1 with errno EBADF (not open for reading), EPERM (narrowed to
 * another channel), EINVAL (no channel is selected), EFAULT; EWOULDBLOCK without
 * a message, ENOSPC without room for it and ENOMEM without memory for a copy of a
 * message above 128 bytes, and then the record is filled in.
 */
#define MSG_SLOT_GET _IOWR(MSG_SLOT_MAJOR, 7, struct msg_slot_get)

/**
 * MSG_SLOT_ANY_CHANGE - flag of MSG_SLOT_WAIT: return also when the channel has no
 * message, unless the version is 0.
 */
#define MSG_SLOT_ANY_CHANGE 1

/**
 * struct msg_slot_wait - for MSG_SLOT_WAIT
 * @version: wait for a message with a version above this; 0: for any message
 * @timeout: how long, in nanoseconds; 0: only look; MSG_SLOT_FOREVER
 * @flags: 0 or MSG_SLOT_ANY_CHANGE
 * @reserved: 0
 * @get: as for MSG_SLOT_GET
 */
struct msg_slot_wait {
	__u64 version;
	__u64 timeout;
	__u32 flags;
	__u32 reserved;
	struct msg_slot_get get;
};

/**
 * MSG_SLOT_WAIT - ioctl command: read a message that is newer than a version, and
 * wait until there is one.
 *
 * The argument points to a &struct msg_slot_wait. There is no gap between
 * looking and waiting: what is written in between is returned. With
 * MSG_SLOT_ANY_CHANGE it returns 0 also when the channel's version differs
 * because it has no message (any more); the record says so.
 *
 * Returns 0, or -1 with errno ETIMEDOUT, EINTR for a signal that has a handler, else
 * as MSG_SLOT_GET. When the process was stopped, frozen or traced it goes on with
 * what is left of its time, as poll() does (with a handler of SIGCONT it is EINTR);
 * how much that is stands in the record meanwhile. EINTR by a signal that came in just
 * that moment may leave it there: the same thread, if it waits again for the very same
 * with the very same record, then has what is left of its first time. Clear the record
 * to begin anew. Without a time-out it also goes on after a handler that was set up
 * with SA_RESTART.
 */
#define MSG_SLOT_WAIT _IOWR(MSG_SLOT_MAJOR, 8, struct msg_slot_wait)

/**
 * MSG_SLOT_IF_VERSION - flag of MSG_SLOT_PUT, MSG_SLOT_CLEAR, MSG_SLOT_RENEW and of each
 * put in MSG_SLOT_COMMIT: only if the channel's version is the one given. Version 0: only
 * if it has no message.
 */
#define MSG_SLOT_IF_VERSION 1

/**
 * MSG_SLOT_FRAME - flag of MSG_SLOT_PUT and of each put in MSG_SLOT_COMMIT: the message is
 * a frame; see "Frames" below. The buffer is a descriptor, and the size 0.
 */
#define MSG_SLOT_FRAME 4

/**
 * struct msg_slot_put - for MSG_SLOT_PUT and MSG_SLOT_COMMIT
 * @channel: the channel's id
 * @flags: MSG_SLOT_IF_VERSION, MSG_SLOT_FRAME, both or 0; in MSG_SLOT_COMMIT also
 *	MSG_SLOT_CLEARS
 * @buffer: the address of the message; with MSG_SLOT_FRAME a descriptor
 * @size: its size in bytes; with MSG_SLOT_FRAME 0
 * @reserved: 0
 * @ttl: how long it lives, in nanoseconds up to 2^63 - 1; 0 or MSG_SLOT_FOREVER:
 *	for ever
 * @version: with MSG_SLOT_IF_VERSION, that version. Filled in: the message's
 *	version, or when the call fails with ESTALE, the channel's
 */
struct msg_slot_put {
	__u32 channel;
	__u32 flags;
	__u64 buffer;
	__u32 size;
	__u32 reserved;
	__u64 ttl;
	__u64 version;
};

/**
 * MSG_SLOT_PUT - ioctl command: write a message, perhaps on a condition, perhaps
 * for a time only.
 *
 * The argument points to a &struct msg_slot_put. When its time is over, the
 * message is gone for every reader at once. A version that is a condition is that of
 * a message whose time was not over during the call; if it ends before the new one
 * is there, readers find none in between, and no other writer comes between.
 *
 * Returns 0, or -1 with errno EBADF (not open for writing), ESTALE (the version
 * is another), EBUSY (another open file has claimed the channel), EPERM (see
 * MSG_SLOT_RESTRICT), else as write().
 */
#define MSG_SLOT_PUT _IOWR(MSG_SLOT_MAJOR, 9, struct msg_slot_put)

/**
 * struct msg_slot_clear - for MSG_SLOT_CLEAR
 * @channel: the channel's id
 * @flags: 0 or MSG_SLOT_IF_VERSION
 * @version: with MSG_SLOT_IF_VERSION, that version. Filled in: the version of the
 *	message that was taken away, or 0 if there was none; when the call fails
 *	with ESTALE, the channel's
 */
struct msg_slot_clear {
	__u32 channel;
	__u32 flags;
	__u64 version;
};

/**
 * MSG_SLOT_CLEAR - ioctl command: take a channel's message away, and give its
 * memory back.
 *
 * The argument points to a &struct msg_slot_clear. What is taken away, or is a
 * condition, is a message whose time was not over during the call, as for
 * MSG_SLOT_PUT.
 *
 * Returns 0, also when there is no message, or -1 with errno EBADF, ESTALE, EBUSY,
 * EPERM, EINVAL or EFAULT as MSG_SLOT_PUT.
 */
#define MSG_SLOT_CLEAR _IOWR(MSG_SLOT_MAJOR, 10, struct msg_slot_clear)

/**
 * struct msg_slot_renew - for MSG_SLOT_RENEW
 * @channel: the channel's id
 * @flags: 0 or MSG_SLOT_IF_VERSION
 * @version: with MSG_SLOT_IF_VERSION, that version. Filled in: the message's
 *	version, or when the call fails with ESTALE or EWOULDBLOCK, the channel's
 * @ttl: how long it lives from now on, as for &struct msg_slot_put
 */
struct msg_slot_renew {
	__u32 channel;
	__u32 flags;
	__u64 version;
	__u64 ttl;
};

/**
 * MSG_SLOT_RENEW - ioctl command: give the message that is there a new time to live.
 *
 * The argument points to a &struct msg_slot_renew. The message stays as it is, with its
 * version, its author and the time at which it was written, and nobody is told: a
 * heartbeat that costs those who watch nothing. The new time may be longer or shorter,
 * and whether the message had one before does not matter. What was over before the call
 * can't be renewed; if it ends during the call, before the new time is there, readers may
 * find none in between, and then it again. So renew in time.
 *
 * Returns 0, or -1 with errno EWOULDBLOCK (there is no message), EBADF (not open for
 * writing), ESTALE, EBUSY, EPERM, EINVAL or EFAULT as MSG_SLOT_PUT, ENOMEM.
 */
#define MSG_SLOT_RENEW _IOWR(MSG_SLOT_MAJOR, 19, struct msg_slot_renew)

/** MSG_SLOT_MAX_SNAPSHOT - the number of channels that MSG_SLOT_SNAPSHOT takes */
#define MSG_SLOT_MAX_SNAPSHOT 64

/**
 * struct msg_slot_snapshot - for MSG_SLOT_SNAPSHOT
 * @gets: the address of an array of &struct msg_slot_get, one for each channel,
 *	no channel twice
 * @count: how many, 1 to MSG_SLOT_MAX_SNAPSHOT
 * @reserved: 0
 */
struct msg_slot_snapshot {
	__u64 gets;
	__u32 count;
	__u32 reserved;
};

/**
 * MSG_SLOT_SNAPSHOT - ioctl command: read several channels as they were at one
 * moment.
 *
 * The argument points to a &struct msg_slot_snapshot. All records are filled in.
 * A channel without a message has none in its record either; a message larger
 * than the room for it is not copied, and the record's size says so.
 *
 * Returns 0, or -1 with errno EBADF, EPERM, EINVAL, EFAULT or ENOMEM.
 */
#define MSG_SLOT_SNAPSHOT _IOW(MSG_SLOT_MAJOR, 11, struct msg_slot_snapshot)

/** MSG_SLOT_MAX_COMMIT - the number of channels that MSG_SLOT_COMMIT takes */
#define MSG_SLOT_MAX_COMMIT 64

/**
 * MSG_SLOT_CLEARS - flag of a &struct msg_slot_put, in MSG_SLOT_COMMIT only: take the
 * message away. The buffer's address, the size and the time to live are 0.
 */
#define MSG_SLOT_CLEARS 2

/**
 * struct msg_slot_commit - for MSG_SLOT_COMMIT
 * @puts: the address of an array of &struct msg_slot_put, one for each channel, no
 *	channel twice
 * @count: how many, 1 to MSG_SLOT_MAX_COMMIT
 * @failed: filled in: the index of the put that the call fails for, or @count if it is
 *	none alone, or the call does not fail
 */
struct msg_slot_commit {
	__u64 puts;
	__u32 count;
	__u32 failed;
};

/**
 * MSG_SLOT_COMMIT - ioctl command: change several channels of the slot at one moment, or
 * none of them.
 *
 * The argument points to a &struct msg_slot_commit. Each put is as for MSG_SLOT_PUT, with
 * MSG_SLOT_CLEARS as for MSG_SLOT_CLEAR, and has a condition or none. If all are met, and
 * nothing else is in the way, all is done, else nothing. MSG_SLOT_SNAPSHOT finds all of it
 * or nothing; a watch that tells one of its changes does so when all can be read. All
 * messages have the same time of writing. (Who reads one channel after the other, mapped
 * or by calls, may find a new message and then an old one, as with single puts.)
 *
 * When it returns 0, the version of each put is filled in: the message's, or with
 * MSG_SLOT_CLEARS that of the one that was taken away, 0 if there was none. When it fails
 * with ESTALE, the version of each is filled in that its channel had, all at one moment,
 * whatever the put's condition; @failed is the first one whose condition is not met.
 *
 * What is taken away or replaced by a shorter message makes room in max_bytes for what
 * comes in the same commit; a channel that is cleared makes room for a new one only
 * afterwards.
 *
 * Returns 0, or -1 with errno EBADF, EPERM, EINVAL, EFAULT, EMSGSIZE, ENOMEM, ENOSPC, EBUSY
 * or ESTALE, as MSG_SLOT_PUT: EINVAL also for a count out of range and a channel twice (of
 * the two, @failed is the second), EBUSY before ESTALE. EFAULT after all was done there is
 * only where the argument's memory goes, or becomes read only, during the call.
 */
#define MSG_SLOT_COMMIT _IOWR(MSG_SLOT_MAJOR, 24, struct msg_slot_commit)

/*
 * Frames: messages of any size that are not copied.
 *
 * A *frame* is a message that is a memfd (memfd_create(2)), sealed so that nobody can
 * change it any more:
 *
 *	int memfd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);
 *	struct msg_slot_put put = { .channel = 7, .flags = MSG_SLOT_FRAME };
 *	struct msg_slot_frame frame = { .channel = 7 };
 *
 *	write(memfd, pixels, size);		// or map it, and unmap it again
 *	fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
 *	put.buffer = memfd;
 *	ioctl(fd, MSG_SLOT_PUT, &put);		// the same for 1 byte and 1 GiB
 *	close(memfd);
 *
 *	memfd = ioctl(fd, MSG_SLOT_GET_FRAME, &frame);
 *	pixels = mmap(NULL, frame.record.size, PROT_READ, MAP_SHARED, memfd, 0);
 *
 * It is a message like any: it has a version, an author and a time to live, may be put on a
 * condition or in a commit, is waited for, is replaced, cleared and renewed. Its size is the
 * memfd's, up to 2^32 - 1 bytes, whatever the slot's max_message, which is a limit to what
 * the kernel copies. In max_bytes it counts for its pages (also one of a few bytes), in each
 * channel that has it.
 *
 * read(), MSG_SLOT_GET and all other calls that give messages copy its bytes to the caller,
 * if there is room, as those of any message: who knows no frames needs a large buffer, and
 * no more. Of that, ENFILE, and EIO if the machine lost a page, are further errors. Only a
 * watch gives no bytes: the record's event is MSG_SLOT_WRITTEN, and its size is 0, which
 * no other message has. Who maps the slot asks, as for other long messages.
 *
 * The channel keeps the memfd when its writer has closed it, or is gone. Who has a
 * descriptor of a frame keeps it as long as it likes, whatever becomes of the channel. The
 * memory is charged as that of any memfd: each page to the memory cgroup of who touched it
 * first, for as long as somebody has it, a channel or a descriptor; of pages that the writer
 * left out (a hole) that is who maps and touches them. When a channel is the last to let
 * go of it, the kernel frees it soon, not who writes there. Where a slot has no max_bytes,
 * frames are taken as long as all that the slot has, they included, is at most half of the
 * machine's memory, as a tmpfs has it.
 */

/**
 * struct msg_slot_frame - for MSG_SLOT_GET_FRAME
 * @channel: the channel's id
 * @reserved: 0
 * @record: filled in
 */
struct msg_slot_frame {
	__u32 channel;
	__u32 reserved;
	struct msg_slot_record record;
};

/**
 * MSG_SLOT_GET_FRAME - ioctl command: a descriptor of a channel's frame, and its record.
 *
 * The argument points to a &struct msg_slot_frame. The descriptor is a new one, of an open
 * file of the caller's own: at the beginning, read only, close-on-exec. The memfd's owner
 * and mode do not matter. Channel 0 counts as reading for poll(), an id does not.
 *
 * Returns the descriptor, or -1 with errno EBADF (not open for reading), EPERM (narrowed to
 * another channel), EINVAL, EFAULT; EWOULDBLOCK without a message, ENODATA if it is no frame,
 * EMFILE, ENFILE, ENOMEM, or EACCES or EPERM if a security module says so, and then the
 * record is filled in.
 *
 * MSG_SLOT_PUT with MSG_SLOT_FRAME fails, beside its other errors, with EINVAL if the
 * descriptor is not that of a memfd with F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW and
 * F_SEAL_WRITE (others do no harm), as with a file of a tmpfs, hugetlbfs (MFD_HUGETLB) or
 * memfd_secret(2); with EBADF if there is none, or it is not open for reading; with EMSGSIZE
 * if it is empty or has 2^32 bytes or more; ENOMEM. Older modules have EINVAL for both.
 */
#define MSG_SLOT_GET_FRAME _IOWR(MSG_SLOT_MAJOR, 25, struct msg_slot_frame)

/**
 * enum msg_slot_end - what becomes of a channel when its claim ends
 * @MSG_SLOT_END_CLEAR: its message is taken away
 * @MSG_SLOT_END_KEEP: its message stays
 * @MSG_SLOT_END_WILL: the will becomes its message
 */
enum msg_slot_end {
	MSG_SLOT_END_CLEAR = 0,
	MSG_SLOT_END_KEEP = 1,
	MSG_SLOT_END_WILL = 2,
};

/**
 * struct msg_slot_claim - for MSG_SLOT_CLAIM
 * @channel: the channel's id
 * @end: an &enum msg_slot_end
 * @will: the address of the will, with MSG_SLOT_END_WILL; else 0
 * @will_size: its size in bytes; else 0
 * @reserved: 0
 */
struct msg_slot_claim {
	__u32 channel;
	__u32 end;
	__u64 will;
	__u32 will_size;
	__u32 reserved;
};

/**
 * MSG_SLOT_CLAIM - ioctl command: be the only one who may write a channel.
 *
 * The argument points to a &struct msg_slot_claim. From now on every other open
 * file that writes or clears the channel gets EBUSY. The claim belongs to the
 * open file, so descriptors that share it share the claim. It ends with the open
 * file, however its processes end, or by MSG_SLOT_RELEASE; what then becomes of
 * the channel was said here. Claiming again what this open file holds changes
 * @end and the will. A claimed channel counts as a channel, and its will as a
 * message, from now on: nothing can be missing for it at the end. (Room for the will
 * is looked for before a claim of another's: ENOSPC, then EBUSY.)
 *
 * Returns 0, or -1 with errno EBADF (not open for writing), EBUSY (another open
 * file has it), EPERM (see MSG_SLOT_RESTRICT), EINVAL, else as write() of the
 * will.
 */
#define MSG_SLOT_CLAIM _IOW(MSG_SLOT_MAJOR, 12, struct msg_slot_claim)

/**
 * MSG_SLOT_RELEASE - ioctl command: end a claim, as if the file were closed.
 *
 * The argument is the channel's id, an unsigned int; 0: the selected one. Returns
 * 0, or -1 with errno EINVAL if this open file does not hold the claim.
 */
#define MSG_SLOT_RELEASE _IOW(MSG_SLOT_MAJOR, 13, unsigned int)

/** MSG_SLOT_MAX_WATCHED - the largest set of channels that a watch takes */
#define MSG_SLOT_MAX_WATCHED 65536

/**
 * MSG_SLOT_WATCH_CHANGES - flag of MSG_SLOT_WATCH: only what changes from now on, not
 * first the messages that are there. (After MSG_SLOT_RESTART these come all the same:
 * what was missed is among them.)
 */
#define MSG_SLOT_WATCH_CHANGES 1

/**
 * MSG_SLOT_WATCH_PRESENT - flag of MSG_SLOT_WATCH: say when all channels that had a
 * message to begin with, or at MSG_SLOT_RESTART, were told: an event MSG_SLOT_PRESENT of
 * channel 0, also if there were none.
 */
#define MSG_SLOT_WATCH_PRESENT 2

/**
 * struct msg_slot_watch - for MSG_SLOT_WATCH
 * @channels: the address of an array of ids, __u32 each, none of them 0
 * @count: how many, up to MSG_SLOT_MAX_WATCHED; 0: watch the whole slot
 * @flags: 0, MSG_SLOT_WATCH_CHANGES, MSG_SLOT_WATCH_PRESENT, or both
 */
struct msg_slot_watch {
	__u64 channels;
	__u32 count;
	union {
		__u32 flags;
		/* Its name before it had a use. */
		__u32 reserved;
	};
};

/**
 * MSG_SLOT_WATCH - ioctl command: a descriptor that tells what changes.
 *
 * The argument points to a &struct msg_slot_watch. Returns a new descriptor,
 * close-on-exec, or -1 with errno EBADF (not open for reading), EPERM (narrowed
 * to another channel), EINVAL, EFAULT, EMFILE, ENFILE or ENOMEM.
 *
 * read() from it gives as many events as there are and fit, whole ones. An event
 * is a &struct msg_slot_record, the message's bytes behind it (but of a frame: its size
 * here is 0), and zeroes up to a
 * multiple of 8: MSG_SLOT_EVENT_SIZE(record.size) bytes in all. First come the
 * channels that have a message (unless MSG_SLOT_WATCH_CHANGES), then those that change:
 * the latest change of each, once, however many there were, and in turn, so that none
 * waits for ever behind one that changes all the time. (What is written or cleared in
 * the very moment in which it is told may be told again, with the same version, 0 of
 * what was cleared; that a message has expired, when it is seen to be over and when it
 * is taken away. MSG_SLOT_CLEARED may be told of a channel without a message that was made
 * by a claim, or by a write or commit that failed then, and is not there any more.)
 * MSG_SLOT_RESTART comes when a watch of the whole slot was not read
 * while so many messages were cleared (4,096, one channel's again and again among them)
 * that the kernel did not keep all their channels; it is that watch's own loss, and no
 * other gets it.
 *
 * read() waits until there is one, or fails with EAGAIN if the descriptor has
 * O_NONBLOCK (set it with fcntl()); EINTR for a signal, unless its handler was set
 * up with SA_RESTART; ENOSPC if the next event is larger than the buffer; EFAULT;
 * ENOMEM without memory for a copy of a message above 128 bytes.
 * It gives MSG_SLOT_MAX_EVENTS events at the most, and ends with those that it has
 * given when a signal comes, however fast writers go on.
 * poll() says POLLIN when there is one. Writers set one mark for all watches of the
 * whole slot; a watch of a set costs those who write its channels, and nobody else.
 * A watch stays when the descriptor that it was made from is closed, and keeps the file
 * system mounted that this was opened in.
 */
#define MSG_SLOT_WATCH _IOW(MSG_SLOT_MAJOR, 14, struct msg_slot_watch)

/** MSG_SLOT_MAX_EVENTS - the number of events that a read() of a watch gives at most */
#define MSG_SLOT_MAX_EVENTS 65536

/** MSG_SLOT_EVENT_SIZE() - bytes that an event with a message of @size takes */
#define MSG_SLOT_EVENT_SIZE(size) \
	(sizeof(struct msg_slot_record) + (((size) + 7UL) & ~7UL))

/** MSG_SLOT_READ_ONLY - flag of MSG_SLOT_RESTRICT: nothing may be changed */
#define MSG_SLOT_READ_ONLY 1

/**
 * struct msg_slot_restrict - for MSG_SLOT_RESTRICT
 * @channel: the only channel that may be used, which is selected then; 0: all
 * @flags: 0 or MSG_SLOT_READ_ONLY
 */
struct msg_slot_restrict {
	__u32 channel;
	__u32 flags;
};

/**
 * MSG_SLOT_RESTRICT - ioctl command: narrow an open file for good.
 *
 * The argument points to a &struct msg_slot_restrict. It holds for every
 * descriptor that shares the open file, here and where it is passed to (dup,
 * fork, exec, SCM_RIGHTS), and can't be taken back, only narrowed more. What is
 * beyond it fails with EPERM: with a channel, every other channel, the limits,
 * the usage, the counters and a watch of more; with MSG_SLOT_READ_ONLY, writing, clearing,
 * claiming and setting limits. It narrows the open file, not its receiver, who
 * can open the slot anew where the device file's mode lets it.
 *
 * Returns 0, or -1 with errno EPERM (narrowed to another channel already),
 * EINVAL (neither a channel nor a flag), or EFAULT.
 */
#define MSG_SLOT_RESTRICT _IOW(MSG_SLOT_MAJOR, 15, struct msg_slot_restrict)

/*
 * Mapped reads: a message without a system call.
 *
 * mmap() of a slot shows the messages of its channels, read only, as they are at
 * every moment: whoever maps it never has to ask again.
 *
 *	struct msg_slot_mapping mapping;
 *	struct msg_slot_locate where = { .channel = 7 };
 *	const struct msg_slot_cell *cell;
 *	const char *base;
 *
 *	ioctl(fd, MSG_SLOT_GET_MAPPING, &mapping);
 *	base = mmap(NULL, mapping.size, PROT_READ, MAP_SHARED, fd, 0);
 *	ioctl(fd, MSG_SLOT_LOCATE, &where);	// once for each channel
 *	cell = (const void *)(base + where.offset);
 *
 * A channel's messages up to 128 bytes are in its *cell*, a &struct msg_slot_cell
 * (for longer ones see "Windows"), which stays where it is until the channel is gone. To read one:
 *
 *	do {
 *		high = __atomic_load_n(&cell->high, __ATOMIC_ACQUIRE);
 *		latch = __atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE);
 *		if (__atomic_load_n(&cell->id, __ATOMIC_RELAXED) != 7)
 *			...		// the channel is gone: pread(), MSG_SLOT_LOCATE
 *		size = __atomic_load_n(&cell->size[latch & 1], __ATOMIC_RELAXED);
 *		if (!latch || size & MSG_SLOT_CELL_CALL)
 *			...		// pread(), MSG_SLOT_GET
 *		n = size & MSG_SLOT_CELL_BYTES;
 *		memcpy(message, cell->bytes[latch & 1], n);
 *		__atomic_thread_fence(__ATOMIC_ACQUIRE);
 *	} while (__atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) != latch ||
 *		 __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != high);
 *
 * in this order (doc/model.md). Then, with n = 0, the channel has no message; with
 * MSG_SLOT_CELL_EXPIRES in size, the 8 bytes at
 * &bytes[latch & 1][MSG_SLOT_CELL_EXPIRY], copied in the loop too, say when there is
 * none any more. (Read the clock in the loop, then them, as one number: MSG_SLOT_RENEW
 * changes them and not the latch. A 32-bit program that finds that a message is over
 * asks pread().) What was copied is the whole message of version (high << 32 | latch).
 * A writer that stops anywhere keeps the loop from nothing; one that comes in between
 * makes it go round again, and a reader who has been overtaken a few times running
 * asks pread() instead, which is bounded. libmsgslot (msgslot_reader_get()) is all of
 * this.
 *
 * Nothing else is ever in a cell: a message that was replaced, cleared or expired
 * is wiped as soon as the next one, or none, has taken its place.
 *
 * The mapping is PROT_READ and MAP_SHARED, now and for ever; it stays when the
 * descriptor is closed, and a child has it after fork(). Pages come into being
 * with the channels that are in them, and stay while anybody maps the slot: what
 * MSG_SLOT_LOCATE gives is there. To touch a page in which no channel has been is
 * SIGBUS. mmap() fails with EACCES if the file is not open for reading, EPERM with
 * PROT_WRITE or PROT_EXEC or if the open file has been narrowed to a channel,
 * EINVAL with MAP_PRIVATE or beyond the size, ENODEV on a processor whose cache
 * keeps a page's addresses apart (none that is supported does). (MSG_SLOT_RESTRICT does not end a
 * mapping that is there already.)
 */

/** MSG_SLOT_LAYOUT - the layout of what is mapped; another one has other cells */
#define MSG_SLOT_LAYOUT 1

/**
 * MSG_SLOT_CELL_CALL - in a cell's size: the message is to be had by a call, whatever
 * the cell has
 */
#define MSG_SLOT_CELL_CALL 0x4000
/**
 * MSG_SLOT_CELL_LANE - in a cell's size, with MSG_SLOT_CELL_CALL: the message is in a
 * lane; see "Lanes". Who does not know lanes asks, as with every MSG_SLOT_CELL_CALL.
 */
#define MSG_SLOT_CELL_LANE 0x2000
/** MSG_SLOT_CELL_EXPIRES - in a cell's size: the message has a time to live */
#define MSG_SLOT_CELL_EXPIRES 0x8000
/** MSG_SLOT_CELL_BYTES - in a cell's size: how many bytes the message has */
#define MSG_SLOT_CELL_BYTES 0x00ff
/**
 * MSG_SLOT_CELL_EXPIRY - where, with MSG_SLOT_CELL_EXPIRES, the time is at which
 * the message is over: 8 bytes behind a message that has 120 or fewer. See
 * &struct msg_slot_mapping. 2^63: never, for it was renewed so.
 */
#define MSG_SLOT_CELL_EXPIRY 120

/**
 * struct msg_slot_cell - what is mapped of a channel; only the kernel writes it
 * @latch: the lower half of the version. Bit 0 says which of each pair below is
 *	the present one; the other means nothing.
 * @id: the channel; 0 or another's: it is not here (any more)
 * @high: the upper half of the version; while @latch is 0 perhaps still that of the
 *	version before
 * @size: the message's size in bytes, MSG_SLOT_CELL_BYTES, and flags; there is no
 *	message where the size is 0 and MSG_SLOT_CELL_CALL is not set
 * @written: when it was written, on the clock of &struct msg_slot_mapping; not
 *	before the message of a lower version
 * @bytes: the message, and its expiry; zeroes are behind it
 */
struct msg_slot_cell {
	__u32 latch;
	__u32 id;
	__u32 high;
	__u16 size[2];
	__aligned_u64 written[2];
	__u8 bytes[2][128];
};

/**
 * struct msg_slot_mapping - for MSG_SLOT_GET_MAPPING
 * @layout: MSG_SLOT_LAYOUT
 * @reserved: 0
 * @size: how many bytes can be mapped, from offset 0: enough for all channels
 *	that the slot may ever have. It takes no memory but for channels in use.
 * @clock: what to add to a time in a cell, in nanoseconds, to have it on the
 *	caller's CLOCK_BOOTTIME: 0 but in a time namespace
 */
struct msg_slot_mapping {
	__u32 layout;
	__u32 reserved;
	__aligned_u64 size;
	__aligned_s64 clock;
};

/**
 * MSG_SLOT_GET_MAPPING - ioctl command: what is to know for mmap().
 *
 * The argument points to a &struct msg_slot_mapping. Returns 0, or -1 with errno
 * EBADF (not open for reading), EPERM (narrowed to a channel) or EFAULT.
 */
#define MSG_SLOT_GET_MAPPING _IOR(MSG_SLOT_MAJOR, 16, struct msg_slot_mapping)

/**
 * struct msg_slot_locate - for MSG_SLOT_LOCATE
 * @channel: the channel's id; 0: the selected one
 * @reserved: 0
 * @offset: filled in: where its cell is in the mapping, in bytes
 */
struct msg_slot_locate {
	__u32 channel;
	__u32 reserved;
	__aligned_u64 offset;
};

/**
 * MSG_SLOT_LOCATE - ioctl command: where a channel's cell is.
 *
 * The argument points to a &struct msg_slot_locate. The cell is the channel's for
 * as long as it has the channel's id. Returns 0, or -1 with errno EBADF (not open
 * for reading), EPERM (narrowed to a channel), EINVAL, EFAULT, or EWOULDBLOCK:
 * there is no such channel, as it has neither a message nor a claim.
 */
#define MSG_SLOT_LOCATE _IOWR(MSG_SLOT_MAJOR, 17, struct msg_slot_locate)

/*
 * Windows: a long message without a system call.
 *
 * A message above 128 bytes is not in the cell. Who wants to read it by memory maps a
 * *window* of the channel as well, of so many bytes, whole pages:
 *
 *	bytes = MSG_SLOT_WINDOW_HEAD + 2 * largest;	// then rounded up
 *	window = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd,
 *		      MSG_SLOT_WINDOW_OFFSET(where.offset));
 *	number = window->number;
 *
 * If that is 0, another reader has just asked for a larger one: map it anew. The channel's
 * message is there at once, and so are those to come, if they fit; where
 * MSG_SLOT_CELL_BYTES of the size are all set, a &struct msg_slot_where is in the cell, at
 * bytes[latch & 1]. In the loop above:
 *
 *	if ((size & ~MSG_SLOT_CELL_EXPIRES) == MSG_SLOT_CELL_LONG) {
 *		where = (const void *)cell->bytes[latch & 1];
 *		if (__atomic_load_n(&where->window, __ATOMIC_ACQUIRE) != number)
 *			...		// not in this one: pread()
 *		memcpy(message, (const char *)window + where->offset, where->size);
 *	}
 *
 * and what follows there holds: the message was whole if the latch is the same still, and
 * where->window as well, for another window may have it by then. Offset and size are to be
 * looked at before, that they are within what is mapped. With MSG_SLOT_CELL_EXPIRES the
 * time at which it is over is where it is for short ones.
 *
 * All who map a window of a channel share it. Who first does has its memory charged to
 * its memory cgroup; writers are charged nothing for what they write there, and the slot's
 * max_bytes counts the messages, as ever. Whoever asks for more bytes than there are gets
 * another, larger one, and the one before is not written to any more: its "number" is 0
 * from then on, and who maps it maps the channel's anew. "bytes" is how many it has, where
 * another has asked for more: who has mapped less maps it anew, too.
 *
 * A message is not in the window, but to be had by a call, if it does not fit, is a frame,
 * if it was written while both of the window's places were in use (by a writer who does
 * not get on, say), or as a will. A message that was replaced may be seen until the next
 * one is written; what is cleared, or over, is wiped then.
 *
 * mmap() fails as that of the slot, and with EINVAL at another offset, or above 2101248
 * bytes (513 pages of 4 KiB); ENXIO if there is no channel at that place; ENOSPC if all
 * windows of the slot would have more than twice its max_bytes and 2 MiB, or half of the
 * machine's memory; ENOMEM; EOVERFLOW on a 32-bit kernel.
 */

/** MSG_SLOT_CELL_LONG - in a cell's size: the message is longer than a cell has room for */
#define MSG_SLOT_CELL_LONG (MSG_SLOT_CELL_CALL | MSG_SLOT_CELL_BYTES)

/** MSG_SLOT_WINDOWS - from where on, in bytes of the slot's file, windows are mapped */
#define MSG_SLOT_WINDOWS (3ULL << 42)
/** MSG_SLOT_WINDOWS_END - up to where */
#define MSG_SLOT_WINDOWS_END (4ULL << 42)
/** MSG_SLOT_WINDOW_SHIFT - windows are so much further apart than cells */
#define MSG_SLOT_WINDOW_SHIFT 13

/**
 * MSG_SLOT_WINDOW_OFFSET() - where to map a channel's window
 * @offset: where its cell is: see &struct msg_slot_locate
 */
#define MSG_SLOT_WINDOW_OFFSET(offset) \
	(MSG_SLOT_WINDOWS + ((__u64)(offset) << MSG_SLOT_WINDOW_SHIFT))

/** MSG_SLOT_WINDOW_HEAD - so many bytes of a window come before its messages */
#define MSG_SLOT_WINDOW_HEAD 64

/**
 * struct msg_slot_window - what a window begins with
 * @number: what a &struct msg_slot_where says if the message is here; no other window of
 *	the slot has it. 0: no more messages come here.
 * @bytes: how many bytes the window has
 * @reserved: 0
 */
struct msg_slot_window {
	__aligned_u64 number;
	__u32 bytes;
	__u32 reserved;
};

/**
 * struct msg_slot_where - where in a window a message is
 * @window: in which; 0: in none
 * @offset: where it begins, in bytes from the window's beginning
 * @size: how many bytes it has
 */
struct msg_slot_where {
	__aligned_u64 window;
	__u32 offset;
	__u32 size;
};

/*
 * Lanes: a write without a system call.
 *
 * Who has claimed a channel is its only writer. It may have a *lane*: a cell in a page
 * of its own, which it maps to write its messages there, and everybody else to read them.
 *
 *	struct msg_slot_claim claim = { .channel = 7, .end = MSG_SLOT_END_KEEP };
 *	struct msg_slot_lane where = { .channel = 7 };
 *	struct msg_slot_cell *lane;
 *
 *	ioctl(fd, MSG_SLOT_CLAIM, &claim);
 *	ioctl(fd, MSG_SLOT_LANE, &where);
 *	lane = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, where.offset);
 *
 * To write a message of n bytes, 128 at the most (0: from now on there is none):
 *
 *	latch = lane->latch + 1;
 *	half = latch & 1;
 *	memcpy(lane->bytes[half], message, n);
 *	lane->written[half] = time;		// or 0; see below
 *	__atomic_store_n(&lane->size[half], n, __ATOMIC_RELAXED);
 *	__atomic_store_n(&lane->latch, latch, __ATOMIC_RELEASE);
 *	__atomic_thread_fence(__ATOMIC_SEQ_CST);
 *	if (__atomic_load_n(&lane->high, __ATOMIC_RELAXED) || !--left) {
 *		ioctl(fd, MSG_SLOT_RING, 7);
 *		left = MSG_SLOT_LANE_PUTS;	// as it was at the beginning
 *	}
 *
 * one thread at a time. In a lane's cell "high" is the *bell*: not 0 while somebody waits
 * to be told, and until the first message of the lane was told; "id" means nothing. A
 * writer that stops or dies anywhere in this leaves the message before, or the new one.
 *
 * "written" is the time on the clock of &struct msg_slot_lane; 0 means that nobody looked
 * at a clock: the message counts as written when the kernel first sees it. A time that is
 * yet to come counts as the present. For a time to live, a message of up to 120 bytes, has
 * MSG_SLOT_CELL_EXPIRES in its size, and 8 bytes at &bytes[half][MSG_SLOT_CELL_EXPIRY]
 * say when it is over.
 *
 * All calls of the owner go on working: write(), MSG_SLOT_PUT, MSG_SLOT_CLEAR and the
 * others, for long messages, say. After one the bell rings with the next message in the
 * lane, and readers see both in their order.
 *
 * Every call reads a lane as it reads any channel. Who maps the slot finds
 * MSG_SLOT_CELL_LANE in the size, and then, at bytes[latch & 1] of the channel's cell, 8
 * bytes: where the lane's page is. It maps that one, read only, and looks at "latch",
 * "id" and "high" of the channel's cell once more: if they changed, it begins anew. From
 * then on it reads:
 *
 *	do {
 *		own = __atomic_load_n(&lane->latch, __ATOMIC_ACQUIRE);
 *		size = __atomic_load_n(&lane->size[own & 1], __ATOMIC_RELAXED);
 *		n = size & MSG_SLOT_CELL_BYTES;	// above 128: 128
 *		memcpy(message, lane->bytes[own & 1], n);
 *		__atomic_thread_fence(__ATOMIC_ACQUIRE);
 *	} while (__atomic_load_n(&lane->latch, __ATOMIC_RELAXED) != own);
 *	if (__atomic_load_n(&cell->latch, __ATOMIC_ACQUIRE) != latch ||
 *	    __atomic_load_n(&cell->high, __ATOMIC_RELAXED) != high ||
 *	    __atomic_load_n(&cell->id, __ATOMIC_RELAXED) != 7)
 *		...		// it is not the channel's any more: begin with the cell
 *
 * a few times only, then pread(), for an owner may write as fast, and what, it likes. It
 * can write nothing but its own messages: others' are not in that page, and the cell that
 * says whose page it is, only the kernel writes. The version is (high << 32 | latch) of the
 * channel's cell, plus own - latch as 32 bits; where that is above MSG_SLOT_LANE_RANGE,
 * the owner breaks the rules: MSG_SLOT_GET has the last message that was within them.
 * (Versions in a lane, and which message has which, are the owner's word to those who map
 * it. The kernel tells each version once, with one message.)
 *
 * When the claim ends, however it does, the owner's mapping ends (SIGBUS), and the last
 * whole message becomes an ordinary one: it has a new version then, and is told. So it
 * does when the owner makes a call, or the message's time to live is over.
 */

/** MSG_SLOT_LANE_PUTS - so many messages may go into a lane between two MSG_SLOT_RING */
#define MSG_SLOT_LANE_PUTS 32767

/** MSG_SLOT_LANE_RANGE - a lane's version is at most this much above its channel's cell's */
#define MSG_SLOT_LANE_RANGE 65535

/**
 * struct msg_slot_lane - for MSG_SLOT_LANE
 * @channel: the channel's id; 0: the selected one
 * @reserved: 0
 * @offset: filled in: where the owner maps the lane; its cell is the page's beginning
 * @clock: filled in: what to add to a time in the lane, in nanoseconds, to have it on the
 *	caller's CLOCK_BOOTTIME: 0 but in a time namespace
 */
struct msg_slot_lane {
	__u32 channel;
	__u32 reserved;
	__aligned_u64 offset;
	__aligned_s64 clock;
};

/**
 * MSG_SLOT_LANE - ioctl command: a lane for a channel that this open file has claimed.
 *
 * The argument points to a &struct msg_slot_lane. It lasts as long as the claim. The
 * offset is good for one page, MAP_SHARED, through this open file only (and whoever shares
 * it); never PROT_EXEC; EBUSY if it is mapped 8 times. fork() does not copy the mapping: a
 * child that has the descriptor may map it itself. A lane counts in the slot's max_bytes, a
 * little more than a page. The slot's max_message is looked at here: lowered later, it
 * holds for calls. MSG_SLOT_RESTRICT ends the lanes of what it takes away.
 *
 * Returns 0, or -1 with errno EBADF (not open for reading and writing), EPERM (see
 * MSG_SLOT_RESTRICT), EINVAL (this open file has not claimed the channel, or has narrowed
 * itself from it; unknown in older modules, too), EMSGSIZE (the slot takes no message of
 * 128 bytes), EEXIST, ENOSPC (max_bytes), ENOMEM, EFAULT, or ENODEV where mmap() of a slot
 * says so, and on a 32-bit kernel.
 */
#define MSG_SLOT_LANE _IOWR(MSG_SLOT_MAJOR, 22, struct msg_slot_lane)

/**
 * MSG_SLOT_RING - ioctl command: tell those who wait of the message in a lane.
 *
 * The argument is the channel's id, an unsigned int; 0: the selected one. Where nobody
 * waits it tells nobody, and costs no more. Returns 0, or -1 with errno EINVAL if this open
 * file has no lane of the channel, or EPERM.
 */
#define MSG_SLOT_RING _IOW(MSG_SLOT_MAJOR, 23, unsigned int)

/** MSG_SLOT_FS_MAGIC - what statfs() says of a slotfs (f_type): "slot" */
#define MSG_SLOT_FS_MAGIC 0x736c6f74

/**
 * MSG_SLOT_FIRST_NAMED - the lowest id that a name gets, 2^31. Lower ones are only used
 * by who gives them, as numbers or as names that are numbers.
 */
#define MSG_SLOT_FIRST_NAMED 0x80000000

/**
 * MSG_SLOT_LONGEST_NAME - the longest name, in bytes, the slashes counted. Each part
 * has 255 at most.
 */
#define MSG_SLOT_LONGEST_NAME 4095

/**
 * struct msg_slot_name - for MSG_SLOT_GET_ID and MSG_SLOT_GET_NAME
 * @name: the address of the name, or of where it goes; no zero byte ends it
 * @size: its size, or that of the room for it, in bytes. Filled in by
 *	MSG_SLOT_GET_NAME: the name's size
 * @channel: the channel's id. For MSG_SLOT_GET_ID 0, and filled in; for
 *	MSG_SLOT_GET_NAME 0 means the selected one, which is filled in
 */
struct msg_slot_name {
	__u64 name;
	__u32 size;
	__u32 channel;
};

/**
 * MSG_SLOT_GET_ID - ioctl command: the id that a name has.
 *
 * The argument points to a &struct msg_slot_name. For the door of a slot in slotfs. The
 * name is the path below the slot's directory ("arm/left/torque"), and is looked up as
 * open() would, with the caller's rights. It is the name's as long as the name is there;
 * one that comes back later has another.
 *
 * Returns 0, or -1 with errno EINVAL (a device, which has no names; @channel is not 0;
 * the name is empty, begins with a slash, has a zero byte in it, or is the door's),
 * EPERM (narrowed to a channel), ENAMETOOLONG, ENOENT, ENOTDIR, EISDIR, EXDEV (something
 * is mounted there), EACCES (the caller may not search a directory), EFAULT or ENOMEM.
 */
#define MSG_SLOT_GET_ID _IOWR(MSG_SLOT_MAJOR, 20, struct msg_slot_name)

/**
 * MSG_SLOT_GET_NAME - ioctl command: the name that an id has.
 *
 * Likewise, for the door or for a channel's file. Told is what the caller could have
 * listed: it must have the right to read and to search the slot's directory, and those
 * that are in the name.
 *
 * Returns 0, or -1 with errno EINVAL (a device; no channel is selected), EPERM (narrowed
 * to another channel), ENOENT (the id has no name, or the slot was removed), EACCES,
 * ENOSPC (the room is too small: the size is filled in), ENAMETOOLONG (longer than
 * MSG_SLOT_LONGEST_NAME), EINTR, EFAULT or ENOMEM.
 */
#define MSG_SLOT_GET_NAME _IOWR(MSG_SLOT_MAJOR, 21, struct msg_slot_name)

#endif /* MESSAGE_SLOT_H */

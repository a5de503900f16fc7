/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Message Slot: last-value mailboxes in the kernel.
 *
 * A *slot* is a character device file; every minor number of the module's
 * major is a slot of its own. A slot has *channels*, named by a number from 1
 * to 4294967295. A channel holds at most one *message*: the last one written.
 * Reading does not consume it, writing replaces it whole.
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
 *	fails with an error other than EFAULT, unless a writer came in the
 *	middle of it. readv() scatters one message.
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
 *	count. POLLOUT always. POLLERR while no channel is selected. When
 *	another channel is selected, those who wait do so for that one.
 *
 * io_uring
 *	Reads and writes are done at once where a system call would not sleep.
 *	A read that finds no message completes with EWOULDBLOCK if the request
 *	has RWF_NOWAIT; else io_uring itself waits until the *selected* channel
 *	has one (it asks poll, whatever O_NONBLOCK says). So give RWF_NOWAIT for
 *	reads at an offset. MSG_SLOT_URING_WRITE and MSG_SLOT_URING_READ do the
 *	same for fewer instructions.
 *
 * Messages outlive every close; they end when they are replaced or the module
 * is unloaded. All calls may be made from any thread at any time.
 *
 * Errors, looked for in this order:
 *
 *	===========  =======  ====================================================
 *	errno        call     meaning
 *	===========  =======  ====================================================
 *	EINVAL       ioctl    the id is 0, an argument is out of range, or the
 *	                      command is unknown; nothing changes
 *	EPERM        ioctl    MSG_SLOT_SET_LIMITS without CAP_SYS_RESOURCE
 *	EINVAL       read,    no channel is selected, or the offset is negative
 *	             write    or above 4294967295
 *	EMSGSIZE     write    n is 0 or above the slot's largest message
 *	EWOULDBLOCK  read     the channel has no message yet, or with
 *	                      MSG_SLOT_BLOCKING and O_NONBLOCK no new one
 *	EINTR        read     a signal came while it waited (MSG_SLOT_BLOCKING)
 *	ENOSPC       read     n is smaller than the message
 *	EFAULT       all      an address is not memory of the caller's, wholly
 *	ENOMEM       write    no memory for a new channel or a message above 128
 *	                      bytes, or the memory cgroup's limit is reached; also
 *	                      open(), for a new slot or file
 *	ENOSPC       write    a new channel is one more than the slot may have, or
 *	                      with the message the slot would take more memory
 *	                      than it may
 *	ESPIPE       lseek    always
 *	===========  =======  ====================================================
 *
 * EWOULDBLOCK and EAGAIN are the same number on Linux. open() gives in
 * addition what opening any file gives (ENOENT, EACCES, EMFILE, ...), and
 * ENXIO where the module is not loaded.
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
 */
#define MSG_SLOT_BLOCKING _IOW(MSG_SLOT_MAJOR, 1, unsigned int)

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
 *	bytes, as MSG_SLOT_GET_USAGE counts it: 1 to MSG_SLOT_NO_LIMIT
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
 */
#define MSG_SLOT_URING_WRITE _IOW(MSG_SLOT_MAJOR, 5, struct msg_slot_transfer)

/**
 * MSG_SLOT_URING_READ - io_uring command: read a message.
 *
 * Likewise, the same as pread(). It never waits: without a message the result
 * is -EWOULDBLOCK, with MSG_SLOT_BLOCKING too.
 */
#define MSG_SLOT_URING_READ _IOW(MSG_SLOT_MAJOR, 6, struct msg_slot_transfer)

#endif /* MESSAGE_SLOT_H */

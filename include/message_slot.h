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
 *	Makes the n bytes at buf (1 to MSG_SLOT_MAX_MESSAGE, of any value) the
 *	channel's message, and returns n. Readers see the old message or the
 *	new one, never a mixture. When it fails, the old message stays.
 *	writev() gathers one message.
 *
 * read(fd, buf, n)
 *	Copies the whole last message to buf and returns its size, 1 to
 *	MSG_SLOT_MAX_MESSAGE. It never waits, with or without O_NONBLOCK.
 *	When it fails with an error other than EFAULT, buf is untouched.
 *	readv() scatters one message.
 *
 * Messages outlive every close; they end when they are replaced or the module
 * is unloaded. All calls may be made from any thread at any time.
 *
 * Errors, looked for in this order:
 *
 *	=============  =====  ====================================================
 *	errno          call   meaning
 *	=============  =====  ====================================================
 *	EINVAL         ioctl  the id is 0, or the command is unknown; the
 *	                      selection stays as it was
 *	EINVAL         read,  no channel is selected
 *	               write
 *	EMSGSIZE       write  n is 0 or above MSG_SLOT_MAX_MESSAGE
 *	EWOULDBLOCK    read   the channel has no message yet
 *	ENOSPC         read   n is smaller than the message
 *	EFAULT         read,  buf is not memory of the caller's, wholly
 *	               write
 *	ENOSPC         write  the channel is new and the slot already has
 *	                      MSG_SLOT_MAX_CHANNELS
 *	ENOMEM         write  no memory for a new channel, or the memory cgroup's
 *	                      limit is reached; also open(), for a new slot or file
 *	=============  =====  ====================================================
 *
 * EWOULDBLOCK and EAGAIN are the same number on Linux. open() gives in
 * addition what opening any file gives (ENOENT, EACCES, EMFILE, ...), and
 * ENXIO where the module is not loaded.
 */
#ifndef MESSAGE_SLOT_H
#define MESSAGE_SLOT_H

#include <linux/ioctl.h>

/**
 * MSG_SLOT_MAJOR - the device major number of slots, unless the module was
 * loaded with another (parameter "major"). The ioctl commands keep this number
 * as their magic whatever the major is.
 */
#define MSG_SLOT_MAJOR 235

/**
 * MSG_SLOT_MAX_MESSAGE - the largest message a channel takes, in bytes. The
 * smallest is 1.
 */
#define MSG_SLOT_MAX_MESSAGE 128

/**
 * MSG_SLOT_MAX_CHANNELS - the number of channels a slot can hold at a time.
 * Their ids may be any numbers from 1 to 4294967295.
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

#endif /* MESSAGE_SLOT_H */

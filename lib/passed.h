/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The open file that "msgslot claim" passed on to this program: the one that
 * MSGSLOT_FD names.
 */
#ifndef MSGSLOT_PASSED_H
#define MSGSLOT_PASSED_H

#include <stdint.h>

/**
 * call_or_passed() - call(), and by the passed open file where another has the claim
 * @fd: a slot, or a channel's file
 * @command: an ioctl command that changes a channel, or more of them
 * @channel: the channel, or one of them; 0 if one of them is that which is selected
 * @argument: the command's
 *
 * It is tried by the passed one if that is open for writing on the same slot, or the
 * same channel's file.
 *
 * Return: as call().
 */
int call_or_passed(int fd, unsigned long command, uint32_t channel,
		   void *argument);

#endif /* MSGSLOT_PASSED_H */

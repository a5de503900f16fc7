/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_PASSED_H
#define MSGSLOT_PASSED_H

#include <stdint.h>

/**
 * passed_fd() - the descriptor that "msgslot claim" passed on to this program
 * @fd: a slot, or a channel's file
 * @channel: the channel that it is for, or 0 for the one that is selected
 *
 * Return: the one that MSGSLOT_FD names, if it is open for writing on the same slot, or
 * the same channel's file; or -1.
 */
int passed_fd(int fd, uint32_t channel);

#endif /* MSGSLOT_PASSED_H */

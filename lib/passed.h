/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_PASSED_H
#define MSGSLOT_PASSED_H

/**
 * passed_fd() - the descriptor that "msgslot claim" passed on to this program
 * @fd: a slot
 *
 * Return: the one that MSGSLOT_FD names, if it is open for writing on the same slot,
 * or -1.
 */
int passed_fd(int fd);

#endif /* MSGSLOT_PASSED_H */

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_OPEN_H
#define MSGSLOT_OPEN_H

/**
 * open_slot_at() - open a file that must be a slot, or a channel's
 * @dir: the directory that @path begins in, or AT_FDCWD
 * @path: the file
 * @mode: as for open()
 *
 * Return: a descriptor; -ENOTTY for another file; else what open() fails with.
 */
int open_slot_at(int dir, const char *path, int mode);

#endif /* MSGSLOT_OPEN_H */

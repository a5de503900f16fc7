// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc/PID/fdinfo tells of open files. Other processes read it at any time, so no
 * lock is taken that somebody may have for long; each line is true by itself.
 */
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/seq_file.h>

#include "fdinfo.h"
#include "open_file.h"
#include "slot/slot_types.h"

/**
 * fdinfo_show_slot() - which slot it is, as tracepoints have it
 * @to: where to
 * @slot: the slot
 */
void fdinfo_show_slot(struct seq_file *to, const struct slot *slot)
{
	seq_printf(to, "slot:\t%u:%u/%llu\n", MAJOR(slot->dev),
		   MINOR(slot->dev), slot->ino);
}

/**
 * fdinfo_show() - an open file of a slot, or of a channel
 * @to: where to
 * @file: the open file
 */
void fdinfo_show(struct seq_file *to, struct file *file)
{
	const struct open_file *of = file->private_data;

	fdinfo_show_slot(to, of->slot);
	seq_printf(to, "channel:\t%u\n", READ_ONCE(of->id));
	seq_printf(to, "only:\t%u\n", READ_ONCE(of->only));
	seq_printf(to, "read-only:\t%d\n", READ_ONCE(of->read_only));
	seq_printf(to, "claims:\t%u\n", READ_ONCE(of->claimed));
	seq_printf(to, "lanes:\t%u\n", READ_ONCE(of->lanes));
}

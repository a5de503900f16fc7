// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings: a slot's cells in the memory of a user who may read it.
 *
 * A mapping is of pages that are there: the first touch of one finds it, or is
 * SIGBUS. As no page goes while the slot is mapped (cells.c), none has ever to be
 * taken out of a mapping, and what a reader has found stays readable. It is read
 * only from the beginning, and nothing can make it otherwise later: neither
 * mprotect(), nor a debugger, which may write only where a private copy could be
 * made.
 */
#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "channel/cells.h"
#include "channel/channel.h"
#include "compat.h"
#include "lane_file.h"
#include "mapping.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/slot.h"
#include "window_file.h"

/* Return: 0, or why the file's slot may not be mapped through it. */
static int may_map(const struct file *file)
{
	const struct open_file *of = file->private_data;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	/* A page has the messages of more than one channel. */
	return READ_ONCE(of->only) ? -EPERM : 0;
}

/**
 * mapping_describe() - MSG_SLOT_GET_MAPPING
 * @file: the open file
 * @arg: a &struct msg_slot_mapping
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long mapping_describe(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	struct msg_slot_mapping mapping = {
		.layout = MSG_SLOT_LAYOUT,
		.size = (u64)of->slot->cells.limit << PAGE_SHIFT,
		.clock = timens_add_boottime_ns(0),
	};
	int err = may_map(file);

	if (err)
		return err;
	return copy_to_user(arg, &mapping, sizeof(mapping)) ? -EFAULT : 0;
}

/* Return: 0 and where the channel's cell is, or -EWOULDBLOCK. */
static int locate(struct slot *slot, u32 id, __u64 *offset)
{
	struct channel *channel = slot_get(slot, id);

	int err = 0;

	if (!channel)
		return -EWOULDBLOCK;
	/* One that is kept for a watch is not there for anybody else. */
	if (READ_ONCE(channel->state) != CHANNEL_LIVE)
		err = -EWOULDBLOCK;
	else
		*offset = cells_offset(channel);
	channel_put(channel);
	return err;
}

/**
 * mapping_locate() - MSG_SLOT_LOCATE
 * @file: the open file
 * @arg: a &struct msg_slot_locate
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long mapping_locate(struct file *file, void __user *arg)
{
	struct open_file *of = file->private_data;
	struct msg_slot_locate where;
	int err = may_map(file);
	u32 id;

	if (err)
		return err;
	if (copy_from_user(&where, arg, sizeof(where)))
		return -EFAULT;
	id = channel_at(of, where.channel);
	if (where.reserved || !id)
		return -EINVAL;
	err = locate(of->slot, id, &where.offset);
	if (err)
		return err;
	return copy_to_user(arg, &where, sizeof(where)) ? -EFAULT : 0;
}

static struct cells *mapped_cells(struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

static void mapping_open(struct vm_area_struct *vma)
{
	cells_map(mapped_cells(vma));
}

static void mapping_close(struct vm_area_struct *vma)
{
	cells_unmap(mapped_cells(vma));
}

static vm_fault_t mapping_fault(struct vm_fault *fault)
{
	struct cells *cells = mapped_cells(fault->vma);

	fault->page = cells_get_page(cells, fault->pgoff);
	return fault->page ? 0 : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct mapping_ops = {
	.open = mapping_open,
	.close = mapping_close,
	.fault = mapping_fault,
};

/**
 * mapping_mmap() - mmap() of a slot
 * @file: the open file
 * @vma: where it is to be mapped; the caller has mmap_lock
 *
 * It grows by no mremap(), and is in no core dump: what others wrote to the slot
 * is no part of the process.
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
int mapping_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct open_file *of = file->private_data;
	struct cells *cells = &of->slot->cells;
	int err = may_map(file);

	/* It is ABI. */
	BUILD_BUG_ON(sizeof(struct msg_slot_cell) != 288);

	if (lane_file_maps(vma) && !window_file_maps(vma))
		return lane_file_mmap(file, vma);
	if (err)
		return err;
	/* What is written at the kernel's address is to be seen at the user's. */
	if (cpu_dcache_is_aliasing())
		return -ENODEV;
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	/* Where the file is not open for writing, VM_SHARED is gone by now. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYWRITE | VM_MAYEXEC);
	if (window_file_maps(vma))
		return window_file_mmap(file, vma);
	if (vma->vm_pgoff >= cells->limit ||
	    vma_pages(vma) > cells->limit - vma->vm_pgoff)
		return -EINVAL;
	vma->vm_private_data = cells;
	vma->vm_ops = &mapping_ops;
	cells_map(cells);
	return 0;
}

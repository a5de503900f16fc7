// SPDX-License-Identifier: GPL-2.0
/*
 * Lanes, of an open file: which it has, and how they are mapped.
 *
 * The owner maps its lane by page frame number: such a page can't be pinned, neither by
 * the owner nor by a debugger, and so can be taken away (lane.h). It is not copied by
 * fork(). A page of another kind would go on being writable by whoever has pinned it.
 *
 * Who reads maps the page itself, read only, and keeps it by that.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/time_namespace.h>
#include <linux/uaccess.h>

#include "channel/lane.h"
#include "claim.h"
#include "compat.h"
#include "lane_file.h"
#include "message_slot.h"
#include "open_file.h"
#include "slot/slot.h"
#include "slot/slot_lanes.h"

/* Return: 0, or why the file can't have lanes. */
static int may_have_lanes(const struct file *file)
{
	const struct open_file *of = file->private_data;

	if (!(file->f_mode & FMODE_READ) || !(file->f_mode & FMODE_WRITE))
		return -EBADF;
	if (READ_ONCE(of->read_only))
		return -EPERM;
	/* A device of a 32-bit kernel is mapped below 4 GiB only, where cells are. */
	return cpu_dcache_is_aliasing() || !IS_ENABLED(CONFIG_64BIT) ? -ENODEV :
								       0;
}

static int begin_lane(struct file *file, struct msg_slot_lane *lane)
{
	struct open_file *of = file->private_data;
	u32 id = channel_at(of, lane->channel);
	u32 place;
	int err;

	if (!id)
		return channel_at_error(of, lane->channel);
	if (READ_ONCE(of->slot->max_message) < MESSAGE_SHORT)
		return -EMSGSIZE;
	err = claim_begin_lane(of, id, file->f_mapping, &place);
	if (err)
		return err;
	lane->offset = lane_own_offset(place);
	lane->clock = timens_add_boottime_ns(0);
	return 0;
}

/**
 * lane_file_begin() - MSG_SLOT_LANE
 * @file: the open file
 * @arg: a &struct msg_slot_lane
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long lane_file_begin(struct file *file, void __user *arg)
{
	struct msg_slot_lane __user *user = arg;
	struct msg_slot_lane lane;
	int err = may_have_lanes(file);

	if (err)
		return err;
	if (copy_from_user(&lane, user, sizeof(lane)))
		return -EFAULT;
	if (lane.reserved)
		return -EINVAL;
	/* Looked at before, for afterwards there is a lane. */
	if (copy_to_user(user, &lane, sizeof(lane)))
		return -EFAULT;
	err = begin_lane(file, &lane);
	if (err)
		return err;
	return put_user(lane.offset, &user->offset) ||
			       put_user(lane.clock, &user->clock) ?
		       -EFAULT :
		       0;
}

/**
 * lane_file_ring() - MSG_SLOT_RING
 * @file: the open file
 * @channel: the channel; 0: the selected one
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
long lane_file_ring(struct file *file, u32 channel)
{
	struct open_file *of = file->private_data;
	u32 id = channel_at(of, channel);

	return id ? claim_ring(of, id) : channel_at_error(of, channel);
}

static struct lane *mapped_lane(struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

static void lane_vm_open(struct vm_area_struct *vma)
{
	lane_hold(mapped_lane(vma));
}

static void lane_vm_close(struct vm_area_struct *vma)
{
	lane_put(mapped_lane(vma));
}

static void own_vm_open(struct vm_area_struct *vma)
{
	atomic_inc(&mapped_lane(vma)->own_mappings);
	lane_vm_open(vma);
}

static void own_vm_close(struct vm_area_struct *vma)
{
	atomic_dec(&mapped_lane(vma)->own_mappings);
	lane_vm_close(vma);
}

/* Waits while the lane is frozen. Return: 0, or VM_FAULT_SIGBUS after its end. */
static vm_fault_t lock_lane(struct lane *lane)
{
	down_read(lane->all);
	mutex_lock(&lane->mutex);
	return likely(!lane->ended) ? 0 : VM_FAULT_SIGBUS;
}

static void unlock_lane(struct lane *lane)
{
	mutex_unlock(&lane->mutex);
	up_read(lane->all);
}

/*
 * The owner touches a page that was taken away, or is not there yet. Where memory is to be
 * had for that first, it is not under the locks, and not to write: own_mkwrite() follows.
 */
static vm_fault_t own_fault(struct vm_fault *fault)
{
	struct vm_area_struct *vma = fault->vma;
	struct lane *lane = mapped_lane(vma);
	unsigned long pfn = page_to_pfn(lane->page);
	vm_fault_t ret;

	if (READ_ONCE(lane->ended))
		return VM_FAULT_SIGBUS;
	if (pmd_none(READ_ONCE(*fault->pmd)))
		return vmf_insert_pfn_prot(vma, fault->address, pfn,
					   vm_get_page_prot(vma->vm_flags &
							    ~VM_WRITE));
	ret = lock_lane(lane);
	if (!ret)
		ret = vmf_insert_pfn_prot(vma, fault->address, pfn,
					  vm_get_page_prot(vma->vm_flags));
	unlock_lane(lane);
	return ret;
}

/* If the page is taken away once more, before it is made writable, that fails. */
static vm_fault_t own_mkwrite(struct vm_fault *fault)
{
	struct lane *lane = mapped_lane(fault->vma);
	vm_fault_t ret = lock_lane(lane);

	unlock_lane(lane);
	return ret;
}

static const struct vm_operations_struct own_ops = {
	.open = own_vm_open,
	.close = own_vm_close,
	.fault = own_fault,
	.pfn_mkwrite = own_mkwrite,
};

static vm_fault_t read_fault(struct vm_fault *fault)
{
	fault->page = mapped_lane(fault->vma)->page;
	get_page(fault->page);
	return 0;
}

static const struct vm_operations_struct read_ops = {
	.open = lane_vm_open,
	.close = lane_vm_close,
	.fault = read_fault,
};

/**
 * lane_file_maps() - whether a mapping is one of a lane
 * @vma: where it is to be mapped
 *
 * Return: whether it is.
 */
bool lane_file_maps(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff >= LANE_FIRST_PAGE;
}

/* Return: 0, or why the owner may not map it. */
static int map_own(struct file *file, struct vm_area_struct *vma,
		   struct lane *lane)
{
	struct open_file *of = file->private_data;

	/* Of each open file there is one. */
	if (lane->author != of->author)
		return -EINVAL;
	if (READ_ONCE(of->read_only))
		return -EPERM;
	if (!atomic_add_unless(&lane->own_mappings, 1, LANE_OWN_MAPPINGS))
		return -EBUSY;
	/* VM_IO: madvise() can't have it copied by fork() either. */
	vm_flags_mod(vma,
		     VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND |
			     VM_DONTDUMP,
		     VM_MAYEXEC);
	vma->vm_ops = &own_ops;
	return 0;
}

static int map_to_read(struct file *file, struct vm_area_struct *vma)
{
	const struct open_file *of = file->private_data;

	if (READ_ONCE(of->only) || vma->vm_flags & VM_WRITE)
		return -EPERM;
	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTDUMP,
		     VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &read_ops;
	return 0;
}

/**
 * lane_file_mmap() - mmap() of a lane
 * @file: the open file
 * @vma: where it is to be mapped; the caller has mmap_lock
 *
 * Return: 0, or a negative errno as message_slot.h has it.
 */
int lane_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct open_file *of = file->private_data;
	bool own = vma->vm_pgoff >= LANE_FIRST_OWN_PAGE;
	unsigned long place =
		vma->vm_pgoff - (own ? LANE_FIRST_OWN_PAGE : LANE_FIRST_PAGE);
	struct lane *lane;
	int err;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	/* Where the file is not open for writing, VM_SHARED is gone by now. */
	if (!(vma->vm_flags & VM_MAYSHARE) || vma_pages(vma) != 1 ||
	    place >= MSG_SLOT_MAX_CHANNELS)
		return -EINVAL;
	lane = slot_get_lane(of->slot, place);
	if (!lane)
		return -EINVAL;
	vma->vm_private_data = lane;
	err = own ? map_own(file, vma, lane) : map_to_read(file, vma);
	if (err)
		lane_put(lane);
	return err;
}

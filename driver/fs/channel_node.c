// SPDX-License-Identifier: GPL-2.0
/*
 * Files of channels: opening one, and what stat() and truncate() say and do.
 *
 * The VFS keeps no size of them: stat() asks the channel. In the inode there is the
 * largest that there may be, for those calls that look there first, and would find
 * nothing to do in an empty file (copy_file_range() between two of them).
 */
#include <linux/fs.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/splice.h>
#include <linux/time64.h>

#include "channel/channel.h"
#include "channel_node.h"
#include "compat.h"
#include "file/channel_file.h"
#include "file/fdinfo.h"
#include "file/file.h"
#include "file/mapping.h"
#include "file/transfer.h"
#include "name.h"
#include "named_slot.h"
#include "node.h"
#include "slot/slot.h"

/**
 * channel_node_clear() - take a channel's message away, by its name
 * @node: the channel's node
 *
 * Return: 0, or -EBUSY if an open file has claimed it.
 */
int channel_node_clear(struct slotfs_node *node)
{
	/* No open file, so that claims keep it out. */
	return slot_clear(node->named->slot, node->id, node);
}

/*
 * To nothing: clear. To the size it has: nothing to do, so that those may succeed who
 * set the size of what they have written. A message can't be cut or filled up.
 */
static int set_size(struct inode *inode, const struct iattr *attr)
{
	struct slotfs_node *node = node_of(inode);
	struct msg_slot_record record;

	if (!attr->ia_size)
		return attr->ia_valid & ATTR_FILE ? file_clear(attr->ia_file) :
						    channel_node_clear(node);
	slot_look(node->named->slot, node->id, &record);
	return attr->ia_size == record.size ? 0 : -EINVAL;
}

/*
 * When a file is opened with O_TRUNC nothing is cleared: a write follows, and is one
 * replacement.
 */
static int channel_node_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
				struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err = setattr_prepare(idmap, dentry, attr);

	if (!err && attr->ia_valid & ATTR_SIZE && !(attr->ia_valid & ATTR_OPEN))
		err = set_size(inode, attr);
	if (!err)
		setattr_copy(idmap, inode, attr);
	return err;
}

/* The block size is what those who copy files write at once: a whole message. */
static int channel_node_getattr(struct mnt_idmap *idmap,
				const struct path *path, struct kstat *stat,
				u32 request_mask, unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct slotfs_node *node = node_of(inode);
	struct slot *slot = node->named->slot;
	struct msg_slot_record record;

	generic_fillattr(idmap, request_mask, inode, stat);
	slot_look(slot, node->id, &record);
	stat->size = record.size;
	stat->blocks = DIV_ROUND_UP(record.size, 512);
	stat->blksize = max_t(u32, stat->blksize,
			      roundup(READ_ONCE(slot->max_message), PAGE_SIZE));
	if (record.event == MSG_SLOT_WRITTEN)
		stat->mtime = ns_to_timespec64(record.written);
	return 0;
}

const struct inode_operations channel_node_inode_operations = {
	.getattr = channel_node_getattr,
	.setattr = channel_node_setattr,
};

static int channel_node_open(struct inode *inode, struct file *file)
{
	struct slotfs_node *node = node_of(inode);

	return file_open_channel(file, node->named->slot, node->id);
}

/* It would cut a message into what fits in a pipe. cp and cat then read and write. */
static ssize_t channel_node_copy_range(struct file *from, loff_t from_pos,
				       struct file *to, loff_t to_pos, size_t n,
				       unsigned int flags)
{
	return -EINVAL;
}

/* There is no splice_write for the same reason: splice() to it is EINVAL. */
const struct file_operations channel_node_operations = {
	.owner = THIS_MODULE,
	.open = channel_node_open,
	.release = channel_file_release,
	.llseek = channel_file_llseek,
	.read = channel_file_read,
	.read_iter = channel_file_read_iter,
	.write = channel_file_write,
	.write_iter = channel_file_write_iter,
	.splice_read = copy_splice_read,
	.copy_file_range = channel_node_copy_range,
	.uring_cmd = transfer_uring,
	.poll = channel_file_poll,
	.mmap = mapping_mmap,
	.fsync = noop_fsync,
	.setlease = simple_nosetlease,
	.unlocked_ioctl = name_ioctl,
	.compat_ioctl = name_compat_ioctl,
	.show_fdinfo = fdinfo_show,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * A frame: a message that is a sealed memfd. Nobody can change its bytes, nor how many
 * there are, so nobody has to copy them: a channel keeps the memfd, and who gets the
 * frame opens it anew, for reading.
 *
 * What is kept is the path, not an open file: it counts for nobody's descriptors nor
 * for the machine's open files, has no locks, and has gone, with its pages, when the
 * module has, where a file would go later. The file system that memfds are in
 * is the kernel's own and always there.
 *
 * Its pages are charged to whoever touched each first (shmem's rule), for as long as
 * anybody has the memfd; only the block is charged to who publishes.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/shmem_fs.h>
#include <linux/stat.h>
#include <linux/uio.h>

#include "frame.h"
#include "message.h"

/* F_SEAL_FUTURE_WRITE would leave a mapping that was there before writable. */
#define FRAME_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/*
 * fcntl(F_GET_SEALS) is not for modules. Every file of shmem's begins with F_SEAL_SEAL,
 * so that it can't have another seal ever (mm/shmem.c, shmem_get_inode()); memfd_create()
 * alone takes that away, if it is asked to (mm/memfd.c). So what has all of them is a
 * memfd: no file of a tmpfs, SysV's shared memory, nor what a driver keeps in shmem. Seals
 * come, but never go. Hugetlbfs and secretmem have pages of other kinds. The inode's own
 * mapping is looked at, for that of an open file may be another file system's.
 */
static bool is_sealed(const struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && inode->i_mapping == &inode->i_data &&
	       shmem_mapping(inode->i_mapping) &&
	       !(FRAME_SEALS & ~READ_ONCE(SHMEM_I(inode)->seals));
}

/* Return: 0 and a message for message_put(); or as frame_get(). */
static int take_file(struct message *message, const struct file *file)
{
	loff_t size = i_size_read(file_inode(file));

	/* Who may not read it can't let others. */
	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	if (!is_sealed(file))
		return -EINVAL;
	if (!size || size > U32_MAX)
		return -EMSGSIZE;
	message->size = size;
	message->frame = true;
	message->block = block_create_frame(&file->f_path, size);
	return message->block ? 0 : -ENOMEM;
}

/**
 * frame_get() - fetch a frame from a user
 * @message: where to
 * @fd: a descriptor of the caller's
 *
 * May sleep for memory.
 *
 * Return: 0 and a message for message_put(); -EBADF for no descriptor, or one that is not
 * open for reading; -EINVAL for what is no memfd with all seals; -EMSGSIZE for one that is
 * empty or has 2^32 bytes; -ENOMEM.
 */
int frame_get(struct message *message, u64 fd)
{
	struct file *file = fd <= INT_MAX ? fget(fd) : NULL;
	int err;

	if (!file)
		return -EBADF;
	err = take_file(message, file);
	fput(file);
	return err;
}

/* Return: a new open file, or ERR_PTR(). */
static struct file *open_frame(const struct message *message, int flags)
{
	return dentry_open(&message->block->frame,
			   O_RDONLY | O_LARGEFILE | flags, current_cred());
}

/**
 * frame_give() - copy a part of a frame
 * @message: the frame, held
 * @pos: where the part begins
 * @n: its size; it is within the frame
 * @to: where to, with room for it
 *
 * May sleep for the user's pages, and for the frame's.
 *
 * Return: 0; -EFAULT; -ENOMEM; -ENFILE; -EIO if a page was lost; or what a security module
 * says.
 */
int frame_give(const struct message *message, loff_t pos, size_t n,
	       struct iov_iter *to)
{
	/* A time of reading would be a write to an inode that all readers share. */
	struct file *file = open_frame(message, O_NOATIME);
	ssize_t ret = 0;

	if (IS_ERR(file))
		return PTR_ERR(file);
	while (n) {
		ret = vfs_iter_read(file, to, &pos, 0);
		if (ret <= 0)
			break;
		n -= min_t(size_t, n, ret);
	}
	fput(file);
	if (!n)
		return 0;
	return ret ?: -EIO;
}

/**
 * frame_open() - open a frame for its reader
 * @message: the frame, held
 *
 * Whoever owns the memfd, and whatever its mode: who may read the channel may read it.
 *
 * Return: the file, or ERR_PTR(): -ENFILE, -ENOMEM, or what a security module says.
 */
struct file *frame_open(const struct message *message)
{
	return open_frame(message, 0);
}

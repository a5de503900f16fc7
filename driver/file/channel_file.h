/* SPDX-License-Identifier: GPL-2.0 */
/* An open file of a single channel, which is read by position, as files are. */
#ifndef MESSAGE_SLOT_CHANNEL_FILE_H
#define MESSAGE_SLOT_CHANNEL_FILE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/types.h>

#include "channel/message.h"
#include "open_file.h"

/**
 * struct channel_file - what a slot keeps for an open file of a channel
 * @of: what it keeps for each; its channel is selected, and the only one
 * @next: the position at which the last read ended: one from there goes on in what
 *	that one read. 0: there was none.
 * @keeps: whether @kept has more of that; else it was read to its end
 * @unfinished: whether who reads can't know that it was the end: poll() then says that
 *	there is something to read
 * @reading: guards @kept and the change of @keeps
 * @kept: the message that is being read, in memory of the reader's own
 */
struct channel_file {
	struct open_file of;
	u32 next;
	bool keeps;
	bool unfinished;
	struct mutex reading; /* of what is kept */
	struct message kept;
};

void channel_file_init(struct channel_file *cf, struct file *file);
int channel_file_release(struct inode *inode, struct file *file);

ssize_t channel_file_read(struct file *file, char __user *buf, size_t n,
			  loff_t *pos);
ssize_t channel_file_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t channel_file_write(struct file *file, const char __user *buf, size_t n,
			   loff_t *pos);
ssize_t channel_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
__poll_t channel_file_poll(struct file *file, struct poll_table_struct *table);
loff_t channel_file_llseek(struct file *file, loff_t offset, int whence);

#endif /* MESSAGE_SLOT_CHANNEL_FILE_H */

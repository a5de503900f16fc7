/* SPDX-License-Identifier: GPL-2.0 */
/* An author: who opened the file that a message was written through. */
#ifndef MESSAGE_SLOT_AUTHOR_H
#define MESSAGE_SLOT_AUTHOR_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct cred;
struct msg_slot_record;
struct spare;

/**
 * struct author - who wrote; never changes, but for @spare
 * @users: the open file, and the buffers of channels with a message of its
 * @uid: the effective user at the time of open()
 * @gid: the effective group
 * @pid: the process
 * @spare: what its open file keeps for its next long message, or NULL: see spare.c
 * @rcu: frees it a grace period after the last user, for a reader that found it
 *	in a channel
 */
struct author {
	refcount_t users;
	kuid_t uid;
	kgid_t gid;
	struct pid *pid;
	struct spare *spare;
	struct rcu_head rcu;
};

struct author *author_create(const struct cred *cred);
void author_put(struct author *author);
void author_tell(const struct author *author, struct msg_slot_record *record);

/* One more user, where there is one already. */
static inline void author_hold(struct author *author)
{
	refcount_inc(&author->users);
}

#endif /* MESSAGE_SLOT_AUTHOR_H */

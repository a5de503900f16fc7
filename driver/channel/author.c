// SPDX-License-Identifier: GPL-2.0
/*
 * An author: kept as the kernel knows it, told as the one who asks knows it.
 * The opener's credentials count, as with SO_PEERCRED: they are those that had
 * the right to open the slot, and no other process can be made to lend its own
 * by having it write to a descriptor.
 */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "author.h"
#include "memory.h"
#include "message_slot.h"

/**
 * author_create() - the current process as an author
 * @cred: with these credentials
 *
 * Return: the author, for author_put(), or NULL without memory.
 */
struct author *author_create(const struct cred *cred)
{
	struct author *author = kmalloc(sizeof(*author), MEMORY_WAIT);

	if (!author)
		return NULL;
	refcount_set(&author->users, 1);
	author->spare = NULL;
	author->uid = cred->euid;
	author->gid = cred->egid;
	author->pid = get_pid(task_tgid(current));
	return author;
}

static void free_author(struct rcu_head *rcu)
{
	struct author *author = container_of(rcu, struct author, rcu);

	put_pid(author->pid);
	kfree(author);
}

/**
 * author_put() - one user less
 * @author: the author, or NULL
 *
 * Any context, but not under a raw spinlock.
 */
void author_put(struct author *author)
{
	if (author && refcount_dec_and_test(&author->users))
		call_rcu(&author->rcu, free_author);
}

/**
 * author_tell() - say who it is, to the current task
 * @author: the author; under RCU, or held
 * @record: its uid, gid and pid are filled in, as the task's namespaces have them
 */
void author_tell(const struct author *author, struct msg_slot_record *record)
{
	struct user_namespace *users = current_user_ns();

	/* -1, which is MSG_SLOT_NO_ID, and 0 for those that are not there. */
	record->uid = from_kuid(users, author->uid);
	record->gid = from_kgid(users, author->gid);
	record->pid = pid_nr_ns(author->pid, task_active_pid_ns(current));
}

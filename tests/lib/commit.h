/* SPDX-License-Identifier: GPL-2.0 */
/* Commits, and what they are made of. As the calls in slot.h, they return -errno. */
#ifndef TESTS_COMMIT_H
#define TESTS_COMMIT_H

#include "record.h"

#define MOST_PUTS MSG_SLOT_MAX_COMMIT

/* Also told: which is to blame, or @count. */
static inline long slot_commit_told(int fd, struct msg_slot_put *puts,
				    unsigned int count, unsigned int *failed)
{
	struct msg_slot_commit commit = { .puts = (unsigned long)puts,
					  .count = count,
					  .failed = 77777 };
	long ret = slot_ioctl(fd, MSG_SLOT_COMMIT, &commit);

	*failed = commit.failed;
	return ret;
}

static inline long slot_commit(int fd, struct msg_slot_put *puts,
			       unsigned int count)
{
	unsigned int failed;

	return slot_commit_told(fd, puts, count, &failed);
}

static inline struct msg_slot_put put_text(unsigned int id, const char *text)
{
	return put_of(id, text, strlen(text));
}

static inline struct msg_slot_put put_if(struct msg_slot_put put,
					 unsigned long long version)
{
	put.flags |= MSG_SLOT_IF_VERSION;
	put.version = version;
	return put;
}

static inline struct msg_slot_put clear_of(unsigned int id)
{
	return (struct msg_slot_put){ .channel = id, .flags = MSG_SLOT_CLEARS };
}

#endif

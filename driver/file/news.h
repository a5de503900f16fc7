/* SPDX-License-Identifier: GPL-2.0 */
/* News: a message of the selected channel that an open file has not read. */
#ifndef MESSAGE_SLOT_NEWS_H
#define MESSAGE_SLOT_NEWS_H

#include <linux/poll.h>

#include "open_file.h"

static inline s64 reading(u32 id, u32 version)
{
	return (u64)id << 32 | version;
}

/*
 * @seen is what @of->seen was before that message was copied. Return: whether
 * this is the first to read it: not if another thread has read or selected in
 * the meantime, for what that did must stand.
 */
static inline bool mark_read(struct open_file *of, s64 seen, u32 id,
			     u32 version)
{
	s64 now = reading(id, version);

	return seen != now && atomic64_try_cmpxchg(&of->seen, &seen, now);
}

struct listener_list *news_listeners(struct open_file *of, u32 id);
int news_sleep(struct open_file *of);
__poll_t news_poll(struct file *file, struct poll_table_struct *table);
int news_select(struct open_file *of, u32 id);
int news_restrict(struct open_file *of, u32 id);
void news_end(struct open_file *of);

#endif /* MESSAGE_SLOT_NEWS_H */

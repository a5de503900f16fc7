/* SPDX-License-Identifier: GPL-2.0 */
/* A claim: an open file's right to be the only one that writes a channel. */
#ifndef MESSAGE_SLOT_CLAIM_H
#define MESSAGE_SLOT_CLAIM_H

#include <linux/types.h>

struct address_space;
struct message;
struct open_file;

int claim_take(struct open_file *of, u32 id, u32 end,
	       const struct message *will);
int claim_begin_lane(struct open_file *of, u32 id,
		     struct address_space *mapping, u32 *place);
int claim_ring(struct open_file *of, u32 id);
void claim_end_lanes(struct open_file *of, u32 but);
int claim_release(struct open_file *of, u32 id);
void claim_release_all(struct open_file *of);

#endif /* MESSAGE_SLOT_CLAIM_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How memory that is kept is asked for: charged to the caller's memory cgroup,
 * and refused where it is short. Nobody is killed to make room, also for open().
 */
#ifndef MESSAGE_SLOT_MEMORY_H
#define MESSAGE_SLOT_MEMORY_H

#include <linux/gfp.h>

#define MEMORY_WAIT (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)
#define MEMORY_NOWAIT (GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

#endif /* MESSAGE_SLOT_MEMORY_H */

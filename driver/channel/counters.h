/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters: how often things happened in a slot.
 *
 * Writes are counted by each processor for itself, for writers of different channels
 * share nothing else; all the rest is rare, or takes a lock of the slot's anyway.
 */
#ifndef MESSAGE_SLOT_COUNTERS_H
#define MESSAGE_SLOT_COUNTERS_H

#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

/**
 * enum counter - what is counted beside writes
 * @COUNT_CLEARS: messages that were taken away
 * @COUNT_EXPIRIES: messages whose time to live was over
 * @COUNT_CLAIMS: claims that have begun
 * @COUNT_HELD: claims that have not ended
 * @COUNT_WILLS: wills that became a message
 * @COUNT_RESTARTS: watches that were told to begin anew
 */
enum counter {
	COUNT_CLEARS,
	COUNT_EXPIRIES,
	COUNT_CLAIMS,
	COUNT_HELD,
	COUNT_WILLS,
	COUNT_RESTARTS,
	COUNTERS,
};

/**
 * struct writes - how many messages were written on one processor
 * @sync: where a number of 64 bits is two to the processor
 * @n: how many
 */
struct writes {
	struct u64_stats_sync sync;
	u64_stats_t n;
};

/**
 * struct counters - how often things happened in a slot
 * @writes: messages that were written
 * @others: the rest
 */
struct counters {
	struct writes __percpu *writes;
	atomic64_t others[COUNTERS];
};

int counters_init(struct counters *counters);
void counters_exit(struct counters *counters);
u64 counters_writes(const struct counters *counters);

/* One more write, on the processor that the caller stays on. */
static __always_inline void counters_write(const struct counters *counters)
{
	struct writes *writes = this_cpu_ptr(counters->writes);

	u64_stats_update_begin(&writes->sync);
	u64_stats_inc(&writes->n);
	u64_stats_update_end(&writes->sync);
}

static inline void counters_inc(struct counters *counters, enum counter which)
{
	atomic64_inc(&counters->others[which]);
}

static inline void counters_dec(struct counters *counters, enum counter which)
{
	atomic64_dec(&counters->others[which]);
}

static inline u64 counters_read(const struct counters *counters,
				enum counter which)
{
	return atomic64_read(&counters->others[which]);
}

#endif /* MESSAGE_SLOT_COUNTERS_H */

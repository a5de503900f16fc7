// SPDX-License-Identifier: GPL-2.0
/* Of a slot: its limits, and how much of them is used. */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "channel/message.h"
#include "message_slot.h"
#include "slot_limits.h"
#include "slot_types.h"

/**
 * slot_limits_valid() - whether a slot could have these limits
 * @limits: the limits
 *
 * Return: whether each is within the range that message_slot.h gives.
 */
bool slot_limits_valid(const struct msg_slot_limits *limits)
{
	return limits->max_message &&
	       limits->max_message <= MSG_SLOT_LARGEST_MESSAGE &&
	       limits->max_channels &&
	       limits->max_channels <= MSG_SLOT_MAX_CHANNELS &&
	       limits->max_bytes;
}

/**
 * slot_get_limits() - a slot's limits
 * @slot: the slot
 * @limits: where to
 */
void slot_get_limits(struct slot *slot, struct msg_slot_limits *limits)
{
	spin_lock(&slot->lock);
	limits->max_message = slot->max_message;
	limits->max_channels = slot->max_channels;
	limits->max_bytes = atomic64_read(&slot->budget.limit);
	spin_unlock(&slot->lock);
}

/**
 * slot_set_limits() - change a slot's limits
 * @slot: the slot
 * @limits: valid ones
 *
 * What is there stays, also where it is beyond the new limits.
 */
void slot_set_limits(struct slot *slot, const struct msg_slot_limits *limits)
{
	spin_lock(&slot->lock);
	WRITE_ONCE(slot->max_message, limits->max_message);
	WRITE_ONCE(slot->max_short,
		   min_t(u32, limits->max_message, MESSAGE_SHORT));
	slot->max_channels = limits->max_channels;
	atomic64_set(&slot->budget.limit, limits->max_bytes);
	spin_unlock(&slot->lock);
}

/**
 * slot_get_usage() - what a slot has
 * @slot: the slot
 * @usage: where to
 */
void slot_get_usage(struct slot *slot, struct msg_slot_usage *usage)
{
	spin_lock(&slot->lock);
	usage->channels = slot->count;
	usage->reserved = 0;
	usage->bytes = budget_usage(&slot->budget);
	spin_unlock(&slot->lock);
}

/**
 * slot_get_counters() - how often things happened in a slot, and what it has
 * @slot: the slot
 * @told: where to
 */
void slot_get_counters(struct slot *slot, struct msg_slot_counters *told)
{
	const struct counters *counters = &slot->counters;
	struct msg_slot_limits limits;
	struct msg_slot_usage usage;

	slot_get_limits(slot, &limits);
	slot_get_usage(slot, &usage);
	*told = (struct msg_slot_counters){
		.writes = counters_writes(counters),
		.clears = counters_read(counters, COUNT_CLEARS),
		.expiries = counters_read(counters, COUNT_EXPIRIES),
		.claims = counters_read(counters, COUNT_CLAIMS),
		.held = counters_read(counters, COUNT_HELD),
		.wills = counters_read(counters, COUNT_WILLS),
		.restarts = counters_read(counters, COUNT_RESTARTS),
		.channels = usage.channels,
		.bytes = usage.bytes,
		.max_message = limits.max_message,
		.max_channels = limits.max_channels,
		.max_bytes = limits.max_bytes,
	};
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: what happens in slots, for perf, bpftrace and tracefs; of messages their
 * sizes and versions, not what is in them.
 *
 * A slot is told by a device and the number of an inode: a device file's own numbers and
 * 0, or in slotfs those of the slot's directory.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM message_slot

#if !defined(MESSAGE_SLOT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MESSAGE_SLOT_TRACE_H

#include <linux/fs.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#include "slot_types.h"

/* As the kernel's own are written. */
/* clang-format off */

TRACE_EVENT(put,
	    TP_PROTO(const struct slot *slot, u32 channel, u64 version, u32 size),
	    TP_ARGS(slot, channel, version, size),
	    TP_STRUCT__entry(__field(u64, ino)
			     __field(u64, version)
			     __field(dev_t, dev)
			     __field(u32, channel)
			     __field(u32, size)),
	    TP_fast_assign(__entry->ino = slot->ino;
			   __entry->version = version;
			   __entry->dev = slot->dev;
			   __entry->channel = channel;
			   __entry->size = size;),
	    TP_printk("slot=%u:%u/%llu channel=%u version=%llu size=%u",
		      MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		      __entry->channel, __entry->version, __entry->size));

DECLARE_EVENT_CLASS(message_slot_gone,
		    TP_PROTO(const struct slot *slot, u32 channel, u64 version),
		    TP_ARGS(slot, channel, version),
		    TP_STRUCT__entry(__field(u64, ino)
				     __field(u64, version)
				     __field(dev_t, dev)
				     __field(u32, channel)),
		    TP_fast_assign(__entry->ino = slot->ino;
				   __entry->version = version;
				   __entry->dev = slot->dev;
				   __entry->channel = channel;),
		    TP_printk("slot=%u:%u/%llu channel=%u version=%llu",
			      MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
			      __entry->channel, __entry->version));

DEFINE_EVENT(message_slot_gone, clear,
	     TP_PROTO(const struct slot *slot, u32 channel, u64 version),
	     TP_ARGS(slot, channel, version));

DEFINE_EVENT(message_slot_gone, expire,
	     TP_PROTO(const struct slot *slot, u32 channel, u64 version),
	     TP_ARGS(slot, channel, version));

DECLARE_EVENT_CLASS(message_slot_claim,
		    TP_PROTO(const struct slot *slot, u32 channel, u32 end),
		    TP_ARGS(slot, channel, end),
		    TP_STRUCT__entry(__field(u64, ino)
				     __field(dev_t, dev)
				     __field(u32, channel)
				     __field(u32, end)),
		    TP_fast_assign(__entry->ino = slot->ino;
				   __entry->dev = slot->dev;
				   __entry->channel = channel;
				   __entry->end = end;),
		    TP_printk("slot=%u:%u/%llu channel=%u end=%u",
			      MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
			      __entry->channel, __entry->end));

DEFINE_EVENT(message_slot_claim, claim,
	     TP_PROTO(const struct slot *slot, u32 channel, u32 end),
	     TP_ARGS(slot, channel, end));

DEFINE_EVENT(message_slot_claim, claim_end,
	     TP_PROTO(const struct slot *slot, u32 channel, u32 end),
	     TP_ARGS(slot, channel, end));

/* @channel is 0 for those who watch the whole slot. */
TRACE_EVENT(wake,
	    TP_PROTO(const struct slot *slot, u32 channel, u32 event, u32 listeners),
	    TP_ARGS(slot, channel, event, listeners),
	    TP_STRUCT__entry(__field(u64, ino)
			     __field(dev_t, dev)
			     __field(u32, channel)
			     __field(u32, event)
			     __field(u32, listeners)),
	    TP_fast_assign(__entry->ino = slot->ino;
			   __entry->dev = slot->dev;
			   __entry->channel = channel;
			   __entry->event = event;
			   __entry->listeners = listeners;),
	    TP_printk("slot=%u:%u/%llu channel=%u event=%u listeners=%u",
		      MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		      __entry->channel, __entry->event, __entry->listeners));

/* clang-format on */

#endif /* MESSAGE_SLOT_TRACE_H */

/* From driver/, where the compiler looks. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH slot
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

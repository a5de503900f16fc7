// SPDX-License-Identifier: GPL-2.0
#include "actor.h"
#include "acts.h"

/* An index here is in the bytes of inputs that a fuzzer keeps, not in texts. */
const struct act_kind act_kinds[] = {
	{ "write", act_write },
	{ "read", act_read },
	{ "select", act_select },
	{ "put", act_put },
	{ "get", act_get },
	{ "clear", act_clear },
	{ "wait", act_wait },
	{ "snapshot", act_snapshot },
	{ "claim", act_claim },
	{ "release", act_release },
	{ "watch", act_watch },
	{ "events", act_events },
	{ "unwatch", act_unwatch },
	{ "map", act_map },
	{ "mapped_read", act_mapped_read },
	{ "unmap", act_unmap },
	{ "locate", act_locate },
	{ "mmap", act_mmap },
	{ "open", act_open },
	{ "close", act_close },
	{ "dup", act_dup },
	{ "blocking", act_blocking },
	{ "nonblock", act_nonblock },
	{ "poll", act_poll },
	{ "seek", act_seek },
	{ "restrict", act_restrict },
	{ "get_limits", act_get_limits },
	{ "set_limits", act_set_limits },
	{ "usage", act_usage },
	{ "command", act_command },
	{ "ring_write", act_ring_write },
	{ "ring_read", act_ring_read },
	{ "fork", act_fork },
};

const unsigned int act_kinds_count = COUNT(act_kinds);

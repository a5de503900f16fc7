// SPDX-License-Identifier: GPL-2.0
/* What changes a slot, with every thing in it that may fail made to fail. */
#include "commit.h"
#include "fail_nth.h"

static long open_anew(struct world *world)
{
	return world->opened = slot_open(world->node, O_RDWR);
}

static bool opened_works(struct world *world)
{
	return slot_send(world->opened, ABSENT, "new", 3) == 3 &&
	       channel_has(world->look, ABSENT, "new");
}

static long write_selected(struct world *world)
{
	return slot_write(world->fd, "newer", 5);
}

static bool selected_is_newer(struct world *world)
{
	return channel_has(world->look, SHORT_ONE, "newer");
}

static long write_new(struct world *world)
{
	return slot_pwrite(world->fd, "newer", 5, ABSENT);
}

static bool new_is_newer(struct world *world)
{
	return channel_has(world->look, ABSENT, "newer");
}

static long write_mortal(struct world *world)
{
	return slot_pwrite(world->fd, "newer", 5, MORTAL);
}

static bool mortal_is_newer(struct world *world)
{
	return channel_has(world->look, MORTAL, "newer") &&
	       slot_record(world->look, MORTAL).ttl == FOREVER;
}

static long write_long_for_short(struct world *world)
{
	return slot_put_large(world->fd, SHORT_ONE, LONG, 2);
}

static bool short_is_long(struct world *world)
{
	return slot_has_large(world->look, SHORT_ONE, LONG, 2);
}

static long write_long_new(struct world *world)
{
	return slot_put_large(world->fd, ABSENT, LONG, 2);
}

static bool new_is_long(struct world *world)
{
	return slot_has_large(world->look, ABSENT, LONG, 2);
}

static long write_short_for_long(struct world *world)
{
	return slot_pwrite(world->fd, "newer", 5, LONG_ONE);
}

static bool long_is_short(struct world *world)
{
	return channel_has(world->look, LONG_ONE, "newer");
}

static long write_gathered(struct world *world)
{
	const struct iovec parts[] = { { "ne", 2 }, { "wer", 3 } };

	return slot_result(writev(world->fd, parts, 2));
}

static long put_new(struct world *world)
{
	return slot_put(world->fd, ABSENT, "newer", 5);
}

static long put_for_an_hour(struct world *world)
{
	return slot_put_for(world->fd, ABSENT, "newer", 5, 3600 * SECOND);
}

static bool new_is_mortal(struct world *world)
{
	return channel_has(world->look, ABSENT, "newer") &&
	       slot_record(world->look, ABSENT).ttl < FOREVER;
}

static long put_on_condition(struct world *world)
{
	struct msg_slot_put put = put_of(SHORT_ONE, "newer", 5);

	put.flags = MSG_SLOT_IF_VERSION;
	put.version = 1;
	return slot_ioctl(world->fd, MSG_SLOT_PUT, &put);
}

static long renew_immortal(struct world *world)
{
	return slot_renew(world->fd, SHORT_ONE, 3600 * SECOND);
}

static bool short_is_mortal(struct world *world)
{
	return slot_record(world->look, SHORT_ONE).ttl <= 3600 * SECOND;
}

static long renew_on_condition(struct world *world)
{
	return slot_renew_if(world->fd, LONG_ONE, 3600 * SECOND,
			     &(unsigned long long){ 1 });
}

static bool long_is_mortal(struct world *world)
{
	return slot_record(world->look, LONG_ONE).ttl <= 3600 * SECOND;
}

static long clear_long(struct world *world)
{
	return slot_clear(world->fd, LONG_ONE);
}

static bool long_is_gone(struct world *world)
{
	return channel_is_empty(world->look, LONG_ONE);
}

/* One of each kind. */
static long commit_all(struct world *world)
{
	struct msg_slot_put puts[] = {
		put_text(SHORT_ONE, "newer"),
		clear_of(LONG_ONE),
		put_of(MORTAL, large(LONG, 2), LONG),
		put_of(CLAIMED, "newer", 5),
		put_if(put_of(ABSENT, large(LONG, 2), LONG), 0),
		put_text(ABSENT + 1, "newer"),
	};

	puts[0].ttl = 3600 * SECOND;
	puts[4].ttl = 3600 * SECOND;
	return slot_commit(world->fd, puts, ARRAY_SIZE(puts));
}

static bool all_is_committed(struct world *world)
{
	return short_is_mortal(world) && long_is_gone(world) &&
	       slot_has_large(world->look, MORTAL, LONG, 2) &&
	       channel_has(world->look, CLAIMED, "newer") &&
	       new_is_long(world) &&
	       channel_has(world->look, ABSENT + 1, "newer");
}

static long claim_new(struct world *world)
{
	return slot_claim_will(world->fd, ABSENT, will, sizeof(will));
}

static bool new_is_claimed(struct world *world)
{
	return slot_put(world->look, ABSENT, "x", 1) == -EBUSY &&
	       slot_release(world->fd, ABSENT) == 0 &&
	       slot_pread(world->look, world->buf, STATE_LARGEST, ABSENT) ==
		       (long)sizeof(will);
}

static long claim_again(struct world *world)
{
	return slot_claim(world->fd, CLAIMED, MSG_SLOT_END_KEEP);
}

static bool claim_keeps(struct world *world)
{
	return slot_put(world->fd, CLAIMED, "kept", 4) == 0 &&
	       slot_release(world->fd, CLAIMED) == 0 &&
	       channel_has(world->look, CLAIMED, "kept");
}

static long release_claim(struct world *world)
{
	return slot_release(world->fd, CLAIMED);
}

static bool will_is_there(struct world *world)
{
	return slot_pread(world->look, world->buf, STATE_LARGEST, CLAIMED) ==
		       (long)sizeof(will) &&
	       !memcmp(world->buf, will, sizeof(will)) &&
	       slot_put(world->look, CLAIMED, "free", 4) == 0;
}

static long close_file(struct world *world)
{
	long ret = slot_result(close(world->fd));

	world->fd = -1;
	return ret;
}

static long lower_limits(struct world *world)
{
	struct msg_slot_limits limits = { 100, 4, 100000 };

	return slot_set_limits(world->fd, limits);
}

static bool limits_hold(struct world *world)
{
	return slot_limits(world->look).max_message == 100 &&
	       slot_put(world->fd, ABSENT, "new", 3) == -ENOSPC;
}

static long narrow(struct world *world)
{
	return slot_restrict(world->fd, SHORT_ONE, MSG_SLOT_READ_ONLY);
}

static bool is_narrow(struct world *world)
{
	return slot_pwrite(world->fd, "x", 1, SHORT_ONE) == -EPERM &&
	       slot_put(world->fd, LONG_ONE, "x", 1) == -EPERM;
}

OPERATION(open, open_anew, opened_works);
OPERATION(write, write_selected, selected_is_newer);
OPERATION(write_new, write_new, new_is_newer);
OPERATION(write_mortal, write_mortal, mortal_is_newer);
OPERATION(write_long_for_short, write_long_for_short, short_is_long);
OPERATION(write_long_new, write_long_new, new_is_long);
OPERATION(write_short_for_long, write_short_for_long, long_is_short);
OPERATION(writev, write_gathered, selected_is_newer);
OPERATION(put, put_new, new_is_newer);
OPERATION(put_ttl, put_for_an_hour, new_is_mortal);
OPERATION(put_if, put_on_condition, selected_is_newer);
OPERATION(renew, renew_immortal, short_is_mortal);
OPERATION(renew_if, renew_on_condition, long_is_mortal);
OPERATION(clear, clear_long, long_is_gone);
OPERATION(commit, commit_all, all_is_committed);
OPERATION(claim, claim_new, new_is_claimed);
OPERATION(claim_again, claim_again, claim_keeps);
OPERATION(release, release_claim, will_is_there);
OPERATION(close, close_file, will_is_there);
OPERATION(set_limits, lower_limits, limits_hold);
OPERATION(restrict_channels, narrow, is_narrow);

TEST_HARNESS_MAIN

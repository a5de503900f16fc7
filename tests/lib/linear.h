/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a channel could have done, one thing at a time, what a history says it
 * did: each act at some moment between its start and its end (linearizability).
 *
 * All orders are followed at once, as the history goes by: what is kept is which
 * of the acts that have begun and not ended may have been done, and what the
 * channel would hold then. An act that ends has been done; orders in which it has
 * not and can't any more are dropped. When none is left the history is wrong.
 */
#ifndef TESTS_LINEAR_H
#define TESTS_LINEAR_H

#include "act.h"

#include <stdio.h>
#include <stdlib.h>

#define PENDING_MOST 32
#define ORDERS_MOST 4096

/* One of the orders: which of the pending acts were done, and what is held. */
struct order {
	unsigned int done;
	const struct act *held;
	/* Which act has said for how long: what wrote or what renewed it. */
	const struct act *until;
	/* It has expired: nothing is there any more. */
	bool over;
	/* Who has claimed the channel, or 0. */
	unsigned short owner;
};

struct linear {
	const struct act *pending[PENDING_MOST];
	/* Which of them there are. */
	unsigned int open;
	struct order orders[ORDERS_MOST];
	unsigned int count;
};

/* Of a message whose version nobody ever got to know, it may be any. */
static inline bool version_may_be(const struct act *held,
				  unsigned long long version)
{
	if (!held)
		return !version;
	return version && (!held->version || held->version == version);
}

/* What readers find, or NULL. */
static inline const struct act *present(const struct order *order)
{
	return order->over ? NULL : order->held;
}

static inline void hold(struct order *order, const struct act *act)
{
	order->held = act;
	order->until = act;
	order->over = false;
}

/*
 * The writer looked at the message while it lived, and readers saw it expire before
 * they saw the change, or its new time to live: message_slot.h says that they may.
 */
static inline bool seen_before(const struct order *order, const struct act *act,
			       unsigned long long version)
{
	return order->over && version_may_be(order->held, version) &&
	       order->until->over >= act->start;
}

/* Whether an act that changes the channel could have met that version there. */
static inline bool could_meet(const struct order *order, const struct act *act,
			      unsigned long long version)
{
	return version_may_be(present(order), version) ||
	       seen_before(order, act, version);
}

/* The act puts @next there. Returns whether it could have met that version. */
static inline bool replaces(struct order *order, const struct act *act,
			    unsigned long long version, const struct act *next)
{
	bool fits = could_meet(order, act, version);

	hold(order, next);
	return fits;
}

/* From then on it is over when this act says, and not before. */
static inline bool renews(struct order *order, const struct act *act)
{
	bool fits = order->held && could_meet(order, act, act->version);

	if (!act->done)
		return !present(order);
	order->until = act;
	order->over = false;
	return fits;
}

static inline bool changes(const struct act *act)
{
	return act->kind <= CLEAR_IF || act->kind == RENEW;
}

/* Whether @act is what becomes of the message that is there, if nothing comes before. */
static inline bool is_end_of(const struct order *order, const struct act *act)
{
	return present(order) && order->until->value == act->value;
}

/* Who has claimed a channel keeps others from changing it. */
static inline bool keeps_out(const struct order *order, const struct act *act)
{
	return order->owner && order->owner != act->actor;
}

/* Of the one who had claimed it; or, if not done, of one who had not. */
static inline bool releases(struct order *order, const struct act *act)
{
	if (!act->done)
		return !order->owner || order->owner != act->actor;
	if (act->ending != KEEPS)
		hold(order, act->ending == WILLS ? act : NULL);
	if (order->owner != act->actor)
		return false;
	order->owner = 0;
	return true;
}

static inline bool claims(struct order *order, const struct act *act)
{
	if (keeps_out(order, act))
		return false;
	order->owner = act->actor;
	return act->done;
}

/* Could the act have had its result in that order? Then *@order follows. */
static inline bool act_fits(const struct act *act, struct order *order)
{
	const struct act *was = present(order);
	bool ends = is_end_of(order, act);

	if (act->refused)
		return keeps_out(order, act);
	if (changes(act) && keeps_out(order, act))
		return false;
	switch (act->kind) {
	case WRITE:
	case PUT:
	case PUT_FOR:
		hold(order, act);
		return act->done;
	case PUT_IF:
		return act->done ? replaces(order, act, act->given, act) :
				   version_may_be(was, act->version);
	case CLEAR:
		if (act->in_lane) {
			hold(order, NULL);
			return true;
		}
		return replaces(order, act, act->version, NULL);
	case CLEAR_IF:
		return act->done ? replaces(order, act, act->given, NULL) :
				   version_may_be(was, act->version);
	case GET:
	case MAPPED:
	case READ:
		return was ? act->done && act->value == was->value : !act->done;
	case CLAIM:
		return claims(order, act);
	case RELEASE:
		return releases(order, act);
	case RENEW:
		return renews(order, act);
	default:
		order->over = true;
		return ends;
	}
}

static inline void add_order(struct linear *linear, struct order order)
{
	for (unsigned int i = 0; i < linear->count; i++) {
		if (linear->orders[i].done == order.done &&
		    linear->orders[i].held == order.held &&
		    linear->orders[i].until == order.until &&
		    linear->orders[i].over == order.over &&
		    linear->orders[i].owner == order.owner)
			return;
	}
	if (linear->count == ORDERS_MOST)
		abort();
	linear->orders[linear->count++] = order;
}

/* Every order that comes of one that is there by doing what is pending. */
static inline void follow_orders(struct linear *linear)
{
	for (unsigned int i = 0; i < linear->count; i++) {
		unsigned int left = linear->open & ~linear->orders[i].done;

		for (; left; left &= left - 1) {
			struct order order = linear->orders[i];
			unsigned int p = __builtin_ctz(left);

			if (!act_fits(linear->pending[p], &order))
				continue;
			order.done |= 1u << p;
			add_order(linear, order);
		}
	}
}

static inline void act_begins(struct linear *linear, const struct act *act)
{
	unsigned int p;

	if (!~linear->open)
		abort();
	p = __builtin_ctz(~linear->open);
	linear->open |= 1u << p;
	linear->pending[p] = act;
}

/* What expires was perhaps replaced or renewed before: then nothing was to be done. */
static inline bool has_been_done(const struct act *act,
				 const struct order *order, unsigned int p)
{
	return order->done & 1u << p ||
	       (act->kind == EXPIRE && !is_end_of(order, act));
}

/* Returns whether an order is left. */
static inline bool act_ends(struct linear *linear, const struct act *act)
{
	unsigned int p = 0, found;

	while (!(linear->open & 1u << p) || linear->pending[p] != act)
		p++;
	follow_orders(linear);
	found = linear->count;
	linear->count = 0;
	for (unsigned int i = 0; i < found; i++) {
		struct order order = linear->orders[i];

		if (!has_been_done(act, &order, p))
			continue;
		order.done &= ~(1u << p);
		add_order(linear, order);
	}
	linear->open &= ~(1u << p);
	return linear->count;
}

/*
 * Given the acts by their starts and by their ends. Returns the first act for
 * which there is no order, or NULL.
 */
static inline const struct act *
first_impossible(struct act **by_start, struct act **by_end, unsigned int count)
{
	struct linear *linear = calloc(1, sizeof(*linear));
	const struct act *wrong = NULL;
	unsigned int started = 0;

	add_order(linear, (struct order){ 0 });
	for (unsigned int i = 0; i < count && !wrong; i++) {
		while (started < count &&
		       by_start[started]->start <= by_end[i]->end)
			act_begins(linear, by_start[started++]);
		if (!act_ends(linear, by_end[i]))
			wrong = by_end[i];
	}
	free(linear);
	return wrong;
}

#endif

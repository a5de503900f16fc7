/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Links: a rule at work, between a slot and a store. What the slot tells goes to outward.c,
 * what the store tells to inward.c; owner.c knows whose the keys are.
 */
#ifndef BRIDGE_LINK_H
#define BRIDGE_LINK_H

#include "../msgslot/slot.h"
#include "engine.h"
#include "item.h"
#include "rule.h"
#include "term.h"

/* So many puts are on their way at a time. */
#define LINK_WINDOW 256

/* A number of a put that is about the owner. */
#define LINK_TERM_PUT (1ULL << 63)

/*
 * So often all is asked for again: without an owner, where a copy could not be written, and
 * where the store has dropped something and not told it.
 */
#define LINK_LOOK (10000 * LINK_MS)

/* The longest error that is told. */
#define LINK_ERROR 160

/* So many errors are told in such a time, whoever causes them. */
#define LINK_LINES 20
#define LINK_LINES_TIME (10000 * LINK_MS)

/**
 * struct server - an engine at work
 * @settings: how to reach it
 * @engine: it
 * @queue: what it tells
 * @up: whether it is there
 * @error: why not, or the last reason
 */
struct server {
	struct engine_settings settings;
	struct engine *engine;
	struct engine_queue *queue;
	bool up;
	char error[LINK_ERROR];
};

/**
 * struct counts - what a link has done
 * @sent: puts that were acknowledged
 * @got: changes that were written to the slot
 * @refused: values that the rule does not allow, or that are too large
 */
struct counts {
	uint64_t sent;
	uint64_t got;
	uint64_t refused;
};

/**
 * struct owner - what is known of who owns the keys, and whether that is this program
 * @seen: the last that the store told
 * @known: it told one that can be read
 * @older: of a lower term than that, the last that was told
 * @listed: the key was told since the watch began
 * @revision: of that key
 * @beat_at: when the last new beat was seen
 * @lost: the store was lost that this program had the keys of
 * @mine: it is this program, with the term @number
 * @number: see there
 * @beat: the last that was sent
 * @complete: the store has all
 * @sending: a put of it is on its way, which began at @sent_at
 * @sent_at: see there
 * @acked_at: when the last one began that was acknowledged
 * @next_at: not before that another is sent
 * @dead: no beat was seen for the lease
 */
struct owner {
	struct term seen;
	bool known;
	struct term older;
	bool listed;
	uint64_t revision;
	uint64_t beat_at;
	bool lost;
	bool mine;
	uint64_t number;
	uint64_t beat;
	bool complete;
	bool sending;
	uint64_t sent_at;
	uint64_t acked_at;
	uint64_t next_at;
	bool dead;
};

/**
 * struct link - a rule at work
 * @rule: the rule
 * @machine: this machine's name
 * @instance: a number of this process's own
 * @bases: this machine's, or NULL
 * @where: what their names of this link begin with
 * @server: the engine
 * @store: what of it is used
 * @slot: the slot, if it is @open
 * @open: see there
 * @open_at: when to try again to open it
 * @watch: of the slot; for copies only until it is @told
 * @told: it has told all that was there
 * @items: the channels
 * @number: of the store's watch
 * @watching: that goes on, as far as is known
 * @listed: all that the store has was told, at @listed_at
 * @listed_at: see there
 * @begun: what was told has been taken, and each change counts as it comes
 * @begun_at: when the store's watch began
 * @held: what came before all was told, the first of them
 * @held_end: where the next is linked to
 * @failed: something could not be written to the slot since the watch began, or was
 *	refused because no owner was known
 * @store_time: the latest time of an entry
 * @store_ahead: the store's clock less link_now(), or 0 if that is not known
 * @store_doubt: by how much that may be wrong
 * @owner: see there
 * @waiting: what is to be sent
 * @later: likewise, but not at once
 * @flying: what is on its way, by number
 * @in_flight: how many
 * @put_number: of the last put
 * @first_left: how many items the store has to have before it is complete
 * @counts: see there
 * @error: the last one, or ""
 * @lines: how many were told since @lines_begin
 * @lines_begin: see there
 * @lines_left_out: how many were not told since the last that was
 */
struct link {
	struct rule *rule;
	const char *machine;
	uint64_t instance;
	struct bases *bases;
	char *where;
	struct server *server;
	struct store *store;
	struct slot slot;
	bool open;
	uint64_t open_at;
	struct msgslot_watch *watch;
	bool told;
	struct items items;
	uint64_t number;
	bool watching;
	bool listed;
	uint64_t listed_at;
	bool begun;
	uint64_t begun_at;
	struct engine_event *held;
	struct engine_event **held_end;
	bool failed;
	uint64_t store_time;
	uint64_t store_ahead;
	uint64_t store_doubt;
	struct owner owner;
	struct item_queue waiting;
	struct item_queue later;
	struct item *flying[LINK_WINDOW];
	size_t in_flight;
	uint64_t put_number;
	size_t first_left;
	struct counts counts;
	char error[LINK_ERROR];
	unsigned int lines;
	uint64_t lines_begin;
	uint64_t lines_left_out;
};

/* @rule: the link's from now on. @bases: or NULL. */
struct link *link_open(struct rule *rule, const char *machine,
		       uint64_t instance, struct bases *bases,
		       struct server *server);

/* Who owns the keys says that it has ended. */
void link_close(struct link *link);

/* What an engine told of the link's store. Takes the event. */
void link_take(struct link *link, struct engine_event *event);

/* The link's server has come, or gone. */
void link_server_changed(struct link *link);

/* The descriptor of its slot's watch, or -1. */
int link_fd(const struct link *link);

/*
 * Takes what its slot tells, if that has more by what was polled, and sends what there is to
 * send. Return: whether the slot may have more to tell.
 */
bool link_run(struct link *link, bool has_more);

/* What time brings; every LINK_TICK. */
void link_tick(struct link *link);

/* Begins the store's watch anew. */
void link_watch(struct link *link);

/* It is none any more; another one begins soon. */
void link_watch_lost(struct link *link);

/* The last error. Of too many in a short time only the status has the last. */
void __attribute__((format(printf, 2, 3)))
link_error(struct link *link, const char *format, ...);

/* A value that is not taken: it counts, and it is said why. */
void link_refuse(struct link *link, const char *key, const char *words);

/* Nanoseconds of a clock that nobody sets. */
uint64_t link_now(void);

/* The seconds after which a store may drop what has that time to live, or 0 for never. */
uint32_t link_expiry(uint64_t ttl);

#define LINK_MS 1000000ULL
#define LINK_SECOND (1000 * LINK_MS)
#define LINK_TICK (100 * LINK_MS)

#endif /* BRIDGE_LINK_H */

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../msgslot/complaint.h"
#include "../msgslot/failure.h"
#include "../msgslot/text.h"
#include "../msgslot/timestamp.h"
#include "engine_queue.h"
#include "inward.h"
#include "key.h"
#include "link.h"
#include "../msgslot/name.h"
#include "outward.h"
#include "owner.h"

/* How long until what failed is tried again. */
#define RETRY (1000 * LINK_MS)
/* So many at a time, that others have their turn. */
#define EVENTS 1024
/* A store that has not told all by then is asked again. */
#define PATIENCE (15000 * LINK_MS)
/* Of a key that is refused, in columns. */
#define KEY_SHOWN 64

uint64_t link_now(void)
{
	return timestamp_now(CLOCK_MONOTONIC);
}

uint32_t link_expiry(uint64_t ttl)
{
	uint64_t seconds = ttl / LINK_SECOND + !!(ttl % LINK_SECOND);

	return ttl == MSG_SLOT_FOREVER || seconds > UINT32_MAX ? 0 : seconds;
}

static bool may_tell(struct link *link)
{
	uint64_t now = link_now();

	if (now - link->lines_begin > LINK_LINES_TIME) {
		link->lines_begin = now;
		link->lines = 0;
	}
	return link->lines++ < LINK_LINES;
}

void link_error(struct link *link, const char *format, ...)
{
	va_list arguments;
	char text[LINK_ERROR];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (!strcmp(text, link->error))
		return;
	stpcpy(link->error, text);
	if (!may_tell(link)) {
		link->lines_left_out++;
		return;
	}
	if (link->lines_left_out)
		complain("%s, %s: %lu more lines were left out",
			 link->rule->slot, link->server->settings.name,
			 link->lines_left_out);
	link->lines_left_out = 0;
	complain("%s, %s: %s", link->rule->slot, link->server->settings.name,
		 text);
}

void link_refuse(struct link *link, const char *key, const char *words)
{
	char *text =
		text_escape((const unsigned char *)key, strlen(key), KEY_SHOWN);

	link->counts.refused++;
	link_error(link, "%s: refused: %s", text, words);
	free(text);
}

static bool writes(const struct link *link)
{
	return link->rule->direction != RULE_OUT;
}

static bool reads(const struct link *link)
{
	return link->rule->direction != RULE_IN;
}

static void open_slot(struct link *link)
{
	struct failure failure = { .slot = &link->slot };
	char words[FAILURE_WORDS];
	int ret = slot_open(&link->slot, link->rule->slot,
			    writes(link) ? O_RDWR : O_RDONLY);

	if (!ret) {
		name_remember(&link->slot);
		ret = msgslot_watch_open_with(link->slot.fd, NULL, 0,
					      MSG_SLOT_WATCH_PRESENT,
					      &link->watch);
		if (!ret) {
			link->open = true;
			return;
		}
		slot_close(&link->slot);
	}
	failure.error = ret;
	failure_words(&failure, words);
	link_error(link, "%s", words);
	link->open_at = link_now() + RETRY;
}

/* No two rules with one of these are about one channel. */
static char *where_of(const struct rule *rule)
{
	char *where;

	if (asprintf(&where, "%s\n%s\n%s\n%s", rule->slot, rule->engine,
		     rule->bucket, rule->prefix) < 0)
		die(STATUS_ERROR, "no memory");
	return where;
}

struct link *link_open(struct rule *rule, const char *machine,
		       uint64_t instance, struct bases *bases,
		       struct server *server)
{
	struct link *link = must_realloc(NULL, 1, sizeof(*link));
	const char *echoed;

	*link = (struct link){
		.rule = rule,
		.machine = machine,
		.instance = instance,
		.bases = bases,
		.where = where_of(rule),
		.server = server,
		.held_end = &link->held,
	};
	/* What is sent comes to the store as it is acknowledged; who owns it is what is told. */
	echoed = rule->direction == RULE_OUT ? KEY_OWNER : NULL;
	link->store = server->settings.type->store(server->engine, rule->bucket,
						   rule->prefix, echoed);
	open_slot(link);
	link_server_changed(link);
	return link;
}

static void drop_held(struct link *link)
{
	struct engine_event *event;

	while ((event = link->held)) {
		link->held = event->next;
		engine_event_free(event);
	}
	link->held_end = &link->held;
}

void link_close(struct link *link)
{
	owner_end(link);
	link->server->settings.type->store_close(link->store);
	drop_held(link);
	msgslot_watch_close(link->watch);
	if (link->open)
		slot_close(&link->slot);
	items_free(&link->items);
	free(link->where);
	free(link);
}

void link_watch(struct link *link)
{
	static uint64_t last_number;
	size_t i;

	drop_held(link);
	link->number = ++last_number;
	link->watching = true;
	link->listed = false;
	link->begun = false;
	link->begun_at = link_now();
	link->owner.listed = false;
	link->failed = false;
	for (i = 0; i < link->items.count; i++)
		link->items.all[i]->listed = false;
	link->server->settings.type->watch(link->store, link->number);
}

void link_watch_lost(struct link *link)
{
	link->watching = false;
	link->listed = false;
}

void link_server_changed(struct link *link)
{
	if (link->server->up)
		link_watch(link);
	else
		link_watch_lost(link);
}

/*
 * Whether it is known who owns the copies, if it matters. The owner writes its key all the
 * time, so that in a store with much in it that may come after what is told to be all.
 */
static bool is_owner_known(const struct link *link)
{
	const struct rule *rule = link->rule;

	return link->owner.listed || rule->direction != RULE_IN ||
	       rule->owner || rule->foreign == FOREIGN_PLAIN ||
	       link_now() - link->listed_at > rule->lease;
}

/* Whether what the store tells can be written to the slot. */
static bool is_ready(const struct link *link)
{
	return link->listed && link->told && is_owner_known(link);
}

/*
 * Whether another program with this one's name may have the keys of what is shared by now:
 * what was told before this one stood still may be older than what the other has written.
 */
static bool is_late(const struct link *link)
{
	return link->rule->direction == RULE_SHARED && link->owner.mine &&
	       !owner_may_send(link, link_now());
}

/* Of programs with one name only the one that has the keys takes part in what is shared. */
static bool takes_part(const struct link *link)
{
	return link->rule->direction != RULE_SHARED || link->owner.mine;
}

static void apply(struct link *link, const struct engine_event *event)
{
	struct item *item;

	if (!takes_part(link))
		return;
	if (!writes(link)) {
		outward_entry(link, event);
		return;
	}
	inward_entry(link, event);
	item = items_find_key(&link->items, event->key);
	if (item && reads(link))
		outward_changed(link, item);
}

static void forget_unlisted(struct link *link)
{
	struct item *item;
	size_t i;

	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		if (item->listed)
			continue;
		item->present = false;
		item->revision = 0;
	}
}

static void apply_held(struct link *link)
{
	struct engine_event *event;

	while ((event = link->held)) {
		link->held = event->next;
		apply(link, event);
		engine_event_free(event);
	}
	link->held_end = &link->held;
}

/* All was told on both sides: from now on each change counts as it comes. */
static void begin(struct link *link)
{
	link->begun = true;
	if (!link->owner.listed)
		owner_missing(link);
	apply_held(link);
	inward_sweep(link);
	if (reads(link)) {
		forget_unlisted(link);
		outward_compare(link);
	}
}

static void try_to_begin(struct link *link)
{
	if (!is_ready(link))
		return;
	if (!link->begun)
		begin(link);
	else if (!is_late(link))
		apply_held(link);
}

static void take_entry(struct link *link, struct engine_event *event)
{
	if (event->time > link->store_time)
		link->store_time = event->time;
	/* Who has the keys decides on what was told before, too. */
	if (owner_is_key(event->key)) {
		if (owner_is_mine(link, event->key))
			owner_take(link, event);
		engine_event_free(event);
		try_to_begin(link);
		return;
	}
	if (link->begun && is_ready(link) && !is_late(link) && !link->held) {
		apply(link, event);
		engine_event_free(event);
		return;
	}
	event->next = NULL;
	*link->held_end = event;
	link->held_end = &event->next;
}

static void take_listed(struct link *link)
{
	link->listed = true;
	link->listed_at = link_now();
	try_to_begin(link);
}

static void take_result(struct link *link, const struct engine_event *event)
{
	if (event->number & LINK_TERM_PUT)
		owner_result(link, event);
	else
		outward_result(link, event);
}

void link_take(struct link *link, struct engine_event *event)
{
	bool current = event->number == link->number;

	if (event->kind == ENGINE_ENTRY && current && link->watching) {
		take_entry(link, event);
		return;
	}
	if (event->kind == ENGINE_LISTED && current && link->watching)
		take_listed(link);
	if (event->kind == ENGINE_RESULT)
		take_result(link, event);
	if (event->kind == ENGINE_WATCH_LOST && current) {
		link_error(link, "%s", event->words);
		link_watch_lost(link);
	}
	engine_event_free(event);
}

int link_fd(const struct link *link)
{
	return link->watch ? msgslot_watch_fd(link->watch) : -1;
}

bool link_run(struct link *link, bool has_more)
{
	struct message event;
	bool told = link->told;
	int left = EVENTS;

	if (!link->watch)
		return false;
	while (has_more && left &&
	       message_next(link->slot.fd, link->watch, &event) == 1) {
		left--;
		outward_slot_event(link, &event);
		if (!told && link->told) {
			link->begun = false;
			try_to_begin(link);
		}
		told = link->told;
	}
	if (reads(link)) {
		outward_send(link);
	} else if (told) {
		/* Only what was there before counts for copies. */
		msgslot_watch_close(link->watch);
		link->watch = NULL;
		left = EVENTS;
	}
	return !left;
}

void link_tick(struct link *link)
{
	uint64_t now = link_now();

	if (!link->open && now >= link->open_at)
		open_slot(link);
	if (!link->server->up || !link->open)
		return;
	if (now - link->begun_at > (link->listed   ? UINT64_MAX :
				    link->watching ? PATIENCE :
						     RETRY))
		link_watch(link);
	try_to_begin(link);
	owner_tick(link, now);
	if (reads(link))
		outward_tick(link, now);
}

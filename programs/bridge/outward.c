// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/name.h"
#include "envelope.h"
#include "key.h"
#include "outward.h"
#include "owner.h"

/* What expires later than it was told was renewed, if it is by more than this. */
#define SLACK (50 * LINK_MS)

/* Whether the store is to be told. */
static bool is_needed(const struct link *link, const struct item *item)
{
	bool there = item->present && item->term == link->owner.number &&
		     item->sent == item->version;

	/* A copy that could not be written is no reason to take the others'. */
	if (!item->version && link->rule->direction == RULE_SHARED)
		return item->present && item->gone;
	if (!item->version || item->version == item->too_large)
		return item->present;
	/* What came from the store is not for it. */
	if (link->rule->direction == RULE_SHARED && item->version == item->own)
		return false;
	return !there || item->forced;
}

bool outward_is_due(const struct link *link, const struct item *item)
{
	return item->sending || is_needed(link, item);
}

void outward_changed(struct link *link, struct item *item)
{
	if (link->rule->direction != RULE_IN && !item->sending &&
	    is_needed(link, item))
		item_queue_add(&link->waiting, item);
}

static void note_done(struct link *link, struct item *item)
{
	if (!item->first)
		return;
	item->first = false;
	if (!--link->first_left)
		owner_complete(link);
}

void outward_compare(struct link *link)
{
	struct item *item;
	size_t i;

	if (!link->told || !link->listed || !link->owner.mine)
		return;
	link->first_left = 0;
	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		item->first = is_needed(link, item);
		link->first_left += item->first;
		outward_changed(link, item);
	}
	if (!link->first_left)
		owner_complete(link);
	outward_send(link);
}

/* Return: the item of a channel that the rule has, or NULL. */
static struct item *find_item(struct link *link, uint32_t channel)
{
	struct item *item = items_find_channel(&link->items, channel);
	const char *name;
	char number[16];

	if (item)
		return item;
	name = name_find(&link->slot, channel);
	if (!name) {
		snprintf(number, sizeof(number), "%u", channel);
		name = number;
	}
	if (!rule_has(link->rule, name))
		return NULL;
	item = items_make(&link->items, name);
	items_set_channel(&link->items, item, channel);
	return item;
}

static void set_version(struct item *item, uint64_t version)
{
	if (!version && item->version)
		item->gone_at = link_now();
	item->gone = !version && (item->version || item->gone);
	item->version = version;
}

static void forget_seen(struct link *link)
{
	size_t i;

	link->told = false;
	for (i = 0; i < link->items.count; i++)
		link->items.all[i]->seen = false;
}

/* What the watch did not tell is not there. */
static void take_present(struct link *link)
{
	struct item *item;
	size_t i;

	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		if (!item->seen)
			set_version(item, 0);
	}
	link->told = true;
}

void outward_slot_event(struct link *link, const struct message *event)
{
	const struct msg_slot_record *record = &event->record;
	struct item *item;

	if (record->event == MSG_SLOT_RESTART) {
		forget_seen(link);
		return;
	}
	if (record->event == MSG_SLOT_PRESENT) {
		take_present(link);
		return;
	}
	/* The name of what is gone may be another channel's by now. */
	if (message_present(event))
		item = find_item(link, record->channel);
	else
		item = items_find_channel(&link->items, record->channel);
	if (!item)
		return;
	item->seen = true;
	set_version(item, message_present(event) ? record->version : 0);
	outward_changed(link, item);
}

/*
 * Return: the item of a key, or NULL. What only the store has is one, too, if it is by this
 * machine: there is nobody else to take it away.
 */
static struct item *find_by_key(struct link *link, const char *key,
				const struct envelope *own)
{
	struct item *item = items_find_key(&link->items, key);
	char *name;

	if (item || !own)
		return item;
	name = key_unescape(own->name, own->name_size);
	if (name && key_is_of(key, name))
		item = items_make(&link->items, name);
	free(name);
	return item;
}

void outward_entry(struct link *link, const struct engine_event *event)
{
	struct envelope envelope;
	bool own = event->value &&
		   envelope_read(&envelope, event->value, event->size) &&
		   !strcmp(envelope.origin, link->machine);
	struct item *item =
		find_by_key(link, event->key, own ? &envelope : NULL);

	if (!item)
		return;
	if (event->value && !own && link->owner.mine)
		link_refuse(link, event->key, "it is not by this machine");
	item->revision = event->revision;
	item->listed = true;
	item->present = event->value;
	item->term = own ? envelope.term : 0;
	item->sent = own ? envelope.version : 0;
	if (link->listed)
		outward_changed(link, item);
}

static void *pack(const struct link *link, const struct item *item,
		  const struct message *message, size_t *size)
{
	const struct msg_slot_record *record = &message->record;
	char *name = key_escape(item->name);
	struct envelope envelope = {
		.term = link->owner.number,
		.version = record->version,
		.age = record->age,
		/* What is over in this moment is told when that is seen. */
		.ttl = record->ttl ? record->ttl : 1,
		.uid = record->uid,
		.gid = record->gid,
		.pid = record->pid,
		.name = name,
		.name_size = strlen(name),
		.bytes = message->bytes,
		.size = record->size,
	};
	void *value;

	stpcpy(envelope.origin, link->machine);
	value = envelope_write(&envelope, size);
	free(name);
	return value;
}

static void put(struct link *link, struct item *item, const void *value,
		size_t size, uint64_t ttl)
{
	size_t at;

	do {
		at = ++link->put_number % LINK_WINDOW;
	} while (link->flying[at]);
	link->flying[at] = item;
	link->in_flight++;
	item->sending = true;
	item->number = link->put_number;
	item->sending_version = value ? item->version : 0;
	item->sending_term = link->owner.number;
	link->server->settings.type->put(link->store, item->key, value, size,
					 item->revision, link_expiry(ttl),
					 item->number);
}

static void put_nothing(struct link *link, struct item *item)
{
	put(link, item, NULL, 0, MSG_SLOT_FOREVER);
}

/* What can't be sent must not leave there what was before it. */
static void refuse(struct link *link, struct item *item, size_t size)
{
	link_error(link, "%s: %zu bytes are more than the engine takes",
		   item->name, size);
	link->counts.refused++;
	item->too_large = item->version;
	if (item->present)
		put_nothing(link, item);
	else
		note_done(link, item);
}

static void remember_ttl(struct item *item, uint64_t ttl)
{
	uint64_t now = link_now();

	item->over = ttl == MSG_SLOT_FOREVER ? 0 : now + ttl;
	item->look = now + ttl / 2;
}

static void send_message(struct link *link, struct item *item)
{
	static struct message message;
	size_t limit = link->server->settings.type->limit(link->store), size;
	int ret = slot_get(&link->slot, item->channel, &message);
	void *value;

	if (ret) {
		set_version(item, 0);
		if (item->present)
			put_nothing(link, item);
		else
			note_done(link, item);
		return;
	}
	item->version = message.record.version;
	item->forced = false;
	if (link->rule->direction == RULE_SHARED &&
	    item->version == item->own) {
		note_done(link, item);
		return;
	}
	value = pack(link, item, &message, &size);
	if (limit && size > limit) {
		refuse(link, item, message.record.size);
	} else {
		remember_ttl(item, message.record.ttl);
		put(link, item, value, size, message.record.ttl);
	}
	free(value);
}

static void send_item(struct link *link, struct item *item)
{
	if (!is_needed(link, item))
		note_done(link, item);
	else if (item->version && item->version != item->too_large)
		send_message(link, item);
	else
		put_nothing(link, item);
}

void outward_send(struct link *link)
{
	struct item *item;

	if (!link->server->up || !link->listed || !link->told ||
	    !owner_may_send(link, link_now()))
		return;
	while (link->in_flight < LINK_WINDOW &&
	       (item = item_queue_take(&link->waiting)))
		send_item(link, item);
}

static void take_ack(struct link *link, struct item *item,
		     const struct engine_event *event)
{
	link->counts.sent++;
	note_done(link, item);
	/* The watch may have told of what came after it. */
	if (event->revision < item->revision)
		return;
	item->revision = event->revision;
	item->present = item->sending_version;
	item->term = item->sending_term;
	item->sent = item->sending_version;
}

/*
 * The store's watch tells what is there instead. Or has told it, when the slot had no such
 * channel: another had written there. Or there is nothing, and nobody tells: it was purged, or
 * was there for longer than the bucket keeps anything.
 */
static void take_refusal(struct link *link, struct item *item)
{
	bool again = item->refused == item->revision;

	item->refused = item->revision;
	if (item->revision ? again && link_now() - link->listed_at > LINK_LOOK :
			     link->rule->direction == RULE_OUT)
		link_watch(link);
}

void outward_result(struct link *link, const struct engine_event *event)
{
	struct item **flying = &link->flying[event->number % LINK_WINDOW];
	struct item *item = *flying;

	if (!item || item->number != event->number)
		return;
	*flying = NULL;
	link->in_flight--;
	item->sending = false;
	switch (event->verdict) {
	case ENGINE_ACKED:
		take_ack(link, item, event);
		outward_changed(link, item);
		break;
	case ENGINE_TOO_LARGE:
		refuse(link, item, 0);
		break;
	case ENGINE_REFUSED:
		item_queue_add(&link->later, item);
		take_refusal(link, item);
		break;
	default:
		/* The store's watch tells what is there. */
		item_queue_add(&link->later, item);
	}
	if (event->verdict == ENGINE_FAILED) {
		link_error(link, "%s: %s", item->name, event->words);
		link_watch_lost(link);
	}
	outward_send(link);
}

/* A renewal wakes nobody: what has a time to live is looked at before that is over. */
static void look_for_renewal(struct link *link, struct item *item, uint64_t now)
{
	struct msg_slot_record record;
	ssize_t ret =
		msgslot_get(link->slot.fd, item->channel, NULL, 0, &record);

	item->look = item->over;
	if (ret != -ENOSPC || record.version != item->version)
		return;
	if (record.ttl == MSG_SLOT_FOREVER ||
	    now + record.ttl > item->over + SLACK) {
		item->forced = true;
		outward_changed(link, item);
	} else {
		item->look = now + record.ttl / 2;
	}
}

void outward_tick(struct link *link, uint64_t now)
{
	struct item *item;
	size_t i;

	while ((item = item_queue_take(&link->later))) {
		outward_changed(link, item);
		if (!item->queued)
			note_done(link, item);
	}
	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		if (item->over && now >= item->look && item->version)
			look_for_renewal(link, item, now);
	}
	outward_send(link);
}

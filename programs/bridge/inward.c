// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/failure.h"
#include "envelope.h"
#include "inward.h"
#include "key.h"
#include "outward.h"

static void complain_of(struct link *link, const struct item *item, size_t size,
			int error)
{
	struct failure failure = { &link->slot, item->channel, size, error };
	char words[FAILURE_WORDS];

	if (item->channel)
		failure_words(&failure, words);
	else
		failure_channel_words(&link->slot, item->name, error, words);
	link_error(link, "%s", words);
	link->failed = true;
}

/* Return: 0 or -errno. A copy is claimed, so that nobody else writes it. */
static int prepare(struct link *link, struct item *item)
{
	uint32_t channel = item->channel;
	int ret = 0;

	if (!channel)
		ret = slot_make(&link->slot, item->name, &channel);
	if (ret)
		return ret;
	items_set_channel(&link->items, item, channel);
	if (item->claimed || link->rule->direction != RULE_IN)
		return 0;
	ret = msgslot_claim(link->slot.fd, channel, MSG_SLOT_END_KEEP, NULL, 0);
	item->claimed = !ret;
	return ret;
}

static bool write_slot(struct link *link, struct item *item, const void *bytes,
		       size_t size, uint64_t ttl)
{
	uint64_t version = 0;
	int ret = prepare(link, item);

	if (!ret)
		ret = msgslot_put(link->slot.fd, item->channel, bytes, size,
				  ttl, &version);
	if (ret) {
		complain_of(link, item, size, ret);
		return false;
	}
	item->own = version;
	item->version = version;
	item->gone = false;
	link->counts.got++;
	return true;
}

static void clear_slot(struct link *link, struct item *item)
{
	int ret;

	if (!item->version)
		return;
	ret = msgslot_clear(link->slot.fd, item->channel, NULL);
	if (ret) {
		complain_of(link, item, 0, ret);
		return;
	}
	item->version = 0;
	item->gone = false;
	item->own = 0;
	link->counts.got++;
}

/* Whose values the rule believes. */
static bool is_believed(const struct link *link, const char *origin)
{
	if (link->rule->direction == RULE_SHARED)
		return true;
	if (link->rule->owner)
		return !strcmp(origin, link->rule->owner);
	return link->owner.known && !strcmp(origin, link->owner.seen.machine);
}

/*
 * Return: the item of a key, new if need be; or NULL if it is none of the rule's. A value that
 * says another name than its key has is refused.
 */
static struct item *make_item(struct link *link, const char *key,
			      const char *escaped, size_t size)
{
	struct item *item = items_find_key(&link->items, key);
	char *name;

	if (item)
		return item;
	name = key_unescape(escaped, size);
	if (!name || !key_is_of(key, name))
		link_refuse(link, key,
			    "it has no channel's name, or another's");
	else if (rule_has(link->rule, name))
		item = items_make(&link->items, name);
	free(name);
	return item;
}

/*
 * Return: the rest of a time to live, by the store's clock, which is one; 0 if it is over.
 */
static uint64_t rest_of(const struct link *link,
			const struct engine_event *event, uint64_t ttl)
{
	uint64_t passed = 0;

	if (ttl == MSG_SLOT_FOREVER)
		return ttl;
	if (event->time && link->store_time > event->time)
		passed = link->store_time - event->time;
	return ttl > passed ? ttl - passed : 0;
}

/*
 * Whether what happened here at @at is later than what the store tells. In a store that was
 * lost, all is put again that there was: then it counts when that was written.
 */
static bool is_later(const struct link *link, const struct engine_event *event,
		     const struct envelope *envelope, uint64_t at)
{
	uint64_t ago = envelope && link->owner.lost ? envelope->age : 0;

	return at && link->store_ahead && event->time &&
	       at + link->store_ahead > event->time - ago;
}

/* Whether it is what was taken last, before this program had the keys again. */
static bool is_left(const struct item *item, const struct envelope *envelope)
{
	return envelope && envelope->ttl == MSG_SLOT_FOREVER &&
	       item->taken_term == envelope->term &&
	       item->taken_version == envelope->version;
}

/*
 * Whether the slot has what is newer than what the store tells of a shared channel for the
 * first time: it was written while no bridge was there, or cleared while this one waited
 * for the keys. Of a value that went out from here its version says so, of another's its
 * age. A slot that nobody watches does not remember a clear. When a channel was cleared
 * nobody knows who did not see it, but what went out from here, or came when another bridge
 * of this machine was there, had been in the slot before.
 */
static bool is_newer_here(struct link *link, struct item *item,
			  const struct engine_event *event,
			  const struct envelope *envelope)
{
	static struct message here;
	bool own = envelope && !strcmp(envelope->origin, link->machine);
	int ret = prepare(link, item);

	if (item->version && item->version == item->own)
		return false;
	if (!ret)
		ret = slot_get(&link->slot, item->channel, &here);
	if (ret) {
		item->gone = ret == -EWOULDBLOCK &&
			     here.record.event == MSG_SLOT_CLEARED &&
			     (own || is_left(item, envelope) ||
			      event->time < link->owner.other_until ||
			      is_later(link, event, envelope, item->gone_at));
		return item->gone;
	}
	if (own && here.record.version != envelope->version)
		return here.record.version > envelope->version;
	/* That bridge wrote it. */
	if (envelope && here.record.size == envelope->size &&
	    !memcmp(here.bytes, envelope->bytes, envelope->size)) {
		item->own = here.record.version;
		return true;
	}
	return is_left(item, envelope) ||
	       is_later(link, event, envelope, link_now() - here.record.age);
}

/* Whether what the store erased leaves a shared channel as it is here. */
static bool is_erased_before(struct link *link, struct item *item,
			     const struct engine_event *event)
{
	bool met = item->met;

	if (link->rule->direction != RULE_SHARED)
		return false;
	item->met = true;
	/* It was this program, for what is there now came later, or it was taken before. */
	return (item->sending && !item->sending_version) ||
	       (met && !item->present && item->revision == event->revision) ||
	       (!met && is_newer_here(link, item, event, NULL));
}

static void erase(struct link *link, const struct engine_event *event)
{
	struct item *item = items_find_key(&link->items, event->key);
	bool before;

	if (!item)
		return;
	before = is_erased_before(link, item, event);
	item->revision = event->revision;
	item->present = false;
	item->listed = true;
	if (!before)
		clear_slot(link, item);
}

/* Terms only rise in a store. In one that was made again they may be lower than before. */
static bool is_of_new_store(const struct link *link, const struct item *item,
			    const struct envelope *envelope)
{
	return link->owner.known && item->term > link->owner.seen.number &&
	       envelope->term <= link->owner.seen.number;
}

static void take_copy(struct link *link, struct item *item,
		      const struct envelope *envelope, uint64_t ttl)
{
	if (!is_of_new_store(link, item, envelope) &&
	    (envelope->term < item->term ||
	     (envelope->term == item->term && envelope->version < item->sent)))
		return;
	/* The same version again: its time to live may be another. */
	if (envelope->term == item->term && envelope->version == item->sent &&
	    (link->owner.dead ||
	     (ttl && !item->buried && item->version &&
	      !msgslot_renew(link->slot.fd, item->channel, ttl, NULL))))
		return;
	/* What can't be written must not leave there what was before it. */
	if (!ttl ||
	    !write_slot(link, item, envelope->bytes, envelope->size, ttl))
		clear_slot(link, item);
	item->term = envelope->term;
	item->sent = envelope->version;
	item->buried = false;
}

/*
 * Whether one's own value has come to a store that refuses nothing, after another's that was
 * taken for it meanwhile.
 */
static bool is_overtaken(const struct link *link, const struct item *item,
			 const struct envelope *envelope)
{
	return !link->server->settings.type->has_revisions && item->own &&
	       item->version == item->own && item->version != envelope->version;
}

/*
 * Whether the store tells what was taken of it before, as it does when it tells all again:
 * what was written here since is newer, and is still to be sent.
 */
static bool is_taken(const struct link *link, const struct item *item,
		     const struct engine_event *event,
		     const struct envelope *envelope)
{
	return item->present && item->taken_term == envelope->term &&
	       item->taken_version == envelope->version &&
	       (item->revision == event->revision ||
		!link->server->settings.type->has_revisions);
}

/* The store's order decides; whoever wrote at the same time has lost. */
static void take_shared(struct link *link, struct item *item,
			const struct engine_event *event,
			const struct envelope *envelope, uint64_t ttl)
{
	bool echo = !strcmp(envelope->origin, link->machine) &&
		    envelope->term == link->owner.number;
	bool newer = !item->met && !echo &&
		     is_newer_here(link, item, event, envelope);

	item->term = echo ? envelope->term : 0;
	item->sent = envelope->version;
	item->taken_term = envelope->term;
	item->taken_version = envelope->version;
	item->met = true;
	if (newer || (echo && !is_overtaken(link, item, envelope)))
		return;
	if (ttl)
		write_slot(link, item, envelope->bytes, envelope->size, ttl);
	else
		clear_slot(link, item);
}

static void take_envelope(struct link *link, const struct engine_event *event,
			  const struct envelope *envelope)
{
	uint64_t ttl = rest_of(link, event, envelope->ttl);
	struct item *item;
	bool taken;

	if (!is_believed(link, envelope->origin)) {
		link_refuse(link, event->key, "it is not the owner's");
		/* Its key may be told after the rest, as it changes all the time. */
		link->failed |= !link->owner.known;
		return;
	}
	item = make_item(link, event->key, envelope->name, envelope->name_size);
	if (!item)
		return;
	taken = is_taken(link, item, event, envelope);
	item->revision = event->revision;
	item->present = true;
	item->listed = true;
	if (link->rule->direction != RULE_SHARED)
		take_copy(link, item, envelope, ttl);
	else if (!taken)
		take_shared(link, item, event, envelope, ttl);
}

static void take_foreign(struct link *link, const struct engine_event *event)
{
	struct item *item = items_find_key(&link->items, event->key);
	bool again = item && item->revision == event->revision;

	if (link->rule->foreign == FOREIGN_REFUSE || !event->size) {
		link_refuse(link, event->key, "it is no bridge's");
		return;
	}
	if (item && item->term && link->rule->direction == RULE_IN) {
		link_refuse(link, event->key, "it has an owner");
		return;
	}
	item = make_item(link, event->key, event->key, strlen(event->key));
	if (!item)
		return;
	item->revision = event->revision;
	item->present = true;
	item->listed = true;
	item->sent = 0;
	if (!again)
		write_slot(link, item, event->value, event->size,
			   MSG_SLOT_FOREVER);
}

void inward_entry(struct link *link, const struct engine_event *event)
{
	struct envelope envelope;

	if (!event->value)
		erase(link, event);
	else if (envelope_read(&envelope, event->value, event->size))
		take_envelope(link, event, &envelope);
	else
		take_foreign(link, event);
}

/*
 * What the store does not have is gone, but for a store that is new, in which the owner has
 * not yet put all.
 */
void inward_sweep(struct link *link)
{
	bool plain = link->rule->foreign == FOREIGN_PLAIN && !link->owner.known;
	struct item *item;
	size_t i;

	if (link->rule->direction != RULE_IN)
		return;
	if (!plain && !(link->owner.known && link->owner.seen.complete))
		return;
	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		if (item->listed)
			continue;
		item->present = false;
		item->revision = 0;
		clear_slot(link, item);
	}
}

void inward_dead(struct link *link)
{
	const struct rule *rule = link->rule;
	struct item *item;
	size_t i;

	link_error(link, "%s is dead", link->owner.seen.machine);
	if (rule->stale == STALE_KEEP)
		return;
	for (i = 0; i < link->items.count; i++) {
		item = link->items.all[i];
		if (!item->version)
			continue;
		item->buried = true;
		if (rule->stale == STALE_CLEAR)
			clear_slot(link, item);
		else
			write_slot(link, item, rule->will, strlen(rule->will),
				   MSG_SLOT_FOREVER);
	}
}

/* What it had is told again. */
void inward_alive(struct link *link)
{
	*link->error = '\0';
	link_watch(link);
}

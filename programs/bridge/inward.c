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
 * Where a store counts it down, that is by whole seconds: rather too early than twice.
 */
static uint64_t rest_of(const struct link *link,
			const struct engine_event *event, uint64_t ttl)
{
	uint32_t expiry = link_expiry(ttl);
	uint64_t passed = 0;

	if (ttl == MSG_SLOT_FOREVER)
		return ttl;
	if (event->expiry && event->expiry < expiry)
		passed = (expiry - event->expiry + 1) * LINK_SECOND;
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
	uint64_t ago = link->owner.lost ? envelope->age : 0;

	return at && link->store_ahead && event->time &&
	       at + link->store_ahead > event->time - ago;
}

/* What the store has of a key that was erased. */
static const struct envelope erased = { .bytes = (const uint8_t *)"" };

static void keep_base(struct link *link, const struct item *item)
{
	const char *words =
		bases_keep(link->bases, link->where, item->key, &item->base);

	if (words)
		link_error(link, "%s: what both had in common is not kept: %s",
			   item->name, words);
}

static void end_base(struct link *link, struct item *item, uint64_t version,
		     const struct envelope *envelope)
{
	base_end(&item->base, version, envelope->term, envelope->version);
	keep_base(link, item);
}

/* The slot has what the store has, with that version. */
static void agree(struct link *link, struct item *item, uint64_t version,
		  const struct envelope *envelope)
{
	base_begin(&item->base, envelope->bytes, envelope->size);
	end_base(link, item, version, envelope);
}

/* Whether the store has what it had when both had the same. */
static bool is_base(const struct item *item, const struct envelope *envelope)
{
	return item->base.known && item->base.term == envelope->term &&
	       item->base.sent == envelope->version;
}

/* Of a channel that has no message: whether that is newer than what the store has. */
static bool is_cleared_here(const struct link *link, struct item *item,
			    const struct engine_event *event,
			    const struct envelope *envelope)
{
	/* What went out from here had been in the slot before. */
	bool own = !strcmp(envelope->origin, link->machine);

	item->gone = !base_is(&item->base, 0, NULL, 0) &&
		     (own || is_base(item, envelope) ||
		      is_later(link, event, envelope, item->gone_at));
	return item->gone;
}

/*
 * Whether the slot has what is newer than what the store tells of a shared channel for the
 * first time: it was written while no bridge was there, or cleared while this one waited
 * for the keys. What differs from the base was changed; where both do, the later one is
 * newer. Of a value that went out from here its version says so. A slot that nobody watches
 * does not remember a clear.
 */
static bool is_newer_here(struct link *link, struct item *item,
			  const struct engine_event *event,
			  const struct envelope *envelope)
{
	static struct message here;
	const struct msg_slot_record *record = &here.record;
	int ret = prepare(link, item);

	if (link->bases)
		item->base = bases_find(link->bases, link->where, item->key);
	if (!ret)
		ret = slot_get(&link->slot, item->channel, &here);
	if (ret)
		return ret == -EWOULDBLOCK &&
		       record->event == MSG_SLOT_CLEARED &&
		       is_cleared_here(link, item, event, envelope);
	if (!strcmp(envelope->origin, link->machine) &&
	    record->version != envelope->version)
		return record->version > envelope->version;
	/* Another bridge of this machine wrote it. */
	if (record->size == envelope->size &&
	    !memcmp(here.bytes, envelope->bytes, envelope->size)) {
		item->own = record->version;
		agree(link, item, record->version, envelope);
		return true;
	}
	/* In a store that was lost it may be put again later than what replaced it. */
	if (base_is(&item->base, record->version, here.bytes, record->size) &&
	    (!link->owner.lost || item->own == record->version))
		return false;
	return is_base(item, envelope) ||
	       is_later(link, event, envelope, link_now() - record->age);
}

/* What the store has of a shared channel comes to the slot. */
static void take_winner(struct link *link, struct item *item,
			const struct envelope *envelope, uint64_t ttl)
{
	bool done;

	if (!ttl)
		envelope = &erased;
	base_begin(&item->base, envelope->bytes, envelope->size);
	keep_base(link, item);
	if (envelope->size) {
		done = write_slot(link, item, envelope->bytes, envelope->size,
				  ttl);
	} else {
		clear_slot(link, item);
		done = !item->version;
	}
	if (done)
		end_base(link, item, item->version, envelope);
}

/* What the slot has is a change of what the store has now. */
static void move_base(struct link *link, struct item *item,
		      const struct envelope *envelope)
{
	base_move(&item->base, envelope->term, envelope->version);
	keep_base(link, item);
}

/*
 * Whether the slot keeps what it has of a shared channel that the store tells of for the first
 * time.
 */
static bool keeps(struct link *link, struct item *item,
		  const struct engine_event *event,
		  const struct envelope *envelope)
{
	if (item->met)
		return false;
	item->met = true;
	if (!is_newer_here(link, item, event, envelope))
		return false;
	move_base(link, item, envelope);
	return true;
}

static bool has_revisions(const struct link *link)
{
	return link->server->settings.type->has_revisions;
}

/*
 * Whether what is told of a shared channel is older than what is known: a new watch may be on a
 * server that is behind those that have acknowledged a put.
 */
static bool is_behind(const struct link *link, const struct item *item,
		      const struct engine_event *event)
{
	return link->rule->direction == RULE_SHARED && has_revisions(link) &&
	       item->met && event->revision < item->revision;
}

/*
 * What is to be sent, or on its way, will be in a store that refuses nothing after what is told
 * now. Where one refuses, that is lost.
 */
static void erase_shared(struct link *link, struct item *item,
			 const struct engine_event *event)
{
	/* It was this program: what is there now came later. */
	if (item->sending && !item->sending_version) {
		item->met = true;
		agree(link, item, 0, &erased);
		return;
	}
	/* It was taken before. */
	if (item->met && !item->present && item->revision == event->revision)
		return;
	if (item->met && !has_revisions(link) && outward_is_due(link, item))
		move_base(link, item, &erased);
	else if (!keeps(link, item, event, &erased))
		take_winner(link, item, &erased, 0);
}

static void erase(struct link *link, const struct engine_event *event)
{
	struct item *item = items_find_key(&link->items, event->key);

	if (!item)
		return;
	item->listed = true;
	if (is_behind(link, item, event))
		return;
	if (link->rule->direction == RULE_SHARED)
		erase_shared(link, item, event);
	else
		clear_slot(link, item);
	item->revision = event->revision;
	item->present = false;
	item->erased = true;
}

/* Terms only rise in a store. In one that was made again they may be lower than before. */
static bool is_of_new_store(const struct link *link, const struct item *item,
			    const struct envelope *envelope)
{
	return link->owner.known && item->term > link->owner.seen.number &&
	       envelope->term <= link->owner.seen.number;
}

/*
 * Whether what is told is the copy that is there, or has expired there. An entry that is told
 * again, as it is to who begins to watch again, is as it was; where the store does not number
 * them, so is one that was not renewed.
 */
static bool goes_on(const struct link *link, const struct item *item,
		    const struct engine_event *event,
		    const struct envelope *envelope, uint64_t ttl)
{
	if (envelope->term != item->term || envelope->version != item->sent)
		return false;
	if (link->owner.dead)
		return true;
	if (item->buried || !item->version)
		return false;
	if (envelope->age == item->age &&
	    (!event->time || event->revision == item->revision))
		return true;
	return ttl && !msgslot_renew(link->slot.fd, item->channel, ttl, NULL);
}

/*
 * Whether what is told is what had been erased since: a broker that was killed comes back with
 * what it had written down last. What was renewed was sent later.
 */
static bool is_erased(const struct item *item, const struct envelope *envelope)
{
	return item->erased && envelope->term == item->term &&
	       envelope->version == item->sent && envelope->age <= item->age;
}

static void take_copy(struct link *link, struct item *item,
		      const struct engine_event *event,
		      const struct envelope *envelope, uint64_t ttl)
{
	if (!is_of_new_store(link, item, envelope) &&
	    (envelope->term < item->term ||
	     (envelope->term == item->term && envelope->version < item->sent)))
		return;
	if (is_erased(item, envelope))
		return;
	if (goes_on(link, item, event, envelope, ttl)) {
		item->age = envelope->age;
		return;
	}
	/* What can't be written must not leave there what was before it. */
	if (!ttl ||
	    !write_slot(link, item, envelope->bytes, envelope->size, ttl))
		clear_slot(link, item);
	item->term = envelope->term;
	item->sent = envelope->version;
	item->age = envelope->age;
	item->buried = false;
	item->erased = false;
}

/*
 * Whether what was sent last has come to the store after what another did, which was taken for
 * it meanwhile. @due: something newer is to be sent.
 */
static bool is_overtaken(const struct item *item,
			 const struct envelope *envelope, bool due)
{
	return !due && envelope->version == item->sending_version &&
	       envelope->version != item->version;
}

/*
 * Whether the store tells what was taken of it before, as it does when it tells all again:
 * what was written here since is newer, and is still to be sent.
 */
static bool is_taken(const struct link *link, const struct item *item,
		     const struct engine_event *event,
		     const struct envelope *envelope)
{
	return item->present && is_base(item, envelope) &&
	       (item->revision == event->revision || !has_revisions(link));
}

/* The store's order decides; whoever wrote at the same time has lost. */
static void take_shared(struct link *link, struct item *item,
			const struct engine_event *event,
			const struct envelope *envelope, uint64_t ttl)
{
	bool due = outward_is_due(link, item);
	bool echo = !strcmp(envelope->origin, link->machine) &&
		    envelope->term == link->owner.number;

	item->term = echo ? envelope->term : 0;
	item->sent = envelope->version;
	if (echo && !is_overtaken(item, envelope, due)) {
		item->met = true;
		agree(link, item, envelope->version, envelope);
	} else if (item->met && due && !has_revisions(link)) {
		move_base(link, item, envelope);
	} else if (echo || !keeps(link, item, event, envelope)) {
		take_winner(link, item, envelope, ttl);
	}
}

static void take_envelope(struct link *link, const struct engine_event *event,
			  const struct envelope *envelope)
{
	uint64_t ttl = rest_of(link, event, envelope->ttl);
	struct item *item;

	if (!is_believed(link, envelope->origin)) {
		link_refuse(link, event->key, "it is not the owner's");
		/* Its key may be told after the rest, as it changes all the time. */
		link->failed |= !link->owner.known;
		return;
	}
	item = make_item(link, event->key, envelope->name, envelope->name_size);
	if (!item)
		return;
	item->listed = true;
	if (is_behind(link, item, event))
		return;
	if (link->rule->direction != RULE_SHARED)
		take_copy(link, item, event, envelope, ttl);
	else if (!is_taken(link, item, event, envelope))
		take_shared(link, item, event, envelope, ttl);
	item->revision = event->revision;
	item->present = true;
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

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "inward.h"
#include "key.h"
#include "outward.h"
#include "owner.h"

/* After a put of the key that failed. */
#define RETRY (200 * LINK_MS)

static void own_key(const struct link *link, char key[static KEY_ROOM])
{
	if (link->rule->direction == RULE_SHARED)
		snprintf(key, KEY_ROOM, KEY_PEER "%s", link->machine);
	else
		stpcpy(key, KEY_OWNER);
}

bool owner_is_key(const char *key)
{
	return !strcmp(key, KEY_OWNER) ||
	       !strncmp(key, KEY_PEER, strlen(KEY_PEER));
}

bool owner_is_mine(const struct link *link, const char *key)
{
	char own[KEY_ROOM];

	own_key(link, own);
	return !strcmp(key, own);
}

static bool is_own(const struct link *link, const struct term *term)
{
	return term->instance == link->instance &&
	       !strcmp(term->machine, link->machine);
}

static void lose(struct link *link)
{
	link->owner.mine = false;
	link->owner.complete = false;
	link_error(link, "%s owns the keys now",
		   link->owner.known ? link->owner.seen.machine : "nobody");
}

/* Who may write the key may write what he likes: copies have an owner that their rule names. */
static bool is_a_strangers(const struct link *link, const struct term *seen)
{
	return link->rule->direction == RULE_IN && link->rule->owner &&
	       strcmp(seen->machine, link->rule->owner);
}

/* The store's clock stood at @time between when a beat was sent, and now. */
static void compare_clocks(struct link *link, uint64_t time)
{
	uint64_t doubt = (link_now() - link->owner.sent_at) / 2;

	if (!time || (link->store_ahead && link->store_doubt <= doubt))
		return;
	link->store_ahead = time - link->owner.sent_at - doubt;
	link->store_doubt = doubt;
}

static bool is_lower(const struct link *link, const struct term *seen)
{
	return link->rule->direction == RULE_IN && link->owner.known &&
	       seen->number < link->owner.seen.number;
}

/*
 * A lower term is that of a store with an older state, as a broker has that was killed, in which
 * nothing counts; or of one that was made again, by an owner whose clock was put back. That one
 * goes on. Return: whether it does, so that all counts that was told in it.
 */
static bool goes_on(struct link *link, const struct term *seen)
{
	struct term last = link->owner.older;

	link->owner.older = *seen;
	if (seen->number != last.number || seen->instance != last.instance ||
	    seen->beat <= last.beat)
		return false;
	link_watch(link);
	return true;
}

void owner_take(struct link *link, const struct engine_event *event)
{
	struct owner *owner = &link->owner;
	struct term seen;
	bool known = term_read(&seen, event->value, event->size);

	owner->revision = event->revision;
	owner->listed = true;
	if (known && is_a_strangers(link, &seen)) {
		link_refuse(link, event->key, "it is not the owner's");
		return;
	}
	if (known && is_lower(link, &seen) && !goes_on(link, &seen))
		return;
	if (known && is_own(link, &seen) && seen.beat == owner->beat)
		compare_clocks(link, event->time);
	if (known && (!owner->known || seen.beat != owner->seen.beat ||
		      seen.number != owner->seen.number)) {
		owner->beat_at = link_now();
		if (owner->dead)
			inward_alive(link);
		owner->dead = false;
	}
	owner->known = known;
	if (known)
		owner->seen = seen;
	if (known && seen.complete && link->listed && !link->held)
		inward_sweep(link);
	if (owner->mine &&
	    (!known || !is_own(link, &seen) || seen.number != owner->number))
		lose(link);
}

void owner_missing(struct link *link)
{
	const struct rule *rule = link->rule;

	link->owner.revision = 0;
	/* Who is believed goes on to be: the key may only be told late. */
	if (rule->direction == RULE_IN && rule->foreign == FOREIGN_REFUSE) {
		link->owner.seen.complete = false;
		return;
	}
	link->owner.known = false;
	if (!link->owner.mine)
		return;
	link->owner.lost = true;
	lose(link);
}

static void send(struct link *link, const struct term *term)
{
	char key[KEY_ROOM], text[TERM_TEXT];

	own_key(link, key);
	term_write(term, text);
	link->owner.sending = true;
	link->owner.sent_at = link_now();
	link->owner.beat = term->beat;
	link->server->settings.type->put(link->store, key, text, strlen(text),
					 link->owner.revision, 0,
					 LINK_TERM_PUT | term->number);
}

static struct term own_term(const struct link *link)
{
	struct term term = {
		.instance = link->instance,
		.number = link->owner.number,
		.beat = link->owner.beat + 1,
		.complete = link->owner.complete,
		.lease = link->rule->lease,
	};

	snprintf(term.machine, sizeof(term.machine), "%s", link->machine);
	return term;
}

static void begin(struct link *link)
{
	struct owner *owner = &link->owner;
	uint64_t last = owner->number;
	struct term term;

	if (owner->known && owner->seen.number > last &&
	    (!strcmp(owner->seen.machine, link->machine) ||
	     term_is_likely(owner->seen.number)))
		last = owner->seen.number;
	/* In a store that was lost what is shared goes by the name that it had. */
	if (owner->known || !last || link->rule->direction != RULE_SHARED)
		owner->number = term_next(last);
	owner->complete = false;
	term = own_term(link);
	send(link, &term);
}

/* What was told before was not for this program. */
static void begin_part(struct link *link)
{
	size_t i;

	for (i = 0; i < link->items.count; i++)
		link->items.all[i]->met = false;
	link_watch(link);
}

void owner_result(struct link *link, const struct engine_event *event)
{
	struct owner *owner = &link->owner;

	owner->sending = false;
	if (event->verdict != ENGINE_ACKED) {
		owner->next_at = link_now() + RETRY;
		if (event->verdict == ENGINE_FAILED) {
			link_error(link, "%s", event->words);
			link_watch_lost(link);
		}
		return;
	}
	owner->revision = event->revision;
	owner->acked_at = owner->sent_at;
	owner->next_at = owner->sent_at + link->rule->lease / 4;
	if (owner->mine || (event->number & ~LINK_TERM_PUT) != owner->number)
		return;
	owner->mine = true;
	owner->beat_at = link_now();
	*link->error = '\0';
	if (link->rule->direction == RULE_SHARED)
		begin_part(link);
	else
		outward_compare(link);
}

/* Whether the keys are free. */
static bool is_free(struct link *link, uint64_t now)
{
	const struct owner *owner = &link->owner;

	if (!owner->known || owner->seen.ended || is_own(link, &owner->seen))
		return true;
	if (now - owner->beat_at > owner->seen.lease)
		return true;
	link_error(link,
		   strcmp(owner->seen.machine, link->machine) ?
			   "%s owns the keys" :
			   "another bridge with the name %s is there",
		   owner->seen.machine);
	return false;
}

static void tick_owner(struct link *link, uint64_t now)
{
	struct owner *owner = &link->owner;
	struct term term;

	if (owner->sending || now < owner->next_at)
		return;
	if (owner->mine) {
		term = own_term(link);
		send(link, &term);
	} else if (is_free(link, now)) {
		begin(link);
	}
	/* A watch that tells of nobody's beats is none any more. */
	if (now - owner->beat_at > link->rule->lease &&
	    now - link->begun_at > link->rule->lease)
		link_watch(link);
}

/*
 * Who has copies looks first whether the watch is still one, and then gives the owner its
 * lease again, for it may be that nobody could write while the engine elected a leader.
 */
static void tick_copies(struct link *link, uint64_t now)
{
	struct owner *owner = &link->owner;
	uint64_t lease = owner->known ? owner->seen.lease : link->rule->lease;
	uint64_t silence = now - owner->beat_at;

	if (owner->known && !owner->dead && silence > lease / 2 &&
	    link->listed_at < owner->beat_at + lease / 2) {
		link_watch(link);
	} else if (owner->known && !owner->dead && silence > lease &&
		   now - link->listed_at > lease) {
		owner->dead = true;
		inward_dead(link);
	} else if ((!owner->known || owner->dead || link->failed) &&
		   now - link->listed_at > LINK_LOOK) {
		link_watch(link);
	}
}

void owner_tick(struct link *link, uint64_t now)
{
	if (!link->server->up || !link->listed)
		return;
	if (link->rule->direction == RULE_IN)
		tick_copies(link, now);
	else
		tick_owner(link, now);
}

bool owner_may_send(const struct link *link, uint64_t now)
{
	return link->owner.mine &&
	       now - link->owner.acked_at < link->rule->lease;
}

void owner_complete(struct link *link)
{
	if (link->owner.complete)
		return;
	link->owner.complete = true;
	link->owner.next_at = 0;
}

void owner_end(struct link *link)
{
	struct term term = own_term(link);

	if (!link->owner.mine || !link->server->up)
		return;
	term.ended = true;
	send(link, &term);
}

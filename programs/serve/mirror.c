// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "complaint.h"
#include "json.h"
#include "loop.h"
#include "mirror.h"
#include "name.h"
#include "served.h"
#include "timestamp.h"

#define NS_PER_S 1000000000ull

/* The watch goes on for so long after the last who looked, who may come again. */
#define LINGER (10 * NS_PER_S)

/* Sorting all channels is not done more often. */
#define SORTING (NS_PER_S / 2)

/* So many channels without a message are remembered. */
#define MOST_GONE 16384

#define VIEWS 8

/* A change of @item, or of no interest if the item has another number since. */
struct change {
	uint64_t sequence;
	struct item *item;
};

/**
 * struct mirror - of a slot
 * @served: the slot
 * @users: how many look
 * @left: when the last of them left
 * @watch: tells what changes, or NULL while nobody looks
 * @source: waits for it
 * @pending: it may have something to tell
 * @taken: when it was last asked
 * @round: counts the times that the watch began from the beginning
 * @epoch, @sequence, @floor, @generation: as the functions of these names have them
 * @items: a tree of &struct item, by tsearch()
 * @count: how many
 * @gone: how many of them have no message
 * @changes: in the order of their numbers, of each item the last among them
 * @change_count, @room: how many there are, and how many fit
 * @unsorted: channels came or went since @generation was new
 * @sorted: when the views were last made new
 * @views: the first is of all channels; the others are those that were asked for last
 */
struct mirror {
	struct served *served;
	unsigned int users;
	uint64_t left;
	struct msgslot_watch *watch;
	struct source source;
	bool pending;
	uint64_t taken;
	uint64_t round;
	uint64_t epoch;
	uint64_t sequence;
	uint64_t floor;
	uint64_t generation;
	void *items;
	size_t count;
	size_t gone;
	struct change *changes;
	size_t change_count;
	size_t room;
	bool unsorted;
	uint64_t sorted;
	struct view views[VIEWS];
};

static void note(void *mirror)
{
	((struct mirror *)mirror)->pending = true;
}

static void begin_epoch(struct mirror *mirror)
{
	if (getrandom(&mirror->epoch, sizeof(mirror->epoch), 0) !=
	    sizeof(mirror->epoch))
		mirror->epoch = timestamp_now(CLOCK_REALTIME);
}

struct mirror *mirror_make(struct served *served)
{
	struct mirror *mirror = must_realloc(NULL, 1, sizeof(*mirror));

	/* Whoever knows none asks for 0. */
	*mirror = (struct mirror){ .served = served, .generation = 1 };
	mirror->source = (struct source){ .ready = note, .data = mirror };
	begin_epoch(mirror);
	return mirror;
}

static int compare_channels(const void *a, const void *b)
{
	uint32_t one = ((const struct item *)a)->message.record.channel;
	uint32_t other = ((const struct item *)b)->message.record.channel;

	return (one > other) - (one < other);
}

struct item *mirror_find(const struct mirror *mirror, uint32_t channel)
{
	struct item key = { .message.record.channel = channel };
	struct item **found = tfind(&key, &mirror->items, compare_channels);

	return found ? *found : NULL;
}

static struct item *add(struct mirror *mirror, uint32_t channel)
{
	struct item *item = must_realloc(NULL, 1, sizeof(*item));

	*item = (struct item){ .message.record.channel = channel };
	if (!tsearch(item, &mirror->items, compare_channels))
		die(STATUS_ERROR, "%s", strerror(ENOMEM));
	mirror->count++;
	mirror->gone++;
	return item;
}

void text_release(struct text *text)
{
	if (text && !--text->users)
		free(text);
}

static void free_item(void *data)
{
	struct item *item = data;

	message_free(&item->message);
	text_release(item->text);
	free(item->name);
	free(item);
}

static void free_view(struct view *view)
{
	free(view->search);
	free(view->prefix);
	free(view->items);
	*view = (struct view){ 0 };
}

/* None of them has an item of before. */
static void forget_views(struct mirror *mirror)
{
	int i;

	for (i = 0; i < VIEWS; i++)
		free_view(&mirror->views[i]);
	mirror->generation++;
	mirror->unsorted = true;
	mirror->sorted = 0;
}

static void close_watch(struct mirror *mirror)
{
	if (!mirror->watch)
		return;
	loop_remove(&mirror->source);
	msgslot_watch_close(mirror->watch);
	mirror->watch = NULL;
	mirror->pending = false;
}

void mirror_end(struct mirror *mirror)
{
	close_watch(mirror);
	forget_views(mirror);
	tdestroy(mirror->items, free_item);
	free(mirror->changes);
	mirror->items = NULL;
	mirror->changes = NULL;
	mirror->count = 0;
	mirror->gone = 0;
	mirror->change_count = 0;
	mirror->room = 0;
	mirror->sequence = 0;
	mirror->floor = 0;
	begin_epoch(mirror);
}

bool mirror_is_live(const struct mirror *mirror)
{
	return mirror->watch;
}

uint64_t mirror_epoch(const struct mirror *mirror)
{
	return mirror->epoch;
}

uint64_t mirror_sequence(const struct mirror *mirror)
{
	return mirror->sequence;
}

uint64_t mirror_floor(const struct mirror *mirror)
{
	return mirror->floor;
}

static bool is_last(const struct change *change)
{
	return change->item && change->item->sequence == change->sequence;
}

/* Who was not told of it must begin anew. */
static void drop(struct mirror *mirror, struct item *item)
{
	mirror->floor = item->sequence;
	tdelete(item, &mirror->items, compare_channels);
	free_item(item);
	mirror->count--;
	mirror->gone--;
}

/* Keeps the last change of each item, and not all of the items without a message. */
static void tidy(struct mirror *mirror)
{
	size_t from, to = 0;
	struct change *change;
	bool dropped = false;

	for (from = 0; from < mirror->change_count; from++) {
		change = &mirror->changes[from];
		if (!is_last(change))
			continue;
		if (mirror->gone > MOST_GONE &&
		    !message_present(&change->item->message)) {
			/* Other changes of it came before, and are left out already. */
			drop(mirror, change->item);
			dropped = true;
			continue;
		}
		mirror->changes[to++] = *change;
	}
	mirror->change_count = to;
	if (dropped)
		forget_views(mirror);
}

static void add_change(struct mirror *mirror, struct item *item)
{
	if (mirror->change_count == mirror->room) {
		mirror->room = mirror->room ? 2 * mirror->room : 1024;
		mirror->changes = must_realloc(mirror->changes, mirror->room,
					       sizeof(*mirror->changes));
	}
	item->sequence = ++mirror->sequence;
	mirror->changes[mirror->change_count++] = (struct change){
		.sequence = item->sequence,
		.item = item,
	};
	/* What is the last of all stays. */
	if (mirror->change_count > 2 * mirror->count + MOST_GONE)
		tidy(mirror);
}

struct item *mirror_next(const struct mirror *mirror, uint64_t sequence)
{
	size_t low = 0, high = mirror->change_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (mirror->changes[middle].sequence <= sequence)
			low = middle + 1;
		else
			high = middle;
	}
	while (low < mirror->change_count && !is_last(&mirror->changes[low]))
		low++;
	return low < mirror->change_count ? mirror->changes[low].item : NULL;
}

/* A name may be made, removed or changed while its channel goes on. */
static void learn_name(struct mirror *mirror, struct item *item)
{
	const char *name =
		name_find(&mirror->served->slot, item->message.record.channel);

	if (name && item->name && !strcmp(name, item->name))
		return;
	/* What was removed had that name when it was there. */
	if (!name && (!item->name || !message_present(&item->message)))
		return;
	free(item->name);
	item->name = must_copy(name);
	mirror->unsorted = true;
}

static void update(struct mirror *mirror, struct item *item,
		   const struct message *event)
{
	bool was = message_present(&item->message);
	bool is = message_present(event);

	if (was != is) {
		mirror->gone += was;
		mirror->gone -= is;
		mirror->unsorted = true;
	}
	if (is)
		message_copy(&item->message, event);
	else
		item->message.record = event->record;
	item->told = timestamp_now(CLOCK_BOOTTIME);
	text_release(item->text);
	item->text = NULL;
	learn_name(mirror, item);
	add_change(mirror, item);
}

/* What has not been told again since the watch began anew is not there any more. */
static void clear_others(struct mirror *mirror)
{
	struct message event = { 0 };
	uint64_t last = mirror->sequence;
	struct item *item;
	uint64_t sequence = 0;

	while ((item = mirror_next(mirror, sequence)) &&
	       item->sequence <= last) {
		sequence = item->sequence;
		if (item->round == mirror->round ||
		    !message_present(&item->message))
			continue;
		event.record.channel = item->message.record.channel;
		event.record.event = MSG_SLOT_CLEARED;
		update(mirror, item, &event);
	}
}

static bool is_news(const struct item *item, const struct message *event)
{
	if (!message_present(event))
		return message_present(&item->message);
	return !message_present(&item->message) ||
	       item->message.record.version != event->record.version;
}

static void take_event(struct mirror *mirror, const struct message *event)
{
	struct item *item;

	if (event->record.event == MSG_SLOT_RESTART) {
		mirror->round++;
	} else if (event->record.event == MSG_SLOT_PRESENT) {
		clear_others(mirror);
	} else {
		item = mirror_find(mirror, event->record.channel);
		if (!item && !message_present(event))
			return;
		if (!item)
			item = add(mirror, event->record.channel);
		item->round = mirror->round;
		if (is_news(item, event))
			update(mirror, item, event);
	}
}

static int take_all(struct mirror *mirror)
{
	struct message event;
	int ret;

	mirror->pending = false;
	while ((ret = message_next(mirror->served->slot.fd, mirror->watch,
				   &event)) == 1)
		take_event(mirror, &event);
	loop_again(&mirror->source);
	return ret;
}

static int open_watch(struct mirror *mirror)
{
	int ret = msgslot_watch_open_with(mirror->served->slot.fd, NULL, 0,
					  MSG_SLOT_WATCH_PRESENT,
					  &mirror->watch);

	if (ret) {
		mirror->watch = NULL;
		return ret;
	}
	mirror->source.fd = msgslot_watch_fd(mirror->watch);
	mirror->round++;
	ret = loop_add(&mirror->source);
	if (!ret)
		ret = take_all(mirror);
	mirror->taken = timestamp_now(CLOCK_MONOTONIC);
	if (ret < 0)
		close_watch(mirror);
	return ret;
}

static int make_live(struct mirror *mirror)
{
	int ret = served_refresh(mirror->served);

	return ret || mirror->watch ? ret : open_watch(mirror);
}

int mirror_use(struct mirror *mirror)
{
	int ret = make_live(mirror);

	if (!ret)
		mirror->users++;
	return ret;
}

void mirror_leave(struct mirror *mirror)
{
	mirror->users--;
	mirror->left = timestamp_now(CLOCK_MONOTONIC);
}

/* When it is to be looked at again: sorting may be due, too. */
static uint64_t next_look(const struct mirror *mirror, uint64_t now)
{
	uint64_t next =
		mirror->taken + (mirror->pending ? MIRROR_FRAME : NS_PER_S);
	uint64_t sorting = mirror->sorted + SORTING;

	return mirror->unsorted && sorting > now && sorting < next ? sorting :
								     next;
}

/* Looks after the slot, too: that may end, and another come. */
uint64_t mirror_take_in(struct mirror *mirror, uint64_t now)
{
	if (!mirror->users && (!mirror->watch || now - mirror->left > LINGER)) {
		if (mirror->watch)
			mirror_end(mirror);
		return UINT64_MAX;
	}
	if (mirror->pending && now - mirror->taken >= MIRROR_FRAME) {
		mirror->taken = now;
		if (take_all(mirror) < 0)
			mirror_end(mirror);
	}
	if (now - mirror->taken >= NS_PER_S) {
		mirror->taken = now;
		make_live(mirror);
	}
	return next_look(mirror, now);
}

json_t *mirror_json(const struct mirror *mirror, const struct item *item,
		    const struct message *message)
{
	json_t *object = json_of(&mirror->served->slot, message);

	/* A name that was removed is known here. */
	if (item->name && json_is_null(json_object_get(object, "name")))
		json_object_set_new(object, "name", json_string(item->name));
	return object;
}

static struct text *make_text(const struct mirror *mirror,
			      const struct item *item)
{
	json_t *object = mirror_json(mirror, item, &item->message);
	char *data = json_text(object);
	struct text *text;
	char head[96];
	int length;

	length = snprintf(head, sizeof(head),
			  "id: %016" PRIx64 "-%" PRIu64 "\nevent: %s\ndata: ",
			  mirror->epoch, item->sequence,
			  message_event(&item->message));
	text = must_realloc(NULL, sizeof(*text) + length + strlen(data) + 3, 1);
	text->users = 1;
	text->size = stpcpy(stpcpy(stpcpy(text->bytes, head), data), "\n\n") -
		     text->bytes;
	free(data);
	return text;
}

struct text *mirror_text(struct mirror *mirror, struct item *item)
{
	if (!item->text)
		item->text = make_text(mirror, item);
	item->text->users++;
	return item->text;
}

/* Names first, in their order, then numbers in theirs. */
static int compare_names(const void *a, const void *b)
{
	const struct item *one = *(struct item *const *)a;
	const struct item *other = *(struct item *const *)b;

	if (one->name && other->name)
		return strcmp(one->name, other->name);
	if (one->name || other->name)
		return one->name ? -1 : 1;
	return compare_channels(one, other);
}

/* All that have a message. */
static void make_first_view(struct mirror *mirror)
{
	struct view *view = &mirror->views[0];
	struct change *change;
	size_t i;

	view->items = must_realloc(view->items, mirror->count + 1,
				   sizeof(*view->items));
	view->count = 0;
	for (i = 0; i < mirror->change_count; i++) {
		change = &mirror->changes[i];
		if (is_last(change) && message_present(&change->item->message))
			view->items[view->count++] = change->item;
	}
	qsort(view->items, view->count, sizeof(*view->items), compare_names);
	view->generation = mirror->generation;
}

static void sort(struct mirror *mirror)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);

	if (!mirror->unsorted || now - mirror->sorted < SORTING)
		return;
	mirror->unsorted = false;
	mirror->sorted = now;
	mirror->generation++;
	make_first_view(mirror);
}

uint64_t mirror_generation(struct mirror *mirror)
{
	sort(mirror);
	return mirror->generation;
}

static bool is_in(const struct item *item, const struct view *view)
{
	char number[16];
	const char *name = item->name;

	if (!name) {
		snprintf(number, sizeof(number), "%u",
			 item->message.record.channel);
		name = number;
	}
	if (view->prefix && strncmp(name, view->prefix, strlen(view->prefix)))
		return false;
	return !view->search || strcasestr(name, view->search);
}

static void fill(struct view *view, const struct view *from)
{
	size_t i;

	view->items = must_realloc(view->items, from->count + 1,
				   sizeof(*view->items));
	view->count = 0;
	for (i = 0; i < from->count; i++)
		if (is_in(from->items[i], view))
			view->items[view->count++] = from->items[i];
	view->generation = from->generation;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* One that there is, or else the one that was not used for the longest time. */
static struct view *find_view(struct mirror *mirror, const char *search,
			      const char *prefix)
{
	struct view *oldest = &mirror->views[1];
	struct view *view;

	for (view = &mirror->views[1]; view < &mirror->views[VIEWS]; view++) {
		if (view->items && is_same(view->search, search) &&
		    is_same(view->prefix, prefix))
			return view;
		if (view->used < oldest->used)
			oldest = view;
	}
	free_view(oldest);
	oldest->search = must_copy(search);
	oldest->prefix = must_copy(prefix);
	return oldest;
}

const struct view *mirror_view(struct mirror *mirror, const char *search,
			       const char *prefix)
{
	struct view *view;

	sort(mirror);
	if (!search && !prefix)
		return &mirror->views[0];
	view = find_view(mirror, search, prefix);
	if (!view->items || view->generation != mirror->generation)
		fill(view, &mirror->views[0]);
	view->used = timestamp_now(CLOCK_MONOTONIC);
	return view;
}

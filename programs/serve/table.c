// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mirror.h"
#include "reply.h"
#include "table.h"
#include "timestamp.h"

/* So much of a message is shown. */
#define SHOWN 256

/* So many groups are told of. */
#define MOST_GROUPS 500

/* Whole characters, so that text stays text. */
static uint32_t shown_size(const struct message *message)
{
	uint32_t size = message->record.size;

	if (size <= SHOWN)
		return size;
	for (size = SHOWN; size > SHOWN - 4; size--)
		if ((message->bytes[size] & 0xc0) != 0x80)
			return size;
	return SHOWN;
}

/* What is left of its time to live: that may have been renewed, which no watch tells. */
static json_t *time_left(const struct slot *slot, const struct item *item)
{
	struct msg_slot_record record;

	msgslot_get(slot->fd, item->message.record.channel, NULL, 0, &record);
	if (record.version != item->message.record.version)
		return json_integer(0);
	return record.ttl == MSG_SLOT_FOREVER ? json_null() :
						json_integer(record.ttl);
}

static json_t *row_of(const struct request *request, const struct item *item,
		      size_t index)
{
	const struct slot *slot = &request->served->slot;
	uint64_t since = timestamp_now(CLOCK_BOOTTIME) - item->told;
	struct message shown = item->message;
	json_t *row;

	if (message_present(&shown))
		shown.record.size = shown_size(&shown);
	row = mirror_json(request->mirror, item, &shown);
	json_object_set_new(row, "index", json_integer(index));
	if (!message_present(&shown))
		return row;
	json_object_set_new(row, "size",
			    json_integer(message_size(&item->message)));
	json_object_set_new(row, "age_ns",
			    json_integer(shown.record.age + since));
	if (shown.record.ttl != MSG_SLOT_FOREVER)
		json_object_set_new(row, "ttl_ns", time_left(slot, item));
	return row;
}

static bool is_new(const struct request *request, const struct item *item)
{
	return item->sequence > request->route.after ||
	       request->route.generation != mirror_generation(request->mirror);
}

static struct item *pinned(const struct request *request)
{
	return request->route.pin ?
		       mirror_find(request->mirror, request->route.pin) :
		       NULL;
}

/* The end of the rows that are asked for. */
static size_t end_of(const struct request *request, const struct view *view)
{
	size_t end = request->route.from + request->route.count;

	return end < view->count ? end : view->count;
}

static json_t *rows_of(const struct request *request, const struct view *view)
{
	size_t end = end_of(request, view);
	json_t *rows = json_array();
	size_t i;

	for (i = request->route.from; i < end; i++)
		if (is_new(request, view->items[i]))
			json_array_append_new(rows, row_of(request,
							   view->items[i], i));
	return rows;
}

/* Return: the length of the group's name, with its slash; 0 if it is in none. */
static size_t group_length(const char *name, const char *prefix)
{
	const char *slash = name ? strchr(name + strlen(prefix), '/') : NULL;

	return slash ? slash + 1 - name : 0;
}

static void add_group(json_t *groups, const char *name, size_t length,
		      size_t count)
{
	json_t *text = json_stringn(name, length);

	if (text && json_array_size(groups) < MOST_GROUPS)
		json_array_append_new(groups,
				      json_pack("{sosI}", "prefix", text,
						"channels", (json_int_t)count));
	else
		json_decref(text);
}

/* The groups directly below the prefix: names of one follow each other. */
static json_t *groups_of(const struct request *request)
{
	const char *prefix = request->route.prefix ? request->route.prefix : "";
	const struct view *view =
		mirror_view(request->mirror, NULL, request->route.prefix);
	json_t *groups = json_array();
	size_t i = 0, begin, length;
	const char *name;

	while (i < view->count) {
		name = view->items[i]->name;
		length = group_length(name, prefix);
		begin = i++;
		if (!length)
			continue;
		while (i < view->count && view->items[i]->name &&
		       !strncmp(view->items[i]->name, name, length))
			i++;
		add_group(groups, name, length, i - begin);
	}
	return groups;
}

static const struct view *view_of(const struct request *request)
{
	const struct route *route = &request->route;

	return mirror_view(request->mirror, route->search, route->prefix);
}

static bool has_news(struct request *request)
{
	const struct view *view = view_of(request);
	const struct item *pin = pinned(request);
	size_t end = end_of(request, view);
	size_t i;

	if (request->route.generation != mirror_generation(request->mirror))
		return true;
	for (i = request->route.from; i < end; i++)
		if (view->items[i]->sequence > request->route.after)
			return true;
	return pin && pin->sequence > request->route.after;
}

/* How many channels are claimed; which they are, and by whom, the kernel does not tell. */
static json_t *claims_of(const struct request *request)
{
	struct msg_slot_counters counters = { 0 };

	if (msgslot_counters(request->served->slot.fd, &counters))
		return json_null();
	return json_integer(counters.held);
}

/* What is there of the whole table. */
static json_t *describe(const struct request *request, const struct view *view,
			bool all)
{
	struct mirror *mirror = request->mirror;
	char epoch[20];

	snprintf(epoch, sizeof(epoch), "%016" PRIx64, mirror_epoch(mirror));
	return json_pack("{sssIsIsIsIsosb}", "epoch", epoch, "sequence",
			 (json_int_t)mirror_sequence(mirror), "generation",
			 (json_int_t)mirror_generation(mirror), "total",
			 (json_int_t)view->count, "from",
			 (json_int_t)request->route.from, "claims",
			 claims_of(request), "all", all);
}

static enum MHD_Result send_table(struct request *request)
{
	const struct view *view = view_of(request);
	const struct item *pin = pinned(request);
	bool all = request->route.generation !=
		   mirror_generation(request->mirror);
	json_t *table = describe(request, view, all);

	json_object_set_new(table, "rows", rows_of(request, view));
	if (pin && is_new(request, pin))
		json_object_set_new(table, "pinned", row_of(request, pin, 0));
	if (all)
		json_object_set_new(table, "groups", groups_of(request));
	return reply_json(request, table);
}

/* Return: whether it is to be asked again; a mirror that has not changed need not be looked at. */
static bool is_due(struct request *request)
{
	uint64_t sequence = mirror_sequence(request->mirror);
	uint64_t generation = mirror_generation(request->mirror);

	if (!mirror_is_live(request->mirror))
		return true;
	if (sequence == request->sequence && generation == request->generation)
		return false;
	request->sequence = sequence;
	request->generation = generation;
	return has_news(request);
}

enum MHD_Result table_answer(struct request *request)
{
	int ret;

	if (!request->mirror) {
		ret = mirror_use(request->served->mirror);
		if (ret)
			return reply_slot_failure(request, ret);
		request->mirror = request->served->mirror;
		request->is_due = is_due;
		request->deadline =
			timestamp_now(CLOCK_MONOTONIC) + request->route.timeout;
	}
	if (!mirror_is_live(request->mirror))
		return reply_slot_failure(request, -ENOENT);
	if (request->is_head || has_news(request) ||
	    timestamp_now(CLOCK_MONOTONIC) >= request->deadline)
		return send_table(request);
	return request_suspend(request);
}

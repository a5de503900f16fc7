// SPDX-License-Identifier: GPL-2.0
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/complaint.h"
#include "item.h"
#include "key.h"

static int compare_channels(const void *a, const void *b)
{
	uint32_t one = ((const struct item *)a)->channel;
	uint32_t other = ((const struct item *)b)->channel;

	return (one > other) - (one < other);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->key,
		      ((const struct item *)b)->key);
}

struct item *items_find_channel(const struct items *items, uint32_t channel)
{
	struct item key = { .channel = channel };
	struct item **found = tfind(&key, &items->by_channel, compare_channels);

	return found ? *found : NULL;
}

struct item *items_find_key(const struct items *items, const char *key)
{
	struct item like = { .key = (char *)key };
	struct item **found = tfind(&like, &items->by_key, compare_keys);

	return found ? *found : NULL;
}

static void add(void **tree, struct item *item,
		int (*compare)(const void *a, const void *b))
{
	if (!tsearch(item, tree, compare))
		die(STATUS_ERROR, "not enough memory");
}

struct item *items_make(struct items *items, const char *name)
{
	char key[KEY_ROOM];
	struct item *item;

	key_of_name(name, key);
	item = items_find_key(items, key);
	if (item)
		return item;
	item = must_realloc(NULL, 1, sizeof(*item));
	*item = (struct item){ .name = must_copy(name), .key = must_copy(key) };
	add(&items->by_key, item, compare_keys);
	/* Doubled at each power of two. */
	if (!(items->count & (items->count - 1)))
		items->all = must_realloc(items->all,
					  items->count ? 2 * items->count : 1,
					  sizeof(*items->all));
	items->all[items->count++] = item;
	return item;
}

void items_set_channel(struct items *items, struct item *item, uint32_t channel)
{
	if (item->channel == channel)
		return;
	if (item->channel)
		tdelete(item, &items->by_channel, compare_channels);
	item->channel = channel;
	item->claimed = false;
	if (channel)
		add(&items->by_channel, item, compare_channels);
}

static void keep(void *node)
{
	(void)node;
}

void items_free(struct items *items)
{
	size_t i;

	tdestroy(items->by_channel, keep);
	tdestroy(items->by_key, keep);
	for (i = 0; i < items->count; i++) {
		free(items->all[i]->name);
		free(items->all[i]->key);
		free(items->all[i]);
	}
	free(items->all);
}

void item_queue_add(struct item_queue *queue, struct item *item)
{
	if (item->queued)
		return;
	item->queued = true;
	item->next = NULL;
	if (queue->first)
		queue->last->next = item;
	else
		queue->first = item;
	queue->last = item;
}

struct item *item_queue_take(struct item_queue *queue)
{
	struct item *item = queue->first;

	if (!item)
		return NULL;
	queue->first = item->next;
	item->queued = false;
	return item;
}

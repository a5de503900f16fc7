// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "name.h"
#include "rows.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Unless its name is known, and another one than is looked for. */
static void add(struct rows *rows, struct row row, const char *filter)
{
	if (row.name && !strstr(row.name, filter))
		free(row.name);
	else
		rows->rows[rows->count++] = row;
}

static void gather(struct rows *rows, const struct source *source,
		   const char *filter, bool names)
{
	struct channel **channels = board_present(&source->board);
	struct row row = { .source = source };
	uint32_t id;
	size_t i;

	for (i = 0; i < source->board.present; i++) {
		row.channel = channels[i];
		id = row.channel->message.record.channel;
		if (names)
			row.name = name_text(&source->slot, id, SIZE_MAX);
		add(rows, row, filter);
	}
	free(channels);
}

static void forget_names(struct rows *rows)
{
	while (rows->count)
		free(rows->rows[--rows->count].name);
}

void rows_free(struct rows *rows)
{
	forget_names(rows);
	free(rows->rows);
}

void rows_gather(struct rows *rows, const struct source *sources, size_t count,
		 const char *filter, bool names)
{
	size_t present = 0;
	size_t i;

	forget_names(rows);
	for (i = 0; i < count; i++)
		present += sources[i].board.present;
	rows->rows = must_realloc(rows->rows, present + 1, sizeof(*rows->rows));
	for (i = 0; i < count; i++)
		gather(rows, &sources[i], filter, names || *filter);
}

/* By their names, where they may have some and these are known. */
static int compare_channels(const struct row *a, const struct row *b)
{
	int difference = 0;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->source->slot.has_names && a->name && b->name)
		difference = strverscmp(a->name, b->name);
	if (difference)
		return difference;
	return compare_numbers(a->channel->message.record.channel,
			       b->channel->message.record.channel);
}

static int compare_rates(const struct row *a, const struct row *b)
{
	double one = a->channel->rate;
	double other = b->channel->rate;

	return (one < other) - (one > other);
}

static int compare_ages(const struct row *a, const struct row *b)
{
	return compare_numbers(b->channel->born, a->channel->born);
}

static int compare_sizes(const struct row *a, const struct row *b)
{
	return compare_numbers(message_size(&b->channel->message),
			       message_size(&a->channel->message));
}

static int compare_authors(const struct row *a, const struct row *b)
{
	return compare_numbers(a->channel->message.record.pid,
			       b->channel->message.record.pid);
}

static int compare_values(const struct row *a, const struct row *b)
{
	const struct message *one = &a->channel->message;
	const struct message *other = &b->channel->message;
	size_t size = one->record.size < other->record.size ?
			      one->record.size :
			      other->record.size;
	int difference = memcmp(one->bytes, other->bytes, size);

	return difference ?
		       difference :
		       compare_numbers(one->record.size, other->record.size);
}

typedef int (*comparison)(const struct row *a, const struct row *b);

static comparison comparison_by(enum rows_key key)
{
	switch (key) {
	case ROWS_RATE:
		return compare_rates;
	case ROWS_AGE:
		return compare_ages;
	case ROWS_SIZE:
		return compare_sizes;
	case ROWS_AUTHOR:
		return compare_authors;
	case ROWS_VALUE:
		return compare_values;
	default:
		return compare_channels;
	}
}

struct order {
	comparison compare;
	bool reversed;
};

/* Those that are equal stay in the order of their channels, and so don't jump. */
static int compare(const void *a, const void *b, void *argument)
{
	const struct order *order = argument;
	int difference = order->compare(a, b);

	if (!difference)
		return compare_channels(a, b);
	return order->reversed ? -difference : difference;
}

void rows_sort(struct rows *rows, enum rows_key key, bool reversed)
{
	struct order order = { comparison_by(key), reversed };

	qsort_r(rows->rows, rows->count, sizeof(*rows->rows), compare, &order);
}

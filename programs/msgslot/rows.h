/* SPDX-License-Identifier: GPL-2.0 */
/* The channels of several slots as rows, in the order that is asked for. */
#ifndef MSGSLOT_ROWS_H
#define MSGSLOT_ROWS_H

#include "board.h"
#include "rates.h"

/* A slot and what is known of it. */
struct source {
	struct slot slot;
	struct msgslot_watch *watch;
	struct board board;
	struct rates rates;
};

/**
 * struct row - a channel
 * @source: its slot
 * @channel: what is known of it
 * @name: its name, or number, as it is shown; NULL unless that was asked for
 */
struct row {
	const struct source *source;
	const struct channel *channel;
	char *name;
};

/* The keys to sort by are letters, as on the keyboard. */
enum rows_key {
	ROWS_CHANNEL = 'c',
	ROWS_RATE = 'r',
	ROWS_AGE = 'a',
	ROWS_SIZE = 's',
	ROWS_AUTHOR = 'u',
	ROWS_VALUE = 'v',
};

struct rows {
	struct row *rows;
	size_t count;
};

/**
 * rows_gather() - what there is at the moment
 * @rows: whatever was in it before is replaced
 * @sources: the slots
 * @count: how many
 * @filter: only channels with this in their names; "": all
 * @names: the names are to be known in any case, to be sorted by them
 */
void rows_gather(struct rows *rows, const struct source *sources, size_t count,
		 const char *filter, bool names);

void rows_free(struct rows *rows);

void rows_sort(struct rows *rows, enum rows_key key, bool reversed);

#endif /* MSGSLOT_ROWS_H */

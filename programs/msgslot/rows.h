/* SPDX-License-Identifier: GPL-2.0 */
/* The channels of several slots as rows, in the order that is asked for. */
#ifndef MSGSLOT_ROWS_H
#define MSGSLOT_ROWS_H

#include "board.h"

/* A slot and what is known of it. */
struct source {
	struct slot slot;
	struct msgslot_watch *watch;
	struct board board;
};

struct row {
	const struct source *source;
	const struct channel *channel;
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

/* Whatever was in @rows before is replaced. */
void rows_gather(struct rows *rows, const struct source *sources, size_t count);

void rows_sort(struct rows *rows, enum rows_key key, bool reversed);

#endif /* MSGSLOT_ROWS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What a request's address names. Nothing here looks at a slot. */
#ifndef MSGSLOT_SERVE_ROUTE_H
#define MSGSLOT_SERVE_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

enum route_kind {
	ROUTE_NONE, /* nothing is there */
	ROUTE_PAGE,
	ROUTE_STYLE,
	ROUTE_SCRIPT,
	ROUTE_METRICS,
	ROUTE_OPENAPI,
	ROUTE_SLOTS,
	ROUTE_SLOT,
	ROUTE_CHANNELS,
	ROUTE_CHANNEL,
	ROUTE_WATCH,
	ROUTE_TABLE,
};

/* The longest time that a request may ask to wait. */
#define ROUTE_LONGEST_WAIT (60 * 1000000000ull)

/* The most rows that a table has. */
#define ROUTE_MOST_ROWS 500

/**
 * struct route - an address, taken apart
 * @kind: what it names
 * @slot: the slot's name in it, decoded, or NULL
 * @channel: the channel's name or number, decoded, or NULL
 * @newer_than: wait for a message with a higher version
 * @waits: @newer_than was given
 * @timeout: for how long, in nanoseconds
 * @ttl: how long a message is to live; 0: for ever
 * @search: what names of rows must have in them
 * @prefix: what they must begin with
 * @from: the first row
 * @count: the number of rows
 * @after: only rows that changed after this
 * @generation: of the order of rows, as it was told
 * @pin: the id of a channel whose row is wanted wherever it is, or 0
 */
struct route {
	enum route_kind kind;
	char *slot;
	char *channel;
	uint64_t newer_than;
	bool waits;
	uint64_t timeout;
	uint64_t ttl;
	char *search;
	char *prefix;
	uint64_t from;
	uint64_t count;
	uint64_t after;
	uint64_t generation;
	uint64_t pin;
};

/*
 * Takes apart a path with what follows a question mark, as they were sent. Return: NULL,
 * or what is wrong with it, good until the next call; either way route_free() frees it.
 */
const char *route_parse(const char *uri, struct route *route);

void route_free(struct route *route);

#endif /* MSGSLOT_SERVE_ROUTE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Engines: what carries values from machine to machine, and keeps the last of each key.
 *
 * An engine is a link to servers; a store is what of them a rule uses: a bucket, or all
 * that is below a topic. Stores have keys, levels with / between them, each of letters,
 * digits, _, - and = (see key.h). None of the calls waits for the network. What comes of
 * them, and what happens there, is told by events, which the main loop takes. An engine posts
 * them from threads of its own, or from run() in the main loop.
 *
 * A store that has revisions gives each change of a key a higher one, and refuses what is
 * put over another than its last. One that has none (MQTT) counts what it sees, and
 * refuses nothing: the last that arrives stays.
 */
#ifndef BRIDGE_ENGINE_H
#define BRIDGE_ENGINE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_queue;
struct store;

/**
 * struct engine_settings - how to reach an engine
 * @name: what the configuration calls it
 * @type: which kind
 * @urls: its servers, NULL behind the last
 * @user: or NULL, as all below
 * @password: of the user, as it was read from its file
 * @token: instead of a user
 * @ca: a file with the certificates to believe
 * @certificate: a file with one's own
 * @key: and its key
 * @replicas: on how many servers a store that is made here is kept
 */
struct engine_settings {
	char *name;
	const struct engine_type *type;
	char **urls;
	char *user;
	char *password;
	char *token;
	char *ca;
	char *certificate;
	char *key;
	unsigned int replicas;
};

/**
 * enum engine_event_kind - what an event tells
 * @ENGINE_UP: the link is there, for the first time or again
 * @ENGINE_DOWN: it is not, and @words say why
 * @ENGINE_ENTRY: a key of a store has a value, or was erased: what a watch sees
 * @ENGINE_LISTED: all that was there when the watch began has been told
 * @ENGINE_WATCH_LOST: the watch could not begin, or has ended, and @words say why
 * @ENGINE_RESULT: what became of engine_put()
 */
enum engine_event_kind {
	ENGINE_UP,
	ENGINE_DOWN,
	ENGINE_ENTRY,
	ENGINE_LISTED,
	ENGINE_WATCH_LOST,
	ENGINE_RESULT,
};

/**
 * enum engine_verdict - what became of a put
 * @ENGINE_ACKED: it is there, with the revision that the event has
 * @ENGINE_REFUSED: it is not: the key has another revision
 * @ENGINE_TOO_LARGE: it is not, and will not be with this size
 * @ENGINE_UNKNOWN: nobody knows; it may still arrive later
 * @ENGINE_FAILED: it is not, and @words say why
 */
enum engine_verdict {
	ENGINE_ACKED,
	ENGINE_REFUSED,
	ENGINE_TOO_LARGE,
	ENGINE_UNKNOWN,
	ENGINE_FAILED,
};

/**
 * struct engine_event - what an engine tells
 * @next: for the queue
 * @kind: what it is
 * @verdict: for ENGINE_RESULT
 * @store: of which store, or NULL if it is of the link
 * @number: of the watch, as it was begun, or of the put
 * @revision: of the entry, or of what was put
 * @time: when the entry came to be, in ns of the store's clock, or 0 if it has none
 * @expiry: in how many seconds the store drops it, or 0 if that is not known
 * @key: the entry's
 * @value: its bytes, or NULL if it was erased
 * @size: how many
 * @words: one line, or NULL
 */
struct engine_event {
	struct engine_event *next;
	enum engine_event_kind kind;
	enum engine_verdict verdict;
	struct store *store;
	uint64_t number;
	uint64_t revision;
	uint64_t time;
	uint32_t expiry;
	char *key;
	unsigned char *value;
	size_t size;
	char *words;
};

/**
 * struct engine_type - a kind of engine
 * @name: as the configuration has it: "nats", "mqtt"
 * @has_revisions: it refuses what is put over another revision
 * @has_threads: it posts events from threads of its own, too
 * @open: begin to connect, and go on until it is closed; events go to @queue. Return: NULL
 *	and one line in @words if the settings can't be right
 * @close: end it, with all its stores; no event comes after that
 * @store: a store of it; @prefix is what all keys begin with that the rule uses, and @key
 *	in all calls and events is what comes behind it. @echoed: NULL, or the only key whose
 *	puts by this program need be told by its watch, once what was there has been told
 * @store_close: no event of it comes after that
 * @watch: begin a watch of the store anew, and tell all that is there: the events have
 *	@number, and none of a watch before it is posted once one of this was
 * @put: have a key get a value, or be erased (@value is NULL), if its last revision is
 *	@revision, 0 for a key that has never been there; a store that can drop it after
 *	@expiry seconds does, if that is not 0. One ENGINE_RESULT follows, with @number
 * @limit: the largest value that it takes, or 0 if that is not known yet
 * @poll: what else than its queue to wait for until run() is called. Return: for how many ms
 *	at the most, or -1
 * @run: in each turn of the main loop, do what there is to do after @events, and at the end
 *	of the turn, where @events is 0, send what there is to send
 */
struct engine_type {
	const char *name;
	bool has_revisions;
	bool has_threads;
	struct engine *(*open)(const struct engine_settings *settings,
			       struct engine_queue *queue, char **words);
	void (*close)(struct engine *engine);
	struct store *(*store)(struct engine *engine, const char *bucket,
			       const char *prefix, const char *echoed);
	void (*store_close)(struct store *store);
	void (*watch)(struct store *store, uint64_t number);
	void (*put)(struct store *store, const char *key, const void *value,
		    size_t size, uint64_t revision, uint32_t expiry,
		    uint64_t number);
	size_t (*limit)(const struct store *store);
	int (*poll)(struct engine *engine, struct pollfd *polled);
	void (*run)(struct engine *engine, short events);
};

extern const struct engine_type nats_engine;
extern const struct engine_type mqtt_engine;

/* Return: the kind of that name, or NULL if this program was built without it. */
const struct engine_type *engine_type_find(const char *name);

#endif /* BRIDGE_ENGINE_H */

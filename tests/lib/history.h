/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A history: what some actors did to one channel, each having written down when an
 * act began and when it had ended. It must be one that a channel can have that does
 * one thing at a time.
 */
#ifndef TESTS_HISTORY_H
#define TESTS_HISTORY_H

#include "linear.h"

#include <string.h>

/* What one actor did, one after the other. */
struct log {
	struct act *acts;
	unsigned int count;
	/* What its messages for a time only come to: room for as many. */
	struct act *expiries;
	unsigned int expiring;
};

struct history {
	/* In every value, so that none is one of another's. */
	unsigned long long number;
	struct log *logs;
	unsigned int actors;
	/* All acts, by their starts and by their ends: room for twice as many. */
	struct act **by_start, **by_end;
	unsigned int count;
	/* For check_versions(): room for as many. */
	unsigned long long *numbers;
};

static inline void log_make(struct log *log, unsigned int acts)
{
	*log = (struct log){ .count = acts };
	log->acts = calloc(acts, sizeof(struct act));
	log->expiries = calloc(acts, sizeof(struct act));
}

static inline void log_free(struct log *log)
{
	free(log->acts);
	free(log->expiries);
}

/* Room for the acts of all. */
static inline void history_make(struct history *history, unsigned int acts)
{
	history->by_start = calloc(2 * acts, sizeof(struct act *));
	history->by_end = calloc(2 * acts, sizeof(struct act *));
	history->numbers = calloc(2 * acts, sizeof(unsigned long long));
}

static inline void history_free(struct history *history)
{
	free(history->by_start);
	free(history->by_end);
	free(history->numbers);
}

/*
 * What PUT_FOR wrote, or RENEW renewed, ends at a moment of its own, by @slack more or
 * less.
 */
static inline void log_expiry(struct log *log, struct act *act,
			      unsigned long long ttl, unsigned long long slack)
{
	act->over = act->end + ttl + slack;
	log->expiries[log->expiring++] = (struct act){
		.kind = EXPIRE,
		.start = act->start + ttl - slack,
		.end = act->over,
		.value = act->value,
	};
}

static inline bool act_writes(const struct act *act)
{
	if (act->kind == RELEASE)
		return act->done && act->ending == WILLS;
	return act->kind <= PUT_FOR && act->done;
}

static inline bool act_reads(const struct act *act)
{
	return act->kind == GET || act->kind == MAPPED || act->kind == READ;
}

static inline bool act_clears(const struct act *act)
{
	return (act->kind == CLEAR || act->kind == CLEAR_IF) && act->done &&
	       act->version;
}

static inline int compare_starts(const void *a, const void *b)
{
	const struct act *x = *(struct act **)a, *y = *(struct act **)b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static inline int compare_ends(const void *a, const void *b)
{
	const struct act *x = *(struct act **)a, *y = *(struct act **)b;

	return x->end < y->end ? -1 : x->end > y->end;
}

/* A run of acts in their order, of which some have been taken. */
struct run {
	struct act *next;
	struct act *end;
};

/* What is in order already is merged: sorting all takes longer than the check. */
static inline struct act **merge_logs(const struct history *history,
				      struct act **to, bool by_end)
{
	struct run runs[64];
	unsigned int n = 0;

	for (unsigned int i = 0; i < history->actors; i++) {
		struct log *log = &history->logs[i];

		if (log->count)
			runs[n++] = (struct run){ log->acts,
						  log->acts + log->count };
	}
	while (n) {
		unsigned int first = 0;

		for (unsigned int i = 1; i < n; i++) {
			const struct act *a = runs[i].next;
			const struct act *b = runs[first].next;

			if (by_end ? a->end < b->end : a->start < b->start)
				first = i;
		}
		*to++ = runs[first].next++;
		if (runs[first].next == runs[first].end)
			runs[first] = runs[--n];
	}
	return to;
}

static inline void merge_sorted(struct act **acts, unsigned int n,
				unsigned int m,
				int (*compare)(const void *a, const void *b),
				struct act **last)
{
	/* From the back, where there is room: @last is a copy of the second run. */
	while (m) {
		if (n && compare(&acts[n - 1], &last[m - 1]) > 0) {
			acts[n + m - 1] = acts[n - 1];
			n--;
		} else {
			acts[n + m - 1] = last[m - 1];
			m--;
		}
	}
}

static inline void collect_in_order(struct history *history, struct act **acts,
				    bool by_end)
{
	int (*compare)(const void *a, const void *b) = by_end ? compare_ends :
								compare_starts;
	struct act **expiries = (struct act **)history->numbers;
	unsigned int n = merge_logs(history, acts, by_end) - acts;
	unsigned int m = 0;

	for (unsigned int i = 0; i < history->actors; i++) {
		struct log *log = &history->logs[i];

		for (unsigned int j = 0; j < log->expiring; j++)
			expiries[m++] = &log->expiries[j];
	}
	qsort(expiries, m, sizeof(*expiries), compare);
	merge_sorted(acts, n, m, compare, expiries);
	history->count = n + m;
}

static inline void history_collect(struct history *history)
{
	collect_in_order(history, history->by_start, false);
	collect_in_order(history, history->by_end, true);
}

static inline void describe_act(const struct act *act)
{
	fprintf(stderr,
		"# act of kind %d of actor %d from %llu to %llu, done %d, refused %d, value %llx, given %llu, version %llu, ending %d\n",
		act->kind, act->actor, act->start, act->end, act->done,
		act->refused, act->value, act->given, act->version,
		act->ending);
}

/* The act that wrote this value, or none. Of a claim's, it is the end of that. */
static inline struct act *writer_of(const struct history *history,
				    unsigned long long value)
{
	unsigned int actor = (value >> 32 & 0xff) - 1, i = value;
	const struct log *log = &history->logs[actor];
	struct act *act;

	if (actor >= history->actors || i >= log->count ||
	    value != value_of(history->number, actor, i))
		return NULL;
	act = &log->acts[i];
	if (act->kind == CLAIM)
		act = act->given ? &log->acts[act->given - 1] : NULL;
	return act && act_writes(act) ? act : NULL;
}

/* A value goes with a version; who wrote it may learn it from who got it. */
static inline const char *check_values(struct history *history)
{
	for (unsigned int i = 0; i < history->count; i++) {
		struct act *act = history->by_start[i], *writer;

		if (!act_reads(act) || !act->done)
			continue;
		writer = writer_of(history, act->value);
		if (!writer || writer->start > act->end) {
			describe_act(act);
			if (writer)
				describe_act(writer);
			return "a value that had not been written";
		}
		if (act->kind == READ)
			continue;
		if (!act->version)
			return "a message without a version";
		if (writer->in_lane)
			continue;
		if (writer->version && writer->version != act->version)
			return "two versions of a message";
		writer->version = act->version;
	}
	return NULL;
}

/* Nor goes one back, to any reader, or is another message's for it. */
static inline const char *check_readers(const struct history *history)
{
	for (unsigned int i = 0; i < history->actors; i++) {
		const struct log *log = &history->logs[i];
		const struct act *last = NULL;

		for (unsigned int j = 0; j < log->count; j++) {
			const struct act *act = &log->acts[j];

			if (!act_reads(act) || act->kind == READ || !act->done)
				continue;
			if (last && act->version < last->version)
				return "a version went back for a reader";
			if (last && act->version == last->version &&
			    act->value != last->value)
				return "a version of two messages";
			last = act;
		}
	}
	return NULL;
}

static inline int compare_numbers(const void *a, const void *b)
{
	const unsigned long long x = *(unsigned long long *)a;
	const unsigned long long y = *(unsigned long long *)b;

	return x < y ? -1 : x > y;
}

/* Of those acts that the function has a number for: no number comes twice. */
static inline bool
all_differ(const struct history *history,
	   unsigned long long (*number)(const struct act *act))
{
	unsigned long long *numbers = history->numbers;
	bool differ = true;
	unsigned int n = 0;

	for (unsigned int i = 0; i < history->count; i++) {
		numbers[n] = number(history->by_start[i]);
		n += numbers[n] != 0;
	}
	qsort(numbers, n, sizeof(*numbers), compare_numbers);
	for (unsigned int i = 1; i < n; i++)
		differ = differ && numbers[i] != numbers[i - 1];
	return differ;
}

static inline unsigned long long version_given(const struct act *act)
{
	return act_writes(act) ? act->version : 0;
}

/* That this act ended, and that it knew it did. */
static inline unsigned long long version_ended(const struct act *act)
{
	if (act_clears(act))
		return act->version;
	return act->kind == PUT_IF && act->done ? act->given : 0;
}

static inline const char *check_versions(const struct history *history)
{
	if (!all_differ(history, version_given))
		return "a version came again";
	if (!all_differ(history, version_ended))
		return "a message was ended twice";
	for (unsigned int i = 0; i < history->count; i++) {
		const struct act *act = history->by_start[i];

		if (act->kind == PUT_IF && act->done &&
		    act->version <= act->given)
			return "a version went back";
		if (act->kind == CLEAR_IF && act->done &&
		    act->version != act->given)
			return "another message was cleared";
	}
	return NULL;
}

static inline const char *check_order(const struct history *h)
{
	const struct act *act =
		first_impossible(h->by_start, h->by_end, h->count);

	if (!act)
		return NULL;
	describe_act(act);
	return "no order of its acts is one that a channel can have";
}

/* Nothing is wrong. */
static inline bool history_holds(const char *wrong)
{
	if (wrong)
		fprintf(stderr, "# history: %s\n", wrong);
	return !wrong;
}

static inline bool history_is_sound(struct history *history)
{
	history_collect(history);
	return history_holds(check_values(history)) &&
	       history_holds(check_readers(history)) &&
	       history_holds(check_versions(history)) &&
	       history_holds(check_order(history));
}

#endif

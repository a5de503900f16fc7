/* SPDX-License-Identifier: GPL-2.0 */
/* What acts come to, beside what they should. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor.h"

/* A result of a system call, or -errno. */
static inline long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

extern void (*on_outcome)(unsigned int kind, long ret);
extern void (*on_wrong)(void);

void wrong(const struct actor *actor, const char *what, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
void told(const struct actor *actor, long ret);
void check(const struct actor *actor, const char *what, long long is,
	   long long wanted);
void check_any(const struct actor *actor, long ret);

void check_message(const struct actor *actor, const struct buffer *buffer,
		   long ret, const struct channel *channel);
void check_record(struct actor *actor, const struct msg_slot_record *record,
		  uint32_t id, struct channel *channel);
void check_whole(struct actor *actor, const struct buffer *buffer, long ret);
void check_any_record(struct actor *actor,
		      const struct msg_slot_record *record);
void check_growth(struct actor *actor, const struct msg_slot_record *record);
uint64_t version_of(const struct actor *actor, struct channel *channel);

#endif

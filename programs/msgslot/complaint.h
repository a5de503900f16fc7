/* SPDX-License-Identifier: GPL-2.0 */
/* What goes wrong: a line on standard error, and an exit status. */
#ifndef MSGSLOT_COMPLAINT_H
#define MSGSLOT_COMPLAINT_H

#include <stddef.h>

enum {
	STATUS_ERROR = 1,
	STATUS_USAGE = 2,
	STATUS_NOTHING = 3, /* no message, or not in time */
	STATUS_REFUSED = 4, /* the condition failed, or another has the claim */
	STATUS_NOT_RUN = 126, /* the last two as shells have them */
	STATUS_NOT_FOUND = 127,
};

/* Every line begins with this: "msgslot: NAME". */
void complain_as(const char *name);

void __attribute__((format(printf, 1, 2))) complain(const char *format, ...);

_Noreturn void __attribute__((format(printf, 2, 3)))
die(int status, const char *format, ...);

/* Sends what was printed on its way, or dies. */
void flush_output(void);
void finish_output(void);

/* realloc() that dies instead of failing. */
void *must_realloc(void *memory, size_t count, size_t size);

/* Likewise strdup(); of NULL it is NULL. */
char *must_copy(const char *text);

#endif /* MSGSLOT_COMPLAINT_H */

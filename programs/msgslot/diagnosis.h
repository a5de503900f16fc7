/* SPDX-License-Identifier: GPL-2.0 */
/* What "msgslot doctor" found, line by line, each with what to do about it. */
#ifndef MSGSLOT_DIAGNOSIS_H
#define MSGSLOT_DIAGNOSIS_H

#include <stdbool.h>

enum finding_state {
	FINDING_GOOD,
	FINDING_NOTE, /* not what keeps slots from working, or not to be known */
	FINDING_BAD,
};

/* @name: a word, for programs to go by. */
__attribute__((format(printf, 3, 4))) void
diagnosis_add(enum finding_state state, const char *name, const char *format,
	      ...);

/* What to do about the finding that was added last. */
__attribute__((format(printf, 1, 2))) void diagnosis_advise(const char *format,
							    ...);

/* As text or JSON; @works: the verdict. Once. */
void diagnosis_print(bool json, bool works);

#endif /* MSGSLOT_DIAGNOSIS_H */

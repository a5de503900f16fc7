/* SPDX-License-Identifier: GPL-2.0 */
/* What the terminal can do. */
#ifndef MSGSLOT_TERMINAL_H
#define MSGSLOT_TERMINAL_H

#include <stdbool.h>

/* On those that can't (TERM=dumb) all that curses can do is to paint blanks. */
bool terminal_can_place_cursor(void);

#endif /* MSGSLOT_TERMINAL_H */

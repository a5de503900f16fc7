// SPDX-License-Identifier: GPL-2.0
/* Apart from screen.c, as <term.h> takes many names. */
#include <curses.h>
#include <term.h>
#include <unistd.h>

#include "terminal.h"

bool terminal_can_place_cursor(void)
{
	bool can;
	int err;

	if (setupterm(NULL, STDOUT_FILENO, &err) == ERR)
		return false;
	can = cursor_address;
	del_curterm(cur_term);
	return can;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The terminal that "msgslot top" has to itself. */
#ifndef MSGSLOT_SCREEN_H
#define MSGSLOT_SCREEN_H

#include "rows.h"

/* What a key asks for, besides the letters of enum rows_key, and what is typed. */
enum screen_key {
	SCREEN_NOTHING = -1,
	SCREEN_QUIT = 'q',
	SCREEN_FILTER = '/',
	SCREEN_REDRAW = 'L' & 0x1f,
	SCREEN_ENTER = '\n',
	SCREEN_ESCAPE = 0x1b,
	SCREEN_BACKSPACE = 0x7f,
	SCREEN_UP = 0x100,
	SCREEN_DOWN,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_TOP,
	SCREEN_BOTTOM,
	SCREEN_RESIZED,
};

/**
 * struct view - what is to be seen
 * @rows: all rows, sorted
 * @first: the one at the top of the screen
 * @sources: the slots that they are from
 * @slots: how many
 * @filter: only channels with this in their names are rows; "": all
 * @typing: that is being typed
 * @key: what they are sorted by
 * @names: channels may have names
 */
struct view {
	struct rows rows;
	size_t first;
	const struct source *sources;
	size_t slots;
	const char *filter;
	bool typing;
	enum rows_key key;
	bool names;
};

/* Return: false if there is no terminal that could be used. */
bool screen_open(void);

void screen_close(void);

void screen_draw(const struct view *view);

/* Lets the next draw begin anew, for a terminal that others wrote to. */
void screen_redraw(void);

/* Return: the next key that was pressed already, or SCREEN_NOTHING. */
int screen_key(void);

/* How many rows there is room for. */
size_t screen_rows(const struct view *view);

#endif /* MSGSLOT_SCREEN_H */

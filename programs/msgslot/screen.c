// SPDX-License-Identifier: GPL-2.0
#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "duration.h"
#include "name.h"
#include "screen.h"
#include "terminal.h"
#include "text.h"
#include "timestamp.h"

/* The summary, the slots and the titles are above the rows, the keys below. */
#define LINES_ABOVE 2
#define LINES_BELOW 1

#define LINE_ROOM 512

static SCREEN *screen;

bool screen_open(void)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return false;
	if (!terminal_can_place_cursor())
		return false;
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	atexit(screen_close);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	return true;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* A line each, as many as are in a quarter of the screen. */
static int slot_lines(const struct view *view)
{
	size_t room = LINES / 4;

	return view->slots < room ? view->slots : room;
}

size_t screen_rows(const struct view *view)
{
	int rows = LINES - LINES_ABOVE - slot_lines(view) - LINES_BELOW;

	return rows > 0 ? rows : 0;
}

/* Numbers that grow wide get a suffix: 999999, 1.2M. */
static void write_rate(double rate, char *text, size_t room)
{
	if (rate < 1000)
		snprintf(text, room, "%.1f", rate);
	else if (rate < 1e6)
		snprintf(text, room, "%.0f", rate);
	else
		snprintf(text, room, "%.1fM", rate / 1e6);
}

/* The last part of its path that is its own; doors are all called the same. */
static const char *name_of(const struct source *source)
{
	static char name[NAME_MAX + 1];
	static const char door[] = "/.slot";
	const char *path = source->slot.path;
	size_t end = strlen(path);
	size_t begin;

	if (end > strlen(door) && !strcmp(path + end - strlen(door), door))
		end -= strlen(door);
	while (end > 1 && path[end - 1] == '/')
		end--;
	for (begin = end; begin && path[begin - 1] != '/'; begin--)
		;
	snprintf(name, sizeof(name), "%.*s", (int)(end - begin), path + begin);
	return name;
}

static void put_line(int y, const char *text)
{
	mvaddnstr(y, 0, text, -1);
}

#define SLOT_LINE \
	"%-10.10s %8s writes/s %8s clears/s %8s expiries/s %5llu claims"

static void draw_slot(const struct source *source, int y)
{
	const struct rates *rates = &source->rates;
	char writes[16], clears[16], expiries[16];
	char line[LINE_ROOM];

	write_rate(rates->writes, writes, sizeof(writes));
	write_rate(rates->clears, clears, sizeof(clears));
	write_rate(rates->expiries, expiries, sizeof(expiries));
	if (rates->known)
		snprintf(line, sizeof(line), SLOT_LINE, name_of(source), writes,
			 clears, expiries,
			 (unsigned long long)rates->counted.held);
	else
		snprintf(line, sizeof(line),
			 "%-10.10s does not tell what it counts",
			 name_of(source));
	put_line(y, line);
}

static void draw_slots(const struct view *view)
{
	int i;

	for (i = 0; i < slot_lines(view); i++)
		draw_slot(&view->sources[i], 1 + i);
}

static void draw_summary(const struct view *view)
{
	char line[LINE_ROOM];
	char rate[16];
	double sum = 0;
	size_t i;

	for (i = 0; i < view->rows.count; i++)
		sum += view->rows.rows[i].channel->rate;
	write_rate(sum, rate, sizeof(rate));
	snprintf(line, sizeof(line),
		 "%zu slot%s, %zu channels%s%s, %s changes/s", view->slots,
		 view->slots == 1 ? "" : "s", view->rows.count,
		 *view->filter ? " with " : "", view->filter, rate);
	put_line(0, line);
}

#define ROW_FORMAT " %8s %7s %7s %-16.16s "
#define NUMBER_COLUMNS 10
#define NAME_COLUMNS 16
#define SLOT_FORMAT "%-10.10s "

/* Where there are names they take more room, and begin at the left. */
static int channel_columns(const struct view *view)
{
	return view->names ? -NAME_COLUMNS : NUMBER_COLUMNS;
}

static int write_channel(const struct view *view, const struct row *row,
			 char *line, size_t room)
{
	uint32_t channel = row->channel->message.record.channel;
	char *text = name_text(&row->source->slot, channel, NAME_COLUMNS);
	int blanks = abs(channel_columns(view)) - (int)text_width(text);
	int length = snprintf(line, room, "%*s%s%*s", view->names ? 0 : blanks,
			      "", text, view->names ? blanks : 0, "");

	free(text);
	return length;
}

static void draw_titles(const struct view *view)
{
	char line[LINE_ROOM];
	int length = 0;

	if (view->slots > 1)
		length = snprintf(line, sizeof(line), SLOT_FORMAT, "SLOT");
	length += snprintf(line + length, sizeof(line) - length,
			   "%*s" ROW_FORMAT "VALUE", channel_columns(view),
			   "CHANNEL", "RATE/S", "AGE", "SIZE", "AUTHOR");
	attron(A_REVERSE);
	put_line(1 + slot_lines(view), line);
	for (; length < COLS; length++)
		addch(' ');
	attroff(A_REVERSE);
}

static int write_row(const struct row *row, uint64_t now, char *line,
		     size_t room)
{
	const struct message *message = &row->channel->message;
	char rate[16], age[DURATION_TEXT], size[16];
	char author[MESSAGE_AUTHOR];
	uint64_t born = row->channel->born;

	snprintf(size, sizeof(size), "%u", message_size(message));
	write_rate(row->channel->rate, rate, sizeof(rate));
	duration_write(now > born ? now - born : 0, age);
	message_author(message, author);
	return snprintf(line, room, ROW_FORMAT, rate, age, size, author);
}

static void draw_row(const struct view *view, const struct row *row,
		     uint64_t now, int y)
{
	const struct message *message = &row->channel->message;
	char line[LINE_ROOM];
	int length = 0;
	char *value;

	if (view->slots > 1)
		length = snprintf(line, sizeof(line), SLOT_FORMAT,
				  name_of(row->source));
	length +=
		write_channel(view, row, line + length, sizeof(line) - length);
	length += write_row(row, now, line + length, sizeof(line) - length);
	put_line(y, line);
	if (length >= COLS)
		return;
	value = message_text(message, COLS - length);
	addstr(value);
	free(value);
}

static void draw_keys(const struct view *view)
{
	static const struct {
		enum rows_key key;
		const char *name;
	} keys[] = {
		{ ROWS_CHANNEL, "channel" }, { ROWS_RATE, "rate" },
		{ ROWS_AGE, "age" },	     { ROWS_SIZE, "size" },
		{ ROWS_AUTHOR, "author" },   { ROWS_VALUE, "value" },
	};
	size_t i;

	put_line(LINES - 1, "q quit; / filter; sort:");
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		addch(' ');
		if (keys[i].key == view->key)
			attron(A_REVERSE);
		printw("%c %s", keys[i].key, keys[i].name);
		attroff(A_REVERSE);
	}
}

static void draw_filter(const struct view *view)
{
	put_line(LINES - 1, "/");
	addstr(view->filter);
	addch(' ' | A_REVERSE);
}

void screen_draw(const struct view *view)
{
	uint64_t now = timestamp_now(CLOCK_BOOTTIME);
	int above = LINES_ABOVE + slot_lines(view);
	size_t i;

	erase();
	draw_summary(view);
	draw_slots(view);
	draw_titles(view);
	for (i = 0; i < screen_rows(view) && view->first + i < view->rows.count;
	     i++)
		draw_row(view, &view->rows.rows[view->first + i], now,
			 above + i);
	if (view->typing)
		draw_filter(view);
	else if (above < LINES)
		draw_keys(view);
	refresh();
}

void screen_redraw(void)
{
	clearok(stdscr, TRUE);
}

int screen_key(void)
{
	int key = getch();

	switch (key) {
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_PPAGE:
		return SCREEN_PAGE_UP;
	case KEY_NPAGE:
		return SCREEN_PAGE_DOWN;
	case KEY_HOME:
		return SCREEN_TOP;
	case KEY_END:
		return SCREEN_BOTTOM;
	case KEY_ENTER:
	case '\r':
		return SCREEN_ENTER;
	case KEY_BACKSPACE:
	case '\b':
		return SCREEN_BACKSPACE;
	case KEY_RESIZE:
		return SCREEN_RESIZED;
	case ERR:
		return SCREEN_NOTHING;
	default:
		return key;
	}
}

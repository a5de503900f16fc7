// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "interrupt.h"
#include "screen.h"
#include "timestamp.h"

#define REFRESH 1000000000ull

#define FILTER_ROOM 64

struct top {
	struct source *sources;
	struct view view;
	bool reversed;
	char filter[FILTER_ROOM];
	uint64_t measured; /* when, by CLOCK_MONOTONIC */
};

static void open_sources(struct top *top, char **paths, size_t count)
{
	struct source *source;
	size_t i;
	int ret;

	top->sources = must_realloc(NULL, count, sizeof(*top->sources));
	top->view.sources = top->sources;
	top->view.slots = count;
	top->view.filter = top->filter;
	for (i = 0; i < count; i++) {
		source = &top->sources[i];
		*source = (struct source){ 0 };
		ret = slot_open(&source->slot, paths[i], O_RDONLY);
		if (!ret)
			ret = msgslot_watch_open(source->slot.fd, NULL, 0,
						 &source->watch);
		if (ret)
			failure_die_slot(&source->slot, ret);
		top->view.names |= source->slot.has_names;
	}
}

static void close_sources(struct top *top)
{
	struct source *source = top->sources;

	for (; source < top->sources + top->view.slots; source++) {
		board_free(&source->board);
		msgslot_watch_close(source->watch);
		slot_close(&source->slot);
	}
	rows_free(&top->view.rows);
	free(top->sources);
}

static void catch_up(struct source *source)
{
	int ret = board_catch_up(&source->board, &source->slot, source->watch,
				 NULL);

	if (!ret)
		return;
	screen_close();
	failure_die_slot(&source->slot, ret);
}

/* The bounds move with the rows and with the size of the terminal. */
static void scroll_to(struct view *view, size_t first)
{
	size_t room = screen_rows(view);
	size_t last = view->rows.count > room ? view->rows.count - room : 0;

	view->first = first < last ? first : last;
}

static void gather(struct top *top)
{
	struct view *view = &top->view;

	rows_gather(&view->rows, top->sources, view->slots, top->filter,
		    view->names && view->key == ROWS_CHANNEL);
	rows_sort(&view->rows, view->key, top->reversed);
	scroll_to(view, view->first);
}

/* What they told waits for us: however much happens, we look once a second. */
static void update(struct top *top)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);
	double seconds = (now - top->measured) / 1e9;
	size_t i;

	for (i = 0; i < top->view.slots; i++) {
		catch_up(&top->sources[i]);
		board_measure(&top->sources[i].board, seconds);
		rates_measure(&top->sources[i].rates, &top->sources[i].slot,
			      seconds);
	}
	top->measured = now;
	gather(top);
}

/* What was there at the beginning did not change at that moment. */
static void update_first(struct top *top)
{
	size_t i;

	update(top);
	for (i = 0; i < top->view.slots; i++)
		board_measure(&top->sources[i].board, 1);
}

/* The key that it is sorted by already turns the order round. */
static void sort_by(struct top *top, enum rows_key key)
{
	top->reversed = key == top->view.key && !top->reversed;
	top->view.key = key;
	gather(top);
}

/* A whole character, which may be of several bytes. */
static void shorten(char *text)
{
	size_t n = strlen(text);

	while (n && ((unsigned char)text[--n] & 0xc0) == 0x80)
		;
	text[n] = '\0';
}

static void begin_typing(struct top *top)
{
	top->view.typing = true;
	top->filter[0] = '\0';
	gather(top);
}

/* What is shown follows what is typed. */
static void type(struct top *top, int key)
{
	size_t n = strlen(top->filter);

	switch (key) {
	case SCREEN_ESCAPE:
		top->filter[0] = '\0';
		top->view.typing = false;
		break;
	case SCREEN_ENTER:
		top->view.typing = false;
		break;
	case SCREEN_BACKSPACE:
		shorten(top->filter);
		break;
	default:
		if (key < ' ' || key > 0xff || n + 1 == sizeof(top->filter))
			return;
		top->filter[n] = key;
		top->filter[n + 1] = '\0';
	}
	gather(top);
}

static size_t back(size_t first, size_t by)
{
	return first > by ? first - by : 0;
}

static void scroll(struct view *view, int key)
{
	size_t page = screen_rows(view);

	switch (key) {
	case SCREEN_UP:
		scroll_to(view, back(view->first, 1));
		break;
	case SCREEN_DOWN:
		scroll_to(view, view->first + 1);
		break;
	case SCREEN_PAGE_UP:
		scroll_to(view, back(view->first, page));
		break;
	case SCREEN_PAGE_DOWN:
		scroll_to(view, view->first + page);
		break;
	case SCREEN_TOP:
		scroll_to(view, 0);
		break;
	case SCREEN_BOTTOM:
		scroll_to(view, view->rows.count);
		break;
	default:
		scroll_to(view, view->first);
	}
}

static void obey(struct top *top, int key)
{
	switch (key) {
	case SCREEN_FILTER:
		begin_typing(top);
		break;
	case ROWS_CHANNEL:
	case ROWS_RATE:
	case ROWS_AGE:
	case ROWS_SIZE:
	case ROWS_AUTHOR:
	case ROWS_VALUE:
		sort_by(top, key);
		break;
	default:
		scroll(&top->view, key);
	}
}

/* Return: whether to go on. */
static bool obey_keys(struct top *top)
{
	int key;

	while ((key = screen_key()) != SCREEN_NOTHING) {
		if (key == SCREEN_QUIT && !top->view.typing)
			return false;
		if (key == SCREEN_REDRAW)
			screen_redraw();
		else if (top->view.typing)
			type(top, key);
		else
			obey(top, key);
	}
	return true;
}

static void follow(struct top *top)
{
	uint64_t next = top->measured + REFRESH;
	uint64_t now;

	while (obey_keys(top) && !interrupt_came()) {
		now = timestamp_now(CLOCK_MONOTONIC);
		if (now >= next) {
			update(top);
			next = now + REFRESH;
		}
		screen_draw(&top->view);
		interrupt_wait(STDIN_FILENO, next - now);
	}
}

static const struct option options[] = { { HELP_OPTION }, { END_OF_OPTIONS } };

static int run(int argc, char **argv)
{
	struct top top = { .view.key = ROWS_RATE };

	command_option(&top_command, argc, argv, options);
	argv = command_operands(&top_command, 1, INT_MAX);
	open_sources(&top, argv, command_operand_count());
	interrupt_catch();
	if (!screen_open())
		die(STATUS_ERROR,
		    "needs a terminal that can put its cursor anywhere, and TERM to name its kind");
	update_first(&top);
	follow(&top);
	screen_close();
	close_sources(&top);
	return EXIT_SUCCESS;
}

const struct command top_command = {
	.name = "top",
	.synopsis = "SLOT...",
	.summary = "show the channels of slots as they change",
	.help = "Shows the slots' channels, and each second anew: changes in a second, age,\n"
		"size, author (process/user) and value; and above, of each slot, what calls\n"
		"wrote, cleared and let expire in a second, and how many claims are held.\n"
		"\n"
		"Keys: q quits; arrows, PgUp, PgDn, Home and End scroll; c, r, a, s, u and v\n"
		"sort by channel (its name, if it has one), rate, age, size, author or value,\n"
		"and again the other way round; / shows only channels with what is typed then\n"
		"in their names, up to Enter (Esc: all again); Ctrl-L draws all of it again.\n"
		"\n"
		"  -h, --help  print this\n",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "complaint.h"
#include "failure.h"
#include "interrupt.h"
#include "screen.h"
#include "timestamp.h"

#define REFRESH 1000000000ull

struct top {
	struct source *sources;
	struct view view;
	bool reversed;
	uint64_t measured; /* when, by CLOCK_MONOTONIC */
};

static void open_sources(struct top *top, char **paths, size_t count)
{
	struct source *source;
	size_t i;
	int ret;

	top->sources = must_realloc(NULL, count, sizeof(*top->sources));
	top->view.slots = count;
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
	free(top->sources);
	free(top->view.rows.rows);
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
	size_t room = screen_rows();
	size_t last = view->rows.count > room ? view->rows.count - room : 0;

	view->first = first < last ? first : last;
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
	}
	top->measured = now;
	rows_gather(&top->view.rows, top->sources, top->view.slots);
	rows_sort(&top->view.rows, top->view.key, top->reversed);
	scroll_to(&top->view, top->view.first);
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
	rows_sort(&top->view.rows, key, top->reversed);
}

static size_t back(size_t first, size_t by)
{
	return first > by ? first - by : 0;
}

static void scroll(struct view *view, int key)
{
	size_t page = screen_rows();

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

/* Return: whether to go on. */
static bool obey_keys(struct top *top)
{
	int key;

	while ((key = screen_key()) != SCREEN_NOTHING)
		switch (key) {
		case SCREEN_QUIT:
			return false;
		case SCREEN_REDRAW:
			screen_redraw();
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
		"size, author (process/user) and value.\n"
		"\n"
		"Keys: q quits; arrows, PgUp, PgDn, Home and End scroll; c, r, a, s, u and v\n"
		"sort by channel, rate, age, size, author or value, and again the other way\n"
		"round; Ctrl-L draws all of it again.\n"
		"\n"
		"  -h, --help  print this\n",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * breakdown [SIZE]: makes calls of everything that a slot is compared with
 * between marks, which the plugin sees (instructions.c). Prints what was between
 * the marks and how often, in that order, and then the kernel's symbols.
 */
#define _GNU_SOURCE
#include "mark.h"
#include "means/floor.h"
#include "means/named.h"
#include "means/queue.h"
#include "means/slot.h"
#include "table.h"

static void repeat(operation call, int times)
{
	while (times--)
		must(call(), "an operation that is being broken down");
}

static void between_marks(const struct means *m, const char *op, operation call)
{
	if (!call)
		return;
	mark_start();
	repeat(call, m->batch);
	mark_stop();
	printf("%s %s %d\n", m->name, op, m->batch);
}

/* As many again to warm up: what is in a queue must come out. */
static void warm_up(const struct means *m)
{
	if (m->write)
		repeat(m->write, m->batch);
	if (m->read)
		repeat(m->read, m->batch);
}

static void break_down(const struct means *m)
{
	const char *why = m->set_up();

	if (why) {
		skip(m->name, why);
		return;
	}
	warm_up(m);
	between_marks(m, "write", m->write);
	between_marks(m, "read", m->read);
	m->tear_down();
}

static void print_symbols(void)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[1024];

	if (!symbols)
		fail("/proc/kallsyms");
	puts("symbols");
	while (fgets(line, sizeof(line), symbols))
		fputs(line, stdout);
	fclose(symbols);
}

static void break_group_down(const struct means *m)
{
	for (; m->name; m++)
		if (!m->size || m->size == size)
			break_down(m);
}

int main(int argc, char *argv[])
{
	make_message(argc > 1 ? strtoul(argv[1], NULL, 10) : 128);
	break_group_down(floors);
	break_group_down(slots);
	break_group_down(nameds);
	break_group_down(queues);
	print_symbols();
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* A message slot that is read through a mapping, with libmsgslot. */
#ifndef BENCH_MEANS_MAPPED_H
#define BENCH_MEANS_MAPPED_H

#include <errno.h>
#include <string.h>

#include "msgslot.h"
#include "slot.h"

static struct msgslot_view *view;
static struct msgslot_reader reader;
/* For those that have their turn. */
static struct msgslot_reader readers[TURNS];

static inline void open_view(void)
{
	int err = msgslot_view_open(slot_fd, &view);

	if (err)
		errx(EXIT_FAILURE, "msgslot_view_open: %s", strerror(-err));
}

static inline long init_reader(struct msgslot_reader *of, unsigned int id)
{
	return msgslot_reader_init(of, view, id);
}

static inline long read_mapped(struct msgslot_reader *by)
{
	return msgslot_reader_get(by, got.bytes, sizeof(got.bytes), NULL);
}

/*
 * The first read finds the channel, by calls; the second one looks at its page, or, of a
 * long message, maps its window, which the third one looks at.
 */
static inline void visit(struct msgslot_reader *by, unsigned int id)
{
	must(init_reader(by, id), "msgslot_reader_init");
	must(read_mapped(by), "a channel's first read");
	must(read_mapped(by), "a second read");
	must(read_mapped(by), "a mapped read");
}

static inline const char *mapped_set_up(void)
{
	const char *why = make_slot(1);

	if (why)
		return why;
	open_view();
	visit(&reader, nth_id(1));
	return NULL;
}

static inline long mapped_read(void)
{
	return read_mapped(&reader);
}

/* Of channels that have been read before. */
static inline long mapped_read_in_turn(void)
{
	return read_mapped(&readers[turn++ % TURNS]);
}

/* Of a channel that has not: it has to be found. */
static inline long mapped_find(void)
{
	struct msgslot_reader new;

	return init_reader(&new, next_turn()) ?: read_mapped(&new);
}

static inline long locate(void)
{
	struct msg_slot_locate where = { .channel = next_turn() };

	return ioctl(slot_fd, MSG_SLOT_LOCATE, &where);
}

static inline void init_readers(void)
{
	int i;

	for (i = 0; i < TURNS; i++)
		visit(&readers[i], turns[i]);
}

static inline void mapped_tear_down(void)
{
	msgslot_view_close(view);
	close(slot_fd);
}

static const struct means mappeds[] = {
	{ "slot-mapped", 0, FEW, mapped_set_up, slot_write, mapped_read,
	  mapped_tear_down },
	{},
};

#endif /* BENCH_MEANS_MAPPED_H */

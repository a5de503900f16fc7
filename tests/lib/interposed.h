/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The system calls and the clock of libmsgslot: being defined in the program, these
 * come before the C library's, and count or change what the library asks for. The
 * tests' own calls go through syscall().
 */
#ifndef TESTS_INTERPOSED_H
#define TESTS_INTERPOSED_H

#include "library.h"
#include "kernel_bits.h"

#include <stdarg.h>
#include <sys/mman.h>

/* How many calls of the slot the library has made. */
static unsigned int calls_made;

/* Called with each answer of the clock, if there is one. */
static void (*on_clock)(void);

/* A command that fails with this errno, as in a module that does not know it. */
static unsigned int refused_command;
static int refused_with = EINVAL;

/* Whether the library may map anything. */
static bool mapping_fails;

/* What MSG_SLOT_GET_MAPPING says the layout is, if not 0. */
static unsigned int other_layout;

int ioctl(int fd, unsigned long command, ...)
{
	va_list list;
	void *arg;
	long ret;

	va_start(list, command);
	arg = va_arg(list, void *);
	va_end(list);
	__atomic_fetch_add(&calls_made, 1, __ATOMIC_RELAXED);
	if (refused_command && command == refused_command) {
		errno = refused_with;
		return -1;
	}
	ret = syscall(SYS_ioctl, fd, command, arg);
	if (!ret && command == MSG_SLOT_GET_MAPPING && other_layout)
		((struct msg_slot_mapping *)arg)->layout = other_layout;
	return ret;
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at)
{
	__atomic_fetch_add(&calls_made, 1, __ATOMIC_RELAXED);
	return syscall(SYS_pread64, fd, buf, n, at);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd,
	     off64_t offset)
{
	if (mapping_fails) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
#ifdef SYS_mmap2
	return (void *)syscall(SYS_mmap2, at, size, protection, flags, fd,
			       (unsigned long)(offset >> 12));
#else
	return (void *)syscall(SYS_mmap, at, size, protection, flags, fd,
			       offset);
#endif
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	if (on_clock)
		on_clock();
	return syscall(SYS_clock_gettime, clock, time);
}

/* The calls made since the last time. */
static inline unsigned int calls_since(void)
{
	return __atomic_exchange_n(&calls_made, 0, __ATOMIC_RELAXED);
}

/* A program of 32 bits, to which a message looks as if it were over, asks (reader.c). */
static inline unsigned int calls_where_over(void)
{
	return sizeof(long) < sizeof(long long);
}

/* How many of shared memory there are in this process. */
static inline unsigned int count_mappings(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	unsigned int shared = 0;
	char line[600];

	if (!file)
		abort();
	while (fgets(line, sizeof(line), file))
		shared += strcspn(line, " ") < 64 &&
			  line[strcspn(line, " ") + 4] == 's';
	fclose(file);
	return shared;
}

/* As library, with a view. */
FIXTURE(view)
{
	int node;
	int fd;
	struct msgslot_view *view;
};

FIXTURE_SETUP(view)
{
#ifdef NEEDS_64_BITS
	if (!kernel_has_64_bits())
		SKIP(return, NOT_IN_32_BITS);
#endif
	self->node = slot_fresh();
	self->fd = library_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, msgslot_view_open(self->fd, &self->view));
	calls_since();
}

FIXTURE_TEARDOWN(view)
{
	msgslot_view_close(self->view);
	msgslot_close(self->fd);
	close(self->node);
}

static inline struct msgslot_reader reader_of(struct msgslot_view *view,
					      uint32_t channel)
{
	struct msgslot_reader reader;

	if (msgslot_reader_init(&reader, view, channel))
		abort();
	return reader;
}

#endif

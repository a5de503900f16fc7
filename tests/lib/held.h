/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Held pages: who touches one sleeps in the page fault until it is released
 * (userfaultfd). The kernel's worst case of slow user memory, made to order.
 */
#ifndef TESTS_HELD_H
#define TESTS_HELD_H

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct held_page {
	int fd;
	long size;
	/* The page, and a good one before it. */
	char *page;
};

/* Returns 0, or -errno where the kernel has no userfaultfd. */
static inline int held_page_make(struct held_page *held)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	held->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (held->fd < 0)
		return -errno;
	held->size = sysconf(_SC_PAGESIZE);
	held->page = mmap(NULL, 2 * held->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (held->page == MAP_FAILED)
		abort();
	held->page += held->size;
	range.range.start = (unsigned long)held->page;
	range.range.len = held->size;
	if (ioctl(held->fd, UFFDIO_API, &api) ||
	    ioctl(held->fd, UFFDIO_REGISTER, &range))
		abort();
	return 0;
}

/* Waits until somebody is held in the page, as somebody must be soon. */
static inline void held_page_await(struct held_page *held)
{
	struct pollfd ready = { .fd = held->fd, .events = POLLIN };
	struct uffd_msg fault;

	if (poll(&ready, 1, 60000) != 1 ||
	    read(held->fd, &fault, sizeof(fault)) != sizeof(fault) ||
	    fault.event != UFFD_EVENT_PAGEFAULT)
		abort();
}

/* Gives the page these contents, and lets go on who was held. */
static inline void held_page_release(struct held_page *held,
				     const void *contents)
{
	struct uffdio_copy copy = { .dst = (unsigned long)held->page,
				    .src = (unsigned long)contents,
				    .len = held->size };

	if (ioctl(held->fd, UFFDIO_COPY, &copy))
		abort();
}

/* Makes the page one that faults for good, for those held in it too. */
static inline void held_page_destroy(struct held_page *held)
{
	if (mprotect(held->page, held->size, PROT_NONE))
		abort();
	close(held->fd);
}

#endif

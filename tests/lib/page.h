/* SPDX-License-Identifier: GPL-2.0 */
/* Buffers that end, or begin, where the process may not touch memory. */
#ifndef TESTS_PAGE_H
#define TESTS_PAGE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* One good page, then one with these rights. Returns where the second begins. */
static inline char *page_border(int rights)
{
	long size = sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + size, size, rights))
		abort();
	return pages + size;
}

/* As page_border(), with nothing mapped behind. */
static inline char *page_end(void)
{
	char *border = page_border(PROT_NONE);

	if (munmap(border, sysconf(_SC_PAGESIZE)))
		abort();
	return border;
}

#endif

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read while it may change, and the page that it is in. */
#ifndef MSGSLOT_CELL_H
#define MSGSLOT_CELL_H

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define load(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define load_acquire(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define store(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define store_release(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELEASE)

/* A number of 8 bytes. Where it is two loads, see the top of reader.c. */
static inline uint64_t load_wide(const uint8_t *bytes)
{
	uint64_t number;

#if UINTPTR_MAX > UINT32_MAX
	__atomic_load((const uint64_t *)bytes, &number, __ATOMIC_RELAXED);
#else
	memcpy(&number, bytes, sizeof(number));
#endif
	return number;
}

static inline size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

#endif /* MSGSLOT_CELL_H */

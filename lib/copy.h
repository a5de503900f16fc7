/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MSGSLOT_COPY_H
#define MSGSLOT_COPY_H

#include <stdbool.h>
#include <stddef.h>

#define COPY_MOST 128

/* Of 1 to 3 bytes. */
static inline void copy_bytes(unsigned char *to, const unsigned char *from,
			      size_t n)
{
	to[0] = from[0];
	to[n / 2] = from[n / 2];
	to[n - 1] = from[n - 1];
}

/*
 * Of @size to 2 * @size bytes: copies of a fixed size are loads and stores without
 * a call or a loop, and two that overlap in the middle make one of any size.
 */
static inline __attribute__((always_inline)) void
copy_ends(unsigned char *to, const unsigned char *from, size_t n, size_t size)
{
	__builtin_memcpy(to, from, size);
	__builtin_memcpy(to + n - size, from + n - size, size);
}

/* As memcpy() of 1 to COPY_MOST bytes. Return: whether there are so many. */
static inline __attribute__((always_inline)) bool
copy_short(void *to, const void *from, size_t n)
{
	if (n <= 16) {
		if (n >= 8)
			copy_ends(to, from, n, 8);
		else if (n >= 4)
			copy_ends(to, from, n, 4);
		else if (n > 0)
			copy_bytes(to, from, n);
		else
			return false;
	} else if (n > 64) {
		if (n > COPY_MOST)
			return false;
		copy_ends(to, from, n, 64);
	} else if (n > 32) {
		copy_ends(to, from, n, 32);
	} else {
		copy_ends(to, from, n, 16);
	}
	return true;
}

#endif /* MSGSLOT_COPY_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that grow. */
#ifndef MSGSLOT_BYTES_H
#define MSGSLOT_BYTES_H

#include <stddef.h>

struct bytes {
	unsigned char *data;
	size_t size;
	size_t room;
};

/*
 * Reads standard input to its end, or until there are @limit bytes with those that
 * were there; or the program ends.
 */
void bytes_read(struct bytes *bytes, size_t limit);

void bytes_add(struct bytes *bytes, const void *data, size_t size);

#endif /* MSGSLOT_BYTES_H */

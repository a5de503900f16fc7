/* SPDX-License-Identifier: GPL-2.0 */
/* Copies of texts, for free(). */
#ifndef BRIDGE_COPY_H
#define BRIDGE_COPY_H

/* Of NULL it is NULL. */
char *copy_text(const char *text);

#endif /* BRIDGE_COPY_H */

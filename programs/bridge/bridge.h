/* SPDX-License-Identifier: GPL-2.0 */
/* The bridge: all servers and links that a configuration asks for. */
#ifndef BRIDGE_BRIDGE_H
#define BRIDGE_BRIDGE_H

#include <poll.h>

#include "config.h"
#include "link.h"

struct bridge;

struct bridge *bridge_open(void);
void bridge_close(struct bridge *bridge);

/*
 * From now on this is the configuration, which is the bridge's. Links of rules that are the
 * same as before, by engines that are, go on. Return: false if an engine can't be, which was
 * told: nothing has changed then, and the configuration is freed.
 */
bool bridge_configure(struct bridge *bridge, struct config *config);

size_t bridge_fd_count(const struct bridge *bridge);

/*
 * Return: for how many ms to wait at the longest, and in @polled for what; then bridge_run() with
 * what came.
 */
int bridge_fds(const struct bridge *bridge, struct pollfd *polled);

void bridge_run(struct bridge *bridge, const struct pollfd *polled);

#endif /* BRIDGE_BRIDGE_H */

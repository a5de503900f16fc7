/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Engines' own clients, as their documentation has them: what a program does that keeps
 * the last value of a key in an engine, and is told of what others put there.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "means.h"

/**
 * struct client - an engine's client
 * @name: as bench/bridge is told it
 * @connect: to the server at @url; once in each process
 * @put: the message of @size bytes in sent.bytes gets to be the value of a key; the
 *	server has acknowledged it when this returns
 * @post: likewise, but it need only be on its way
 * @prepare: what has to be known before @count keys are put, or NULL; not measured
 * @settle: waits until the server has acknowledged all that was posted
 * @listen: calls @take for each value that comes, which is in got.bytes then, for ever
 */
struct client {
	const char *name;
	void (*connect)(const char *url);
	void (*put)(unsigned int key);
	void (*post)(unsigned int key);
	void (*prepare)(unsigned int count);
	void (*settle)(void);
	void (*listen)(void (*take)(void));
};

#endif /* BENCH_CLIENT_H */

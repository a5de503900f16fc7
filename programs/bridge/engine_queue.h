/* SPDX-License-Identifier: GPL-2.0 */
/* The events of engines, from whatever thread, in their order to the main loop. */
#ifndef BRIDGE_ENGINE_QUEUE_H
#define BRIDGE_ENGINE_QUEUE_H

#include "engine.h"

/* @threads: others than the main loop's post to it. */
struct engine_queue *engine_queue_open(bool threads);

/* What is in it goes with it. */
void engine_queue_close(struct engine_queue *queue);

/* The descriptor to poll: there are events. -1 if no others post to it. */
int engine_queue_fd(const struct engine_queue *queue);

/* Tells the main loop: the event is copied, with its key, its value and its words. */
void engine_queue_post(struct engine_queue *queue,
		       const struct engine_event *event);

/* Has the main loop look what else there is to do, from another thread. */
void engine_queue_wake(struct engine_queue *queue);

bool engine_queue_has_events(struct engine_queue *queue);

/* Return: the first event, for engine_event_free(), or NULL. */
struct engine_event *engine_queue_take(struct engine_queue *queue);

void engine_event_free(struct engine_event *event);

/* Drops what a store has told that is no more. */
void engine_queue_forget(struct engine_queue *queue, const struct store *store);

#endif /* BRIDGE_ENGINE_QUEUE_H */

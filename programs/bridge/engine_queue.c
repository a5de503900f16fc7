// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../msgslot/complaint.h"
#include "engine_queue.h"

/**
 * struct engine_queue - events on their way
 * @lock: for the two below
 * @first: the next to be taken
 * @end: where the next one is linked to
 * @fd: an eventfd, which says that there are some, or -1
 */
struct engine_queue {
	pthread_mutex_t lock;
	struct engine_event *first;
	struct engine_event **end;
	int fd;
};

struct engine_queue *engine_queue_open(bool threads)
{
	struct engine_queue *queue = must_realloc(NULL, 1, sizeof(*queue));

	*queue = (struct engine_queue){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.end = &queue->first,
		.fd = threads ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1,
	};
	if (threads && queue->fd < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	return queue;
}

void engine_event_free(struct engine_event *event)
{
	free(event->key);
	free(event->value);
	free(event->words);
	free(event);
}

void engine_queue_close(struct engine_queue *queue)
{
	struct engine_event *event;

	while ((event = engine_queue_take(queue)))
		engine_event_free(event);
	if (queue->fd >= 0)
		close(queue->fd);
	free(queue);
}

int engine_queue_fd(const struct engine_queue *queue)
{
	return queue->fd;
}

static struct engine_event *copy(const struct engine_event *event)
{
	struct engine_event *new = must_realloc(NULL, 1, sizeof(*new));

	*new = *event;
	new->next = NULL;
	new->key = must_copy(event->key);
	new->words = must_copy(event->words);
	if (!event->value)
		return new;
	/* A value of no bytes is one, too. */
	new->value = must_realloc(NULL, event->size + 1, 1);
	memcpy(new->value, event->value, event->size);
	return new;
}

void engine_queue_wake(struct engine_queue *queue)
{
	uint64_t one = 1;
	ssize_t written = write(queue->fd, &one, sizeof(one));

	(void)written;
}

void engine_queue_post(struct engine_queue *queue,
		       const struct engine_event *event)
{
	struct engine_event *new = copy(event);
	bool first;

	pthread_mutex_lock(&queue->lock);
	first = !queue->first;
	*queue->end = new;
	queue->end = &new->next;
	pthread_mutex_unlock(&queue->lock);
	if (first && queue->fd >= 0)
		engine_queue_wake(queue);
}

bool engine_queue_has_events(struct engine_queue *queue)
{
	bool some;

	pthread_mutex_lock(&queue->lock);
	some = queue->first;
	pthread_mutex_unlock(&queue->lock);
	return some;
}

struct engine_event *engine_queue_take(struct engine_queue *queue)
{
	struct engine_event *event;
	uint64_t count;
	ssize_t got;

	pthread_mutex_lock(&queue->lock);
	event = queue->first;
	if (event) {
		queue->first = event->next;
		if (!queue->first)
			queue->end = &queue->first;
	} else if (queue->fd >= 0) {
		got = read(queue->fd, &count, sizeof(count));
		(void)got;
	}
	pthread_mutex_unlock(&queue->lock);
	return event;
}

void engine_queue_forget(struct engine_queue *queue, const struct store *store)
{
	struct engine_event **at = &queue->first, *event;

	pthread_mutex_lock(&queue->lock);
	while ((event = *at)) {
		if (event->store == store) {
			*at = event->next;
			engine_event_free(event);
		} else {
			at = &event->next;
		}
	}
	queue->end = at;
	pthread_mutex_unlock(&queue->lock);
}

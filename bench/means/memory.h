/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared memory. It costs least; but whoever can write to it can break it, and
 * a writer that stops between its first and its last store stops the readers.
 */
#ifndef BENCH_MEANS_MEMORY_H
#define BENCH_MEANS_MEMORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "means.h"

struct memory {
	pthread_mutex_t mutex;
	atomic_uint sequence;
	atomic_size_t size; /* of the message, where it is kept */
	char bytes[MAX_SIZE];
};

static struct memory *shared;

static inline const char *memory_set_up(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	return NULL;
}

static inline const char *mutex_set_up(void)
{
	pthread_mutexattr_t attr;

	memory_set_up();
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&shared->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	return NULL;
}

/* For one writer. */
static inline long seqlock_write(void)
{
	unsigned int sequence =
		atomic_load_explicit(&shared->sequence, memory_order_relaxed);

	atomic_store_explicit(&shared->sequence, sequence + 1,
			      memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	memcpy(shared->bytes, sent.bytes, size);
	atomic_store_explicit(&shared->sequence, sequence + 2,
			      memory_order_release);
	return 0;
}

static inline long seqlock_read(void)
{
	unsigned int before, after;

	do {
		before = atomic_load_explicit(&shared->sequence,
					      memory_order_acquire);
		memcpy(got.bytes, shared->bytes, size);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&shared->sequence,
					     memory_order_relaxed);
	} while (before != after || before % 2);
	return 0;
}

/* Where the reader has to be told the size, as in any store of messages. */
static inline long sized_write(void)
{
	unsigned int sequence =
		atomic_load_explicit(&shared->sequence, memory_order_relaxed);

	atomic_store_explicit(&shared->sequence, sequence + 1,
			      memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&shared->size, size, memory_order_relaxed);
	memcpy(shared->bytes, sent.bytes, size);
	atomic_store_explicit(&shared->sequence, sequence + 2,
			      memory_order_release);
	return 0;
}

static inline long sized_read(void)
{
	unsigned int before, after;
	size_t n;

	do {
		before = atomic_load_explicit(&shared->sequence,
					      memory_order_acquire);
		n = atomic_load_explicit(&shared->size, memory_order_relaxed);
		if (n <= sizeof(got.bytes))
			memcpy(got.bytes, shared->bytes, n);
		atomic_thread_fence(memory_order_acquire);
		after = atomic_load_explicit(&shared->sequence,
					     memory_order_relaxed);
	} while (before != after || before % 2);
	return n;
}

static inline long copy_locked(char *to, const char *from)
{
	if (pthread_mutex_lock(&shared->mutex))
		return -1;
	memcpy(to, from, size);
	return -pthread_mutex_unlock(&shared->mutex);
}

static inline long mutex_write(void)
{
	return copy_locked(shared->bytes, sent.bytes);
}

static inline long mutex_read(void)
{
	return copy_locked(got.bytes, shared->bytes);
}

static inline void memory_tear_down(void)
{
	munmap(shared, sizeof(*shared));
}

/* The least that a copy costs. */
static const struct means seqlocks[] = {
	{ "shm-seqlock", 0, FEW, memory_set_up, seqlock_write, seqlock_read,
	  memory_tear_down },
	{},
};

static const struct means memories[] = {
	{ "shm-robust-mutex", 0, FEW, mutex_set_up, mutex_write, mutex_read,
	  memory_tear_down },
	{ "shm-seqlock-sized", 0, FEW, memory_set_up, sized_write, sized_read,
	  memory_tear_down },
	{},
};

#endif /* BENCH_MEANS_MEMORY_H */

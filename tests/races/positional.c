// SPDX-License-Identifier: GPL-2.0
/*
 * 32 threads on one descriptor, each at channels of its own, while others keep
 * the selection changing: nobody meets another's message, nor an older one of
 * his own.
 */
#include "race.h"

#define THREADS 32
#define CHANNELS 8
#define ROUNDS_LEAST 10u

struct user {
	pthread_t thread;
	unsigned int index;
	int fd;
	atomic_bool *over;
	unsigned long long rounds;
	const char *wrong;
};

/* Neighbours' ids share table buckets and hash queues. */
static loff_t channel_of(const struct user *user, unsigned int i)
{
	return 1 + user->index + i * THREADS;
}

static const char *put_and_get(struct user *user, unsigned int i)
{
	struct note note = { .count = ++user->rounds, .writer = user->index };
	char message[MSG_SLOT_MAX_MESSAGE];
	long n = note_make(message, note);
	loff_t at = channel_of(user, i);

	if (slot_pwrite(user->fd, message, n, at) != n)
		return "a write failed";
	n = slot_pread(user->fd, message, sizeof(message), at);
	if (!note_parse(message, n, &note))
		return "a message was torn";
	if (note.writer != user->index)
		return "another's message";
	if (note.count != user->rounds)
		return "not the last message";
	return NULL;
}

static void *use_own_channels(void *arg)
{
	struct user *user = arg;

	for (unsigned int i = 0; !user->wrong && !atomic_load(user->over);
	     i = (i + 1) % CHANNELS)
		user->wrong = put_and_get(user, i);
	return NULL;
}

/* Channels that no user has, so the selection leads nowhere near theirs. */
static void *use_selection(void *arg)
{
	struct user *user = arg;
	char message[MSG_SLOT_MAX_MESSAGE] = "selected";

	for (unsigned int i = 0; !user->wrong && !atomic_load(user->over);
	     i = (i + 1) % CHANNELS) {
		user->rounds++;
		if (slot_select(user->fd, 100000 + i) ||
		    slot_write(user->fd, "selected", 8) != 8 ||
		    slot_read(user->fd, message, sizeof(message)) != 8 ||
		    memcmp(message, "selected", 8))
			user->wrong = "the selection led astray";
	}
	return NULL;
}

static void run_users(struct __test_metadata *_metadata, int fd,
		      bool with_selection)
{
	static struct user users[THREADS];
	static atomic_bool over;

	ASSERT_EQ(0, slot_select(fd, 100000));
	ASSERT_EQ(8, slot_write(fd, "selected", 8));
	for (unsigned int i = 0; i < THREADS; i++) {
		users[i] = (struct user){ .index = i, .fd = fd, .over = &over };
		ASSERT_EQ(0, pthread_create(&users[i].thread, NULL,
					    !i && with_selection ?
						    use_selection :
						    use_own_channels,
					    &users[i]));
	}
	sleep(2 * RACE_SECONDS);
	atomic_store(&over, true);
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(users[i].thread, NULL);
		EXPECT_LT(ROUNDS_LEAST, users[i].rounds);
		EXPECT_EQ(NULL, users[i].wrong)
		{
			TH_LOG("thread %u, round %llu: %s", i, users[i].rounds,
			       users[i].wrong);
		}
	}
}

TEST_F(slot, threads_share_a_descriptor)
{
	char got[MSG_SLOT_MAX_MESSAGE];

	run_users(_metadata, self->fd, false);
	EXPECT_EQ(8, slot_read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(got, "selected", 8));
}

TEST_F(slot, one_thread_uses_the_selection)
{
	run_users(_metadata, self->fd, true);
}

TEST_HARNESS_MAIN

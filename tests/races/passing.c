// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of a slot go round between processes, are duplicated, replaced and
 * inherited, and closed while threads are at work with them: reading, writing,
 * waiting, polling, watching, mapping, through io_uring. Nothing wedges, no message
 * is torn, and in the end no open file and no claim is left.
 */
#include "mapping.h"
#include "passing.h"
#include "race.h"
#include "ring.h"
#include "watch.h"

#define PROCESSES 3u
#define USERS 3u
#define FILES 8u
#define CHANNELS 4u
#define FIRST_CLAIM 100u
#define CLAIMS 3u
#define ALARM 120

/* Descriptors that the threads of a process use; -1: none. */
static atomic_int files[FILES];

/* To the next process, and from the one before. */
static int pairs[PROCESSES][2];

static size_t mapping_size;

/* Shared: who had it at least once. */
static atomic_bool *claimed;

/* What a thread has. */
struct user {
	pthread_t thread;
	struct racer *racer;
	unsigned long long random;
	struct io_uring ring;
	unsigned int pending;
	char read_by_ring[MSG_SLOT_MAX_MESSAGE];
	unsigned int rounds;
	const char *wrong;
};

static unsigned int any(struct user *user, unsigned int below)
{
	return mix(user->random++) % below;
}

/* It may be closed at any moment, and its number be another's. */
static int any_file(struct user *user)
{
	return atomic_load(&files[any(user, FILES)]);
}

static const char *judge(const char *buf, long n)
{
	struct note note;

	return n <= 0 || note_parse(buf, n, &note) ? NULL : "torn";
}

/* Most wait, some for ever: the messages go on coming until all are through. */
static const char *read_message(struct user *user)
{
	char buf[MSG_SLOT_MAX_MESSAGE];

	return judge(buf, slot_read(any_file(user), buf, sizeof(buf)));
}

static const char *read_at(struct user *user)
{
	char buf[MSG_SLOT_MAX_MESSAGE];

	return judge(buf, slot_pread(any_file(user), buf, sizeof(buf),
				     1 + any(user, CHANNELS)));
}

static const char *write_message(struct user *user)
{
	struct note note = { .writer = user->racer->id, .count = user->random };
	char buf[MSG_SLOT_MAX_MESSAGE];
	size_t n = note_make(buf, note);

	slot_write(any_file(user), buf, n);
	return NULL;
}

static const char *wait_for_message(struct user *user)
{
	const unsigned long long timeout =
		any(user, 2) ? FOREVER : any(user, 2 * MILLISECOND);
	unsigned int id = 1 + any(user, CHANNELS);
	int fd = any_file(user);
	struct got got;

	if (slot_get(fd, id, &got))
		return NULL;
	if (slot_wait(fd, id, got.record.version, timeout, 0, &got))
		return NULL;
	return judge(got.message, got.record.size);
}

static const char *poll_both_ways(struct user *user)
{
	int fd = any_file(user), ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	poll_events(fd, POLLIN, any(user, 3));
	if (!epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event))
		epoll_wait(ep, &event, 1, any(user, 3));
	close(ep);
	return NULL;
}

/* Its number is none that a slot ever has here. */
static const char *watch(struct user *user)
{
	int low = slot_watch(any_file(user), NULL, 0), fd;
	char buf[1024] __attribute__((aligned(8)));

	if (low < 0)
		return NULL;
	fd = fcntl(low, F_DUPFD_CLOEXEC, 500);
	close(low);
	for (unsigned int i = any(user, 8); i; i--)
		slot_read(fd, buf, sizeof(buf));
	close(fd);
	return NULL;
}

static const char *read_mapped(struct user *user)
{
	unsigned int id = 1 + any(user, CHANNELS);
	int fd = any_file(user);
	const char *base = slot_map_part(fd, 0, mapping_size);
	const struct msg_slot_cell *cell;
	const char *wrong = NULL;
	struct mapped mapped;

	if (base == MAP_FAILED)
		return NULL;
	cell = slot_cell(fd, base, id);
	for (unsigned int i = 0; cell && !wrong && i < 100; i++)
		wrong = judge(mapped.message, mapped_look(cell, id, &mapped));
	munmap((void *)base, mapping_size);
	return wrong;
}

/* A read waits in the ring for news, whatever becomes of its descriptor. */
static const char *read_by_ring(struct user *user)
{
	struct completion done;

	if (!user->pending) {
		add_read(&user->ring, any_file(user), user->read_by_ring,
			 sizeof(user->read_by_ring), 0, 0);
		io_uring_submit(&user->ring);
		user->pending = 1;
	}
	done = wait_for(&user->ring, any(user, 2));
	if (done.res == -ETIME)
		return NULL;
	user->pending = 0;
	return judge(user->read_by_ring, done.res);
}

static const char *claim(struct user *user)
{
	unsigned int i = any(user, CLAIMS);

	if (!slot_claim_will(any_file(user), FIRST_CLAIM + i, "will", 4))
		atomic_store(&claimed[i], true);
	return NULL;
}

static const char *(*const uses[])(struct user *user) = {
	read_message, read_at,	    write_message,  wait_for_message, watch,
	read_mapped,  read_by_ring, poll_both_ways, write_message,    claim,
};

static void *use(void *arg)
{
	struct user *user = arg;
	int err = io_uring_queue_init(4, &user->ring, 0);
	bool ring = !err;

	while (racing(user->racer) && !user->wrong) {
		unsigned int i = any(user, ARRAY_SIZE(uses));

		if (uses[i] == read_by_ring && !ring)
			continue;
		user->wrong = uses[i](user);
		user->rounds++;
	}
	if (ring)
		io_uring_queue_exit(&user->ring);
	return NULL;
}

/* What goes on in the place of a descriptor that is in use. */
static int another(struct user *user, int before)
{
	int fd = -1;

	switch (any(user, 4)) {
	case 0:
		fd = slot_open(user->racer->race->node, O_RDWR);
		slot_select(fd, 1 + any(user, CHANNELS));
		slot_set_blocking(fd, any(user, 2));
		break;
	case 1:
		fd = fcntl(any_file(user), F_DUPFD_CLOEXEC, 0);
		break;
	case 2:
		fd = receive_descriptor(pairs[user->racer->id][1]);
		break;
	case 3:
		/* In the very number that others are at. */
		if (before >= 0 && any_file(user) >= 0)
			dup2(any_file(user), before);
		return before;
	}
	return fd < 0 ? -1 : fd;
}

static void inherit(struct user *user)
{
	pid_t child = fork();

	if (!child) {
		read_at(user);
		write_message(user);
		if (any(user, 2))
			raise(SIGKILL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void change_files(struct user *user)
{
	atomic_int *file = &files[any(user, FILES)];
	unsigned int next = (user->racer->id + 1) % PROCESSES;
	int before = atomic_load(file), fd;

	if (!any(user, 4))
		send_descriptor(pairs[next][0], any_file(user));
	if (!any(user, 16))
		inherit(user);
	fd = another(user, before);
	if (fd == before)
		return;
	atomic_store(file, fd);
	if (before >= 0)
		close(before);
	user->rounds++;
}

/* A process: it changes its files as its threads use them. */
static void pass_on(struct racer *racer)
{
	struct user users[1 + USERS] = {};

	alarm(ALARM);
	for (unsigned int i = 0; i < FILES; i++)
		atomic_store(&files[i], -1);
	for (unsigned int i = 0; i <= USERS; i++) {
		users[i].racer = racer;
		users[i].random = mix(racer->id * 16 + i);
		if (i && pthread_create(&users[i].thread, NULL, use, &users[i]))
			abort();
	}
	while (racing(racer)) {
		change_files(&users[0]);
		__atomic_store_n(&racer->rounds, users[0].rounds,
				 __ATOMIC_RELAXED);
		usleep(any(&users[0], 200));
	}
	for (unsigned int i = 0; i < FILES; i++)
		close(atomic_exchange(&files[i], -1));
	for (unsigned int i = 1; i <= USERS; i++) {
		pthread_join(users[i].thread, NULL);
		users[0].rounds += users[i].rounds;
		racer_expect(racer, !users[i].wrong, users[i].wrong);
	}
	__atomic_store_n(&racer->rounds, users[0].rounds, __ATOMIC_RELAXED);
}

static atomic_bool all_through;

static void *write_on(void *arg)
{
	struct note note = { .writer = 99 };
	char buf[MSG_SLOT_MAX_MESSAGE];

	while (!atomic_load(&all_through)) {
		size_t n = note_make(buf, note);

		slot_pwrite(*(int *)arg, buf, n, 1 + note.count++ % CHANNELS);
		usleep(100);
	}
	return NULL;
}

/* Open files, as the module counts them: slots, watches, mappings. */
static long module_uses(void)
{
	FILE *file = fopen("/sys/module/message_slot/refcnt", "r");
	long uses = -1;

	if (file) {
		if (fscanf(file, "%ld", &uses) != 1)
			uses = -1;
		fclose(file);
	}
	return uses;
}

/* What io_uring has, it gives back a little later. */
static bool uses_are_again(long uses)
{
	for (int ms = 0; module_uses() != uses; ms++) {
		if (ms == PROMPTLY_MS)
			return false;
		usleep(1000);
	}
	return true;
}

static void expect_claims_ended(struct __test_metadata *_metadata, int fd)
{
	for (unsigned int i = 0; i < CLAIMS; i++) {
		char buf[8];

		EXPECT_TRUE(atomic_load(&claimed[i]));
		EXPECT_EQ(4, slot_pread(fd, buf, 8, FIRST_CLAIM + i));
		EXPECT_EQ(0, memcmp(buf, "will", 4));
		EXPECT_EQ(0, slot_clear(fd, FIRST_CLAIM + i));
	}
	for (unsigned int id = 1; id <= CHANNELS; id++)
		EXPECT_EQ(0, slot_clear(fd, id));
	EXPECT_TRUE(slot_has_channels_soon(fd, 0));
	EXPECT_EQ(0u, slot_usage(fd).bytes);
}

static void close_pairs(void)
{
	for (unsigned int i = 0; i < PROCESSES; i++) {
		close(pairs[i][0]);
		close(pairs[i][1]);
	}
}

TEST_F(slot, is_passed_round_and_closed_under_use)
{
	const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct race *race = race_new(self->node, true);
	long uses = module_uses();
	pthread_t writer;

	claimed = mmap(NULL, CLAIMS, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mapping_size = slot_mapping(self->fd).size;
	for (unsigned int i = 0; i < PROCESSES; i++)
		ASSERT_EQ(0, socketpair(AF_UNIX, type, 0, pairs[i]));
	race_add_many(race, PROCESSES, pass_on);
	race_start(race);
	/* Only now, lest they inherit it half way. */
	pthread_create(&writer, NULL, write_on, &self->fd);
	sleep(RACE_SECONDS);
	race_end(race, _metadata);
	atomic_store(&all_through, true);
	pthread_join(writer, NULL);
	close_pairs();
	EXPECT_TRUE(uses_are_again(uses));
	expect_claims_ended(_metadata, self->fd);
	printf("# info: %llu uses and changes\n",
	       race->racers[0].rounds + race->racers[1].rounds +
		       race->racers[2].rounds);
}

TEST_HARNESS_MAIN

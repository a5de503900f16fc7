// SPDX-License-Identifier: GPL-2.0
/*
 * A crew of processes does all there is to do to a slot, and one after another is
 * killed at any moment, in the middle of whatever it does, and replaced. Messages
 * are whole, commits are there as a whole or not at all, claims end in their will,
 * and in the end the slot is as if those who died had never been.
 *
 * TEST_KILLS=10000: so many, however long it takes.
 */
#include "commit.h"
#include "mapping.h"
#include "group.h"
#include "parcel.h"
#include "scale.h"
#include "watch.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#define SEATS 6u
#define NOTES 8u
#define FIRST_NOTE 1u
#define PARCELS 4u
#define FIRST_PARCEL 100u
#define FIRST_CLAIM 200u
/*
 * Which only commits change, each all of a set, to one number. Few are parcels. Each seat
 * has a set that no other changes, for what a commit was killed at is soon replaced else;
 * one more is everybody's.
 */
#define TWINS 24u
#define TWIN_SETS (SEATS + 1)
#define ALL_TWINS (TWINS * TWIN_SETS)
#define FIRST_TWIN 300u
#define LONG_TWINS 4u
#define FLEETING 64u
#define FIRST_FLEETING 1000u

/* Of one seat, in memory that processes share. */
struct seat {
	pid_t process;
	unsigned int life;
	unsigned int role;
	atomic_uint rounds;
	/* In the channel that only this seat claims. */
	atomic_bool claimed;
	/* In all its lives. */
	atomic_uint commits;
};

static struct seat *seats;

/* What a process of the crew has. */
struct member {
	struct seat *seat;
	int fd;
	unsigned long long random;
	struct msg_slot_limits limits;
	const char *base;
	unsigned long long version;
	int watch;
	char buf[PARCEL_MOST + 1] __attribute__((aligned(8)));
	char note[MSG_SLOT_MAX_MESSAGE];
};

/* A set of them, as it was at one moment. */
struct twins {
	struct msg_slot_get gets[TWINS];
	char notes[TWINS][MSG_SLOT_MAX_MESSAGE];
	char parcels[LONG_TWINS][PARCEL_MOST];
};

static unsigned int any(struct member *member, unsigned int below)
{
	return mix(member->random++) % below;
}

static bool is_long_twin(unsigned int id)
{
	return id >= FIRST_TWIN && id < FIRST_TWIN + ALL_TWINS &&
	       (id - FIRST_TWIN) % (TWINS / LONG_TWINS) == 0;
}

static bool is_whole(unsigned int id, const char *buf, long n)
{
	struct note note;

	if (n == -EWOULDBLOCK)
		return true;
	if (id >= FIRST_CLAIM && id < FIRST_CLAIM + SEATS)
		return n == 4 || n == 5;
	if ((id >= FIRST_PARCEL && id < FIRST_PARCEL + PARCELS) ||
	    is_long_twin(id))
		return parcel_is_whole(buf, n);
	return note_parse(buf, n, &note);
}

static unsigned int any_channel(struct member *member)
{
	const struct {
		unsigned int first, count;
	} kinds[] = {
		{ FIRST_NOTE, NOTES },	      { FIRST_PARCEL, PARCELS },
		{ FIRST_CLAIM, SEATS },	      { FIRST_TWIN, ALL_TWINS },
		{ FIRST_FLEETING, FLEETING },
	};
	unsigned int kind = any(member, ARRAY_SIZE(kinds));

	return kinds[kind].first + any(member, kinds[kind].count);
}

/* Whatever the limits are just now. */
static bool may_be_refused(long ret)
{
	return ret == -ENOSPC || ret == -EMSGSIZE;
}

static size_t make_note(struct member *member)
{
	return note_make(member->buf,
			 (struct note){ member->random++, member->seat->life });
}

/* The roles: each does a round, and returns whether all was as it should be. */
static bool write_note(struct member *member)
{
	size_t n = make_note(member);
	long ret = slot_pwrite(member->fd, member->buf, n,
			       FIRST_NOTE + any(member, NOTES));

	return ret == (long)n || may_be_refused(ret);
}

static bool put_note(struct member *member)
{
	struct msg_slot_put put = put_of(FIRST_NOTE + any(member, NOTES),
					 member->buf, make_note(member));
	long ret;

	put.ttl = any(member, 2) ? 0 : 1 + any(member, 500000);
	put.flags = any(member, 2) ? 0 : MSG_SLOT_IF_VERSION;
	put.version = member->version;
	ret = slot_ioctl(member->fd, MSG_SLOT_PUT, &put);
	member->version = put.version;
	return !ret || ret == -ESTALE || may_be_refused(ret);
}

static bool write_parcel(struct member *member)
{
	size_t n = parcel_make(member->buf, member->random++);
	unsigned int id = FIRST_PARCEL + any(member, PARCELS);
	long ret = slot_pwrite(member->fd, member->buf, n, id);

	return ret == (long)n || may_be_refused(ret);
}

static bool come_and_go(struct member *member)
{
	unsigned int id = FIRST_FLEETING + any(member, FLEETING);
	long ret = slot_put(member->fd, id, member->buf, make_note(member));

	if (ret && !may_be_refused(ret))
		return false;
	return !slot_clear(member->fd, FIRST_FLEETING + any(member, FLEETING));
}

static bool read_one(struct member *member)
{
	unsigned int id = any_channel(member);

	return is_whole(id, member->buf,
			slot_pread(member->fd, member->buf, PARCEL_MOST, id));
}

static bool wait_for_one(struct member *member)
{
	struct msg_slot_wait wait = {
		.version = member->version,
		.timeout = any(member, 2) ? FOREVER : any(member, 1000000),
		.flags = any(member, 2) ? MSG_SLOT_ANY_CHANGE : 0,
	};
	unsigned int id = FIRST_NOTE + any(member, NOTES);
	long ret;

	wait.get = get_into(id, member->buf, PARCEL_MOST);
	ret = slot_ioctl(member->fd, MSG_SLOT_WAIT, &wait);
	if (ret == -ETIMEDOUT)
		return true;
	member->version = wait.get.record.version;
	return !ret && (!wait.get.record.size ||
			is_whole(id, member->buf, wait.get.record.size));
}

static bool read_and_wait(struct member *member)
{
	unsigned int id = FIRST_NOTE + any(member, NOTES);

	if (slot_set_blocking(member->fd, 1) || slot_select(member->fd, id))
		return false;
	poll_events(member->fd, POLLIN, any(member, 2));
	return is_whole(id, member->buf,
			slot_read(member->fd, member->buf, PARCEL_MOST));
}

static bool claim(struct member *member)
{
	unsigned int id = FIRST_CLAIM + (member->seat - seats);
	long ret = slot_claim_will(member->fd, id, &member->seat->life, 4);

	if (ret)
		return may_be_refused(ret);
	atomic_store(&member->seat->claimed, true);
	return slot_pwrite(member->fd, "alive", 5, id) == 5;
}

static bool watch(struct member *member)
{
	long n;

	if (member->watch < 0)
		member->watch = slot_watch(member->fd, NULL, 0);
	if (member->watch < 0)
		return false;
	n = slot_read(member->watch, member->buf, PARCEL_MOST);
	if (n < 0 && n != -ENOSPC)
		return false;
	if (!any(member, 4)) {
		close(member->watch);
		member->watch = -1;
	}
	return true;
}

static bool read_mapped(struct member *member)
{
	unsigned int id = FIRST_NOTE + any(member, NOTES);
	const struct msg_slot_cell *cell;
	struct mapped mapped;
	long n;

	if (!member->base)
		member->base = slot_map(member->fd);
	cell = slot_cell(member->fd, member->base, id);
	n = cell ? mapped_look(cell, id, &mapped) : -ENOENT;
	if (!any(member, 16)) {
		slot_unmap(member->fd, member->base);
		member->base = NULL;
	}
	return n <= 0 || is_whole(id, mapped.message, n);
}

static bool take_snapshot(struct member *member)
{
	static __thread char messages[NOTES][MSG_SLOT_MAX_MESSAGE];
	struct msg_slot_get gets[NOTES];
	bool whole = true;

	for (unsigned int i = 0; i < NOTES; i++)
		gets[i] = get_into(FIRST_NOTE + i, messages[i],
				   sizeof(messages[i]));
	if (slot_snapshot(member->fd, gets, NOTES))
		return false;
	for (unsigned int i = 0; i < NOTES; i++)
		whole = whole && (!gets[i].record.size ||
				  is_whole(FIRST_NOTE + i, messages[i],
					   gets[i].record.size));
	return whole;
}

/* Return: what is wrong, or NULL. Both notes and parcels begin with their number. */
static const char *twins_differ(const struct twins *twins)
{
	for (unsigned int i = 0; i < TWINS; i++) {
		const struct msg_slot_record *record = &twins->gets[i].record;
		const void *message =
			(void *)(unsigned long)twins->gets[i].buffer;

		if (!record->version != !twins->gets[0].record.version)
			return "half of a commit is there";
		if (!record->version)
			continue;
		if (!is_whole(record->channel, message, record->size))
			return "a message of a commit is torn";
		if (memcmp(message, twins->parcels[0],
			   sizeof(unsigned long long)) != 0)
			return "half of one commit, and half of another";
	}
	return NULL;
}

static unsigned int twin_of(unsigned int set, unsigned int i)
{
	return FIRST_TWIN + set * TWINS + i;
}

static const char *look_at_twins(int fd, unsigned int set, struct twins *twins)
{
	unsigned int parcels = 0;
	const char *wrong;

	for (unsigned int i = 0; i < TWINS; i++) {
		unsigned int id = twin_of(set, i);

		if (is_long_twin(id))
			twins->gets[i] = get_into(id, twins->parcels[parcels++],
						  PARCEL_MOST);
		else
			twins->gets[i] = get_into(id, twins->notes[i],
						  MSG_SLOT_MAX_MESSAGE);
	}
	if (slot_snapshot(fd, twins->gets, TWINS))
		return "a snapshot failed";
	wrong = twins_differ(twins);
	/* Who finds it may be one who can tell no more than that a call went wrong. */
	if (wrong)
		fprintf(stderr, "# %s\n", wrong);
	return wrong;
}

static const char *check_twins(int fd, unsigned int set)
{
	static struct twins twins;

	return look_at_twins(fd, set, &twins);
}

static const char *check_all_twins(int fd)
{
	const char *wrong = NULL;

	for (unsigned int set = 0; set < TWIN_SETS && !wrong; set++)
		wrong = check_twins(fd, set);
	return wrong;
}

static bool read_twins(struct member *member)
{
	static __thread struct twins twins;

	return !look_at_twins(member->fd, any(member, TWIN_SETS), &twins);
}

/* One's own, or everybody's. */
static unsigned int any_set(struct member *member)
{
	return any(member, 2) ? member->seat - seats : SEATS;
}

/* Some are cleared, some live for a time only. */
static void make_twins(struct member *member, unsigned int set,
		       struct msg_slot_put *puts)
{
	unsigned long long number = member->random++;
	size_t parcel = parcel_make(member->buf, number);
	size_t note = note_make(member->note,
				(struct note){ number, member->seat->life });
	unsigned int kind = any(member, 4);

	for (unsigned int i = 0; i < TWINS; i++) {
		unsigned int id = twin_of(set, i);

		if (!kind)
			puts[i] = clear_of(id);
		else if (is_long_twin(id))
			puts[i] = put_of(id, member->buf, parcel);
		else
			puts[i] = put_of(id, member->note, note);
		if (kind == 1)
			puts[i].ttl = 1 + number % 500000;
	}
}

static long commit(struct member *member, struct msg_slot_put *puts)
{
	long ret = slot_commit(member->fd, puts, TWINS);

	if (!ret)
		atomic_fetch_add(&member->seat->commits, 1);
	return ret;
}

static bool commit_twins(struct member *member)
{
	struct msg_slot_put puts[TWINS];
	long ret;

	make_twins(member, any_set(member), puts);
	ret = commit(member, puts);
	return !ret || may_be_refused(ret);
}

/* All have changed since, or none. */
static bool commit_twins_if(struct member *member)
{
	static __thread struct twins twins;
	struct msg_slot_put puts[TWINS];
	unsigned int set = any_set(member);
	bool all = true;
	long ret;

	if (look_at_twins(member->fd, set, &twins))
		return false;
	make_twins(member, set, puts);
	for (unsigned int i = 0; i < TWINS; i++)
		puts[i] = put_if(puts[i], twins.gets[i].record.version);
	ret = commit(member, puts);
	for (unsigned int i = 0; i < TWINS; i++)
		all = all && puts[i].version != twins.gets[i].record.version;
	return ret == -ESTALE ? all : !ret || may_be_refused(ret);
}

static bool change_limits(struct member *member)
{
	struct msg_slot_limits limits = member->limits;

	if (any(member, 2))
		limits.max_message = 1000 + any(member, PARCEL_MOST);
	if (!any(member, 4))
		limits.max_channels = 10 + any(member, 50);
	if (!any(member, 4))
		limits.max_bytes = 100000;
	return !slot_set_limits(member->fd, limits) &&
	       !slot_set_limits(member->fd, member->limits);
}

/* Some twice, so that there is always somebody to wait for. */
static bool (*const roles[])(struct member *member) = {
	write_note,   put_note,	     write_parcel, come_and_go,
	read_one,     wait_for_one,  write_note,   read_and_wait,
	claim,	      watch,	     put_note,	   read_mapped,
	write_parcel, take_snapshot, come_and_go,  change_limits,
	commit_twins, read_twins,    commit_twins, commit_twins_if,
};

#define ROLES ((unsigned int)ARRAY_SIZE(roles))

static void act(struct seat *seat, int node, unsigned int role)
{
	struct member *member = calloc(1, sizeof(*member));

	member->seat = seat;
	member->random = mix(seat->life * ROLES + role);
	member->watch = -1;
	member->fd = slot_open(node, O_RDWR);
	member->limits = slot_limits(member->fd);
	member->limits.max_message = PARCEL_MOST;
	member->limits.max_channels = MSG_SLOT_MAX_CHANNELS;
	member->limits.max_bytes = MSG_SLOT_NO_LIMIT;
	while (roles[role](member))
		atomic_fetch_add(&seat->rounds, 1);
	_exit(1 + role);
}

struct thread {
	struct seat *seat;
	int node;
};

static void *act_beside(void *arg)
{
	struct thread *thread = arg;

	/* Only one can tell whether it has claimed. */
	act(thread->seat, thread->node,
	    (thread->seat->role + 1) % ROLES == 8 ? 0 : thread->seat->role + 1);
	return NULL;
}

/* Every third has two threads, which do different things. */
static void live(struct seat *seat, int node)
{
	struct thread thread = { seat, node };
	pthread_t beside;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, 0);
	if (seat->life % 3 == 0 && seat->role + 1 < ROLES)
		pthread_create(&beside, NULL, act_beside, &thread);
	act(seat, node, seat->role);
}

static void give_birth(struct seat *seat, unsigned int life, int node)
{
	pid_t child;

	seat->life = life;
	/* All roles, in turn, whichever seat it is. */
	seat->role = life % ROLES;
	atomic_store(&seat->claimed, false);
	atomic_store(&seat->rounds, 0);
	child = fork();
	if (child < 0)
		abort();
	if (!child)
		live(seat, node);
	/* Not before: it is the child's memory as well. */
	seat->process = child;
}

FIXTURE(kill)
{
	int node;
	int fd;
	struct group group;
	long long memory;
	unsigned long long channel_bytes;
	unsigned int idle;
	unsigned int wills;
};

FIXTURE_SETUP(kill)
{
	struct msg_slot_limits limits;

	if (!group_make(&self->group))
		SKIP(return, "no memory cgroups here");
	ASSERT_TRUE(group_join(&self->group));
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	limits = slot_limits(self->fd);
	limits.max_message = PARCEL_MOST;
	ASSERT_EQ(0, slot_set_limits(self->fd, limits));
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	self->channel_bytes = slot_usage(self->fd).bytes;
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	seats = mmap(NULL, SEATS * sizeof(*seats), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	self->memory = group_charged(&self->group);
}

FIXTURE_TEARDOWN(kill)
{
	close(self->fd);
	close(self->node);
	group_remove(&self->group);
}

static bool is_will_of(FIXTURE_DATA(kill) * self, struct seat *seat)
{
	unsigned int id = FIRST_CLAIM + (seat - seats), will = 0;

	self->wills++;
	return slot_pread(self->fd, &will, sizeof(will), id) == 4 &&
	       will == seat->life && !slot_clear(self->fd, id);
}

/* Returns what is wrong, or NULL. */
static const char *kill_one(FIXTURE_DATA(kill) * self, struct seat *seat)
{
	int status;

	/* Dying takes a processor, too. */
	kill(seat->process, SIGKILL);
	setpriority(PRIO_PROCESS, seat->process, -15);
	if (waitpid(seat->process, &status, 0) != seat->process)
		return "a process that can't be waited for";
	if (!WIFSIGNALED(status)) {
		fprintf(stderr, "# role %d\n", WEXITSTATUS(status) - 1);
		return "a call went wrong";
	}
	self->idle += !atomic_load(&seat->rounds);
	if (atomic_load(&seat->claimed) && !is_will_of(self, seat))
		return "the will is not there, or the claim still is";
	return NULL;
}

/* Most have begun by then, some have not. */
static void let_live(struct seat *seat, unsigned int kill)
{
	double end = seconds() + 0.05;

	while (kill % 8 && !atomic_load(&seat->rounds) && seconds() < end)
		usleep(200);
	for (unsigned int n = mix(kill) % 100000; n; n--)
		__asm__ volatile("");
}

static const char *check_whole(int fd, unsigned int first, unsigned int count)
{
	char buf[PARCEL_MOST];

	for (unsigned int id = first; id < first + count; id++) {
		if (!is_whole(id, buf, slot_pread(fd, buf, sizeof(buf), id)))
			return "a message is torn";
	}
	return NULL;
}

static unsigned int kills_wanted(void)
{
	const char *wanted = getenv("TEST_KILLS");

	return wanted ? strtoul(wanted, NULL, 10) : 20 + scaled(230);
}

static const char *kill_many(FIXTURE_DATA(kill) * self, unsigned int count)
{
	const char *wrong = NULL;

	/* Who kills is not to wait until those who are busy make room. */
	setpriority(PRIO_PROCESS, 0, -15);
	for (unsigned int i = 0; i < SEATS; i++)
		give_birth(&seats[i], i, self->node);
	for (unsigned int i = 0; i < count && !wrong; i++) {
		struct seat *seat = &seats[mix(i) % SEATS];

		let_live(seat, i);
		wrong = kill_one(self, seat)			    ?:
				check_twins(self->fd, seat - seats) ?:
				check_twins(self->fd, SEATS);
		if (!wrong && i % 16 == 0)
			wrong = check_whole(self->fd, FIRST_NOTE, NOTES);
		give_birth(seat, SEATS + i, self->node);
	}
	for (unsigned int i = 0; i < SEATS; i++) {
		const char *end = kill_one(self, &seats[i]);

		wrong = wrong ?: end;
	}
	return wrong;
}

/* What is there is all that counts, once what was to be forgotten is. */
static bool usage_is_exact(FIXTURE_DATA(kill) * self)
{
	struct msg_slot_usage usage;
	unsigned long long bytes = 0;
	unsigned int channels = 0;

	for (unsigned int id = 1; id < FIRST_FLEETING + FLEETING; id++) {
		struct msg_slot_record record = slot_record(self->fd, id);

		channels += record.event == MSG_SLOT_WRITTEN;
		bytes += record.size > MSG_SLOT_MAX_MESSAGE ? record.size : 0;
	}
	bytes += channels * self->channel_bytes;
	if (!slot_has_channels_soon(self->fd, channels))
		return false;
	usage = slot_usage(self->fd);
	return usage.bytes == bytes;
}

static unsigned int commits_made(void)
{
	unsigned int made = 0;

	for (unsigned int i = 0; i < SEATS; i++)
		made += atomic_load(&seats[i].commits);
	return made;
}

static void clear_all(int fd)
{
	for (unsigned int id = 1; id < FIRST_FLEETING + FLEETING; id++) {
		if (slot_clear(fd, id))
			abort();
	}
}

TEST_F_TIMEOUT(kill, at_any_moment, 100000)
{
	unsigned int count = kills_wanted();
	struct msg_slot_limits limits = { PARCEL_MOST, MSG_SLOT_MAX_CHANNELS,
					  MSG_SLOT_NO_LIMIT };
	const long long most = self->memory + 8 * MEGABYTE;

	EXPECT_EQ(NULL, kill_many(self, count));
	EXPECT_EQ(NULL, check_whole(self->fd, FIRST_NOTE, NOTES));
	EXPECT_EQ(NULL, check_whole(self->fd, FIRST_PARCEL, PARCELS));
	EXPECT_EQ(NULL, check_whole(self->fd, FIRST_FLEETING, FLEETING));
	EXPECT_EQ(NULL, check_all_twins(self->fd));
	/* Or few of them were killed at what they were there for. */
	EXPECT_GT(count / 2, self->idle);
	if (count >= 200)
		EXPECT_LT(count / 64, self->wills);
	EXPECT_LT(count / 8, commits_made());
	ASSERT_EQ(0, slot_set_limits(self->fd, limits));
	/* What lives for a time only is gone by then. */
	usleep(10000);
	EXPECT_TRUE(usage_is_exact(self));
	clear_all(self->fd);
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
	EXPECT_TRUE(group_shrinks_to(&self->group, most));
	printf("# info: %u killed, %u before they had begun, %u wills, %u commits\n",
	       count + SEATS, self->idle, self->wills, commits_made());
}

TEST_HARNESS_MAIN

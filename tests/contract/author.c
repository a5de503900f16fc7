// SPDX-License-Identifier: GPL-2.0
/*
 * The author of a message is who opened the file that it was written through,
 * as the namespaces of the one who asks know him.
 */
#include "child.h"
#include "passing.h"
#include "record.h"

#include <pthread.h>
#include <sched.h>

#define USER 1234u
#define GROUP 5678u

static bool author_is(int fd, unsigned int id, __u32 uid, __u32 gid, __u32 pid)
{
	struct msg_slot_record record = slot_record(fd, id);

	if (record.event == MSG_SLOT_WRITTEN && record.uid == uid &&
	    record.gid == gid && record.pid == pid)
		return true;
	fprintf(stderr, "# author: user %u, group %u, process %u\n", record.uid,
		record.gid, record.pid);
	return false;
}

static bool become(uid_t uid, gid_t gid)
{
	return !syscall(SYS_setresgid, gid, gid, gid) &&
	       !syscall(SYS_setresuid, uid, uid, uid);
}

TEST_F(slot, is_who_opened)
{
	ASSERT_EQ(1, slot_pwrite(self->fd, "x", 1, 1));
	ASSERT_EQ(0, slot_put(self->fd, 2, "x", 1));
	EXPECT_TRUE(author_is(self->fd, 1, 0, 0, getpid()));
	EXPECT_TRUE(author_is(self->fd, 2, 0, 0, getpid()));
}

static int open_and_write_as_user(int node)
{
	int fd;

	if (!become(USER, GROUP))
		return 2;
	fd = slot_open(node, O_RDWR);
	if (slot_pwrite(fd, "x", 1, 1) != 1 || slot_put(fd, 2, "x", 1))
		return 3;
	return !author_is(fd, 1, USER, GROUP, getpid()) ||
	       !author_is(fd, 2, USER, GROUP, getpid());
}

TEST_F(slot, is_another_user_who_opened)
{
	struct msg_slot_record record;

	EXPECT_EQ(0, in_child(open_and_write_as_user, self->node));
	record = slot_record(self->fd, 1);
	EXPECT_EQ(USER, record.uid);
	EXPECT_EQ(GROUP, record.gid);
	EXPECT_NE((__u32)getpid(), record.pid);
}

/* Through a descriptor that somebody else opened. */
static int write_as_user(int fd)
{
	if (!become(USER, GROUP))
		return 2;
	return slot_pwrite(fd, "x", 1, 1) != 1 || slot_put(fd, 2, "x", 1);
}

TEST_F(slot, stays_who_opened_after_a_fork)
{
	EXPECT_EQ(0, in_child(write_as_user, self->fd));
	EXPECT_TRUE(author_is(self->fd, 1, 0, 0, getpid()));
	EXPECT_TRUE(author_is(self->fd, 2, 0, 0, getpid()));
}

static int receive_and_write(int socket)
{
	int fd = receive_descriptor(socket);

	return fd < 0 ? 4 : write_as_user(fd);
}

TEST_F(slot, stays_who_opened_after_passing_it_on)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(1, send_descriptor(pair[0], self->fd));
	EXPECT_EQ(0, in_child(receive_and_write, pair[1]));
	EXPECT_TRUE(author_is(self->fd, 1, 0, 0, getpid()));
	EXPECT_TRUE(author_is(self->fd, 2, 0, 0, getpid()));
}

static int open_then_become_user(int node)
{
	int fd = slot_open(node, O_RDWR);

	return write_as_user(fd) || !author_is(fd, 1, 0, 0, getpid()) ||
	       !author_is(fd, 2, 0, 0, getpid());
}

TEST_F(slot, stays_who_opened_after_setuid)
{
	EXPECT_EQ(0, in_child(open_then_become_user, self->node));
}

/* The real ids are others. */
static int open_with_effective_ids(int node)
{
	int fd;

	if (syscall(SYS_setresgid, 0, GROUP, 0) ||
	    syscall(SYS_setresuid, 0, USER, 0))
		return 2;
	fd = slot_open(node, O_RDWR);
	if (slot_put(fd, 1, "x", 1))
		return 3;
	return !author_is(fd, 1, USER, GROUP, getpid());
}

TEST_F(slot, has_the_effective_ids)
{
	EXPECT_EQ(0, in_child(open_with_effective_ids, self->node));
}

static void *open_in_thread(void *arg)
{
	int *fd = arg;

	*fd = slot_open(*fd, O_RDWR);
	return NULL;
}

TEST_F(slot, is_a_process_and_not_a_thread)
{
	int fd = self->node;
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, open_in_thread, &fd));
	pthread_join(thread, NULL);
	ASSERT_EQ(0, slot_put(fd, 1, "x", 1));
	EXPECT_TRUE(author_is(self->fd, 1, 0, 0, getpid()));
	close(fd);
}

TEST_F(slot, is_each_message_own)
{
	ASSERT_EQ(0, in_child(open_and_write_as_user, self->node));
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_TRUE(author_is(self->fd, 1, 0, 0, getpid()));
	EXPECT_EQ(USER, slot_record(self->fd, 2).uid);
}

TEST_F(slot, that_has_ended_is_still_told)
{
	ASSERT_EQ(0, in_child(open_and_write_as_user, self->node));
	EXPECT_EQ(USER, slot_record(self->fd, 1).uid);
	EXPECT_EQ(GROUP, slot_record(self->fd, 1).gid);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;

	close(fd);
	return done;
}

/* Root of the outer namespace, and nobody else, is user 40 and group 50. */
static bool enter_user_namespace(void)
{
	return !unshare(CLONE_NEWUSER) &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", "40 0 1\n") &&
	       write_file("/proc/self/gid_map", "50 0 1\n");
}

/* Channel 1 was written by root, channel 2 by the user. */
static void write_both(struct __test_metadata *_metadata,
		       FIXTURE_DATA(slot) * self)
{
	ASSERT_EQ(0, in_child(open_and_write_as_user, self->node));
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
}

static int look_from_user_namespace(int fd)
{
	__u32 root = slot_record(fd, 1).pid, user = slot_record(fd, 2).pid;

	if (!enter_user_namespace())
		return 2;
	return !author_is(fd, 1, 40, 50, root) ||
	       !author_is(fd, 2, MSG_SLOT_NO_ID, MSG_SLOT_NO_ID, user);
}

static int look_from_empty_user_namespace(int fd)
{
	__u32 root = slot_record(fd, 1).pid;

	if (unshare(CLONE_NEWUSER))
		return 2;
	return !author_is(fd, 1, MSG_SLOT_NO_ID, MSG_SLOT_NO_ID, root);
}

TEST_F(slot, is_told_in_the_user_namespace_of_the_caller)
{
	write_both(_metadata, self);
	EXPECT_EQ(0, in_child(look_from_user_namespace, self->fd));
	EXPECT_EQ(0, in_child(look_from_empty_user_namespace, self->fd));
}

static int open_in_user_namespace(int node)
{
	int fd;

	if (!enter_user_namespace())
		return 2;
	fd = slot_open(node, O_RDWR);
	if (fd < 0 || slot_put(fd, 1, "x", 1))
		return 3;
	return !author_is(fd, 1, 40, 50, getpid());
}

TEST_F(slot, in_a_user_namespace_is_known_outside)
{
	EXPECT_EQ(0, in_child(open_in_user_namespace, self->node));
	EXPECT_EQ(0u, slot_record(self->fd, 1).uid);
	EXPECT_EQ(0u, slot_record(self->fd, 1).gid);
}

/* The first process of a new pid namespace. */
static int in_pid_namespace(int (*act)(int fd), int fd)
{
	return unshare(CLONE_NEWPID) || in_child(act, fd);
}

static int see_no_process(int fd)
{
	if (getpid() != 1)
		return 2;
	return !author_is(fd, 1, 0, 0, 0) || !author_is(fd, 2, USER, GROUP, 0);
}

static int look_from_pid_namespace(int fd)
{
	return in_pid_namespace(see_no_process, fd);
}

TEST_F(slot, that_the_caller_cannot_see_is_process_0)
{
	write_both(_metadata, self);
	EXPECT_EQ(0, in_child(look_from_pid_namespace, self->fd));
}

static int be_process_1(int node)
{
	int fd = slot_open(node, O_RDWR);

	if (slot_put(fd, 3, "x", 1) || slot_put(fd, 4, "x", 1))
		return 3;
	return !author_is(fd, 3, 0, 0, 1) || !author_is(fd, 4, 0, 0, 1);
}

static int write_from_pid_namespace(int node)
{
	return in_pid_namespace(be_process_1, node);
}

TEST_F(slot, in_a_pid_namespace_is_known_outside)
{
	__u32 pid;

	EXPECT_EQ(0, in_child(write_from_pid_namespace, self->node));
	pid = slot_record(self->fd, 3).pid;
	EXPECT_NE(1u, pid);
	EXPECT_NE(0u, pid);
	EXPECT_EQ(pid, slot_record(self->fd, 4).pid);
}

/* Whoever reads from the watch is who is told. */
static int watch_from_namespaces(int watch)
{
	struct msg_slot_record record[4];

	if (unshare(CLONE_NEWUSER))
		return 2;
	if (slot_read(watch, record, sizeof(record)) <= (long)sizeof(*record))
		return 3;
	return record->uid != MSG_SLOT_NO_ID || record->gid != MSG_SLOT_NO_ID ||
	       record->pid;
}

static int watch_from_elsewhere(int watch)
{
	return in_pid_namespace(watch_from_namespaces, watch);
}

TEST_F(slot, is_told_by_a_watch_to_the_one_who_reads)
{
	int watch = slot_watch(self->fd, NULL, 0);

	ASSERT_LE(0, watch);
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(0, in_child(watch_from_elsewhere, watch));
	close(watch);
}

static int snapshot_from_namespaces(int fd)
{
	struct msg_slot_get get = get_into(1, NULL, 0);

	if (unshare(CLONE_NEWUSER) || slot_snapshot(fd, &get, 1))
		return 2;
	return get.record.uid != MSG_SLOT_NO_ID || get.record.pid;
}

static int snapshot_from_elsewhere(int fd)
{
	return in_pid_namespace(snapshot_from_namespaces, fd);
}

TEST_F(slot, is_told_by_a_snapshot_likewise)
{
	ASSERT_EQ(0, slot_put(self->fd, 1, "x", 1));
	EXPECT_EQ(0, in_child(snapshot_from_elsewhere, self->fd));
}

TEST_HARNESS_MAIN

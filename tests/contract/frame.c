// SPDX-License-Identifier: GPL-2.0
/* Frames: messages that are sealed memfds. */
#include "commit.h"
#include "frame.h"
#include "mapping.h"
#include "memory.h"
#include "page.h"
#include "waiting.h"

#include <poll.h>
#include <sys/mount.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define ID 1u
#define SIZE 100000u
#define PAGES(n) (((n) + 4095ull) / 4096 * 4096)
#define GIB (1ull << 30)

static char got[2 * SIZE];

/* Around the borders: in place or not, with its expiry or not, pages. */
static const unsigned int sizes[] = { 1,     119,  120,	    121,	127,
				      128,   129,  4095,    4096,	4097,
				      65536, SIZE, LARGEST, LARGEST + 1 };

TEST_F(slot, every_size)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, sizes[i], i));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, sizes[i], i));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, sizes[i], i));
		ASSERT_EQ(0, slot_put_new_frame(self->fd, 2 + i, sizes[i], i));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_TRUE(slot_has_frame(self->fd, 2 + i, sizes[i], i));
}

TEST_F(slot, what_is_known_of_it)
{
	struct msg_slot_record record, also;
	struct msg_slot_put put;
	int fd = frame_of(SIZE, 1);
	long frame;

	put = put_of_frame(ID, fd);
	ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	frame = slot_get_frame_told(self->fd, ID, &record);
	EXPECT_LE(0, frame);
	EXPECT_EQ(ID, record.channel);
	EXPECT_EVENT(MSG_SLOT_WRITTEN, record);
	EXPECT_EQ(put.version, record.version);
	EXPECT_EQ(SIZE, record.size);
	EXPECT_EQ(FOREVER, record.ttl);
	EXPECT_EQ(getuid(), record.uid);
	EXPECT_EQ(getgid(), record.gid);
	/* The fixture's process opened it. */
	EXPECT_EQ(getpid(), (pid_t)record.pid);
	also = slot_record(self->fd, ID);
	EXPECT_EQ(record.version, also.version);
	EXPECT_EQ(record.written, also.written);
	EXPECT_EQ(SIZE, also.size);
}

TEST_F(slot, descriptor_is_ones_own_and_read_only)
{
	int fd = frame_of(SIZE, 1);
	long one, other;
	char byte;

	lseek(fd, 5, SEEK_SET);
	ASSERT_EQ(0, slot_put_frame(self->fd, ID, fd));
	one = slot_get_frame(self->fd, ID);
	other = slot_get_frame(self->fd, ID);
	ASSERT_LE(0, one);
	ASSERT_LE(0, other);
	EXPECT_NE(one, other);
	EXPECT_EQ(FD_CLOEXEC, fcntl(one, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(one, F_GETFL) & O_ACCMODE);
	EXPECT_EQ(FRAME_SEALS, fcntl(one, F_GET_SEALS) & FRAME_SEALS);
	EXPECT_EQ(0, lseek(one, 0, SEEK_CUR));
	EXPECT_EQ(1, read(one, &byte, 1));
	EXPECT_EQ(0, lseek(other, 0, SEEK_CUR));
	EXPECT_EQ(5, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-EBADF, slot_write(one, "x", 1));
}

/* By none of the ways that a memfd could be written, nor by those who made it. */
TEST_F(slot, nobody_can_change_it)
{
	int fd = frame_of(SIZE, 1);
	char path[40];
	void *map;
	int again;
	long frame;

	ASSERT_EQ(0, slot_put_frame(self->fd, ID, fd));
	frame = slot_get_frame(self->fd, ID);
	ASSERT_LE(0, frame);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", frame);
	again = open(path, O_RDWR);
	ASSERT_LE(0, again);
	EXPECT_EQ(-EPERM, slot_write(again, "x", 1));
	EXPECT_EQ(-EPERM, slot_write(fd, "x", 1));
	EXPECT_EQ(-1, ftruncate(again, 0));
	EXPECT_EQ(-1, ftruncate(fd, 2 * SIZE));
	EXPECT_EQ(-1, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				0, 4096));
	EXPECT_EQ(-1, fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, again, 0));
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, frame, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-1, mprotect(map, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
}

/* Who has got one keeps it, mapped or not; what comes later does not show. */
TEST_F(slot, what_one_has_stays)
{
	long frame;

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	frame = slot_get_frame(self->fd, ID);
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 2));
	EXPECT_TRUE(frame_is(frame, SIZE, 1));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 2));
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_TRUE(frame_is(frame, SIZE, 1));
	EXPECT_EQ(-EWOULDBLOCK, slot_get_frame(self->fd, ID));
	EXPECT_EMPTY(self->fd, ID);
}

static int put_and_end(int fd)
{
	return slot_put_new_frame(fd, ID, SIZE, 3) ? 1 : 0;
}

TEST_F(slot, writer_is_gone)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(put_and_end(self->fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 3));
}

/* A message of another kind before and after, each as it should be. */
TEST_F(slot, after_every_kind)
{
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	for (unsigned int i = 0; i < 3; i++) {
		ASSERT_EQ(0, slot_put(self->fd, ID, "short", 5));
		EXPECT_GET(self->fd, ID, "short");
		ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, i));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, i));
		ASSERT_EQ((long)SIZE, slot_put_large(self->fd, ID, SIZE, i));
		EXPECT_TRUE(slot_has_large(self->fd, ID, SIZE, i));
		ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, 7, i));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, 7, i));
		ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, i));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, i));
	}
}

TEST_F(slot, one_memfd_in_many_channels)
{
	int fd = frame_of(SIZE, 1);

	for (unsigned int id = 1; id <= 10; id++)
		ASSERT_EQ(0, slot_put_frame(self->fd, id, fd));
	close(fd);
	for (unsigned int id = 1; id < 10; id++)
		ASSERT_EQ(0, slot_clear(self->fd, id));
	EXPECT_TRUE(slot_has_frame(self->fd, 10, SIZE, 1));
}

/* Each seal that is not there, and what is only a part of one. */
TEST_F(slot, not_sealed_enough)
{
	static const int seals[] = { F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW,
				     F_SEAL_WRITE };

	ASSERT_EQ(0, slot_put(self->fd, ID, "still", 5));
	for (unsigned int i = 0; i < ARRAY_SIZE(seals); i++) {
		int fd = memfd_of(SIZE, 1);

		EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
		ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, FRAME_SEALS & ~seals[i]));
		EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
		if (seals[i] == F_SEAL_WRITE)
			continue;
		if (seals[i] == F_SEAL_SEAL) {
			ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, FRAME_SEALS));
			EXPECT_EQ(0, slot_put_frame(self->fd, 2, fd));
		}
		close(fd);
	}
	EXPECT_GET(self->fd, ID, "still");
}

TEST_F(slot, sealed_against_future_writes_only)
{
	int fd = memfd_of(SIZE, 1);

	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS,
			   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
				   F_SEAL_FUTURE_WRITE));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
}

TEST_F(slot, sealed_more_than_enough)
{
	int fd = memfd_of(SIZE, 1);
	int noexec;

	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, frame_seal(fd)));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
	noexec = memfd_create("noexec", MFD_NOEXEC_SEAL);
	if (noexec < 0 && errno == EINVAL)
		SKIP(return, "no F_SEAL_EXEC here");
	ASSERT_EQ(4, write(noexec, "text", 4));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, frame_seal(noexec)));
	EXPECT_EQ(4, slot_pread(self->fd, got, sizeof(got), ID));
}

TEST_F(slot, no_sealing_at_all)
{
	int fd = memfd_create("plain", MFD_CLOEXEC);

	ASSERT_EQ(4, write(fd, "text", 4));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
}

TEST_F(slot, hugetlbfs)
{
	int fd = memfd_create("huge",
			      MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_HUGETLB);

	if (fd < 0)
		SKIP(return, "no hugetlbfs here");
	ASSERT_EQ(0, ftruncate(fd, 2 << 20));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, frame_seal(fd)));
	EXPECT_EMPTY(self->fd, ID);
}

TEST_F(slot, secret_memory)
{
#ifdef SYS_memfd_secret
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		SKIP(return, "no secret memory here");
	ASSERT_EQ(0, ftruncate(fd, 4096));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
#else
	SKIP(return, "no secret memory here");
#endif
}

#define TMPFS "/tmp/frame-tmpfs"

static int file_of_tmpfs(void)
{
	int fd;

	if ((mkdir(TMPFS, 0700) && errno != EEXIST) ||
	    mount("none", TMPFS, "tmpfs", 0, NULL))
		abort();
	fd = open(TMPFS "/file", O_RDWR | O_CREAT, 0600);
	umount2(TMPFS, MNT_DETACH);
	rmdir(TMPFS);
	return fd;
}

TEST_F(slot, file_of_a_tmpfs)
{
	int fd = file_of_tmpfs();

	ASSERT_EQ(4, write(fd, "text", 4));
	EXPECT_EQ(-1, fcntl(fd, F_ADD_SEALS, FRAME_SEALS));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, fd));
}

TEST_F(slot, what_is_no_memfd)
{
	int ends[2];

	ASSERT_EQ(0, pipe(ends));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, ends[0]));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, self->fd));
	EXPECT_EQ(-EINVAL,
		  slot_put_frame(self->fd, ID, slot_watch(self->fd, NULL, 0)));
	EXPECT_EQ(-EINVAL,
		  slot_put_frame(self->fd, ID, open("/dev/zero", O_RDWR)));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID, open("/", O_RDONLY)));
	EXPECT_EQ(-EINVAL, slot_put_frame(self->fd, ID,
					  open("/proc/self/exe", O_RDONLY)));
	EXPECT_EMPTY(self->fd, ID);
}

TEST_F(slot, not_open_for_reading)
{
	int fd = frame_of(SIZE, 1);
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_EQ(-EBADF, slot_put_frame(self->fd, ID, -1));
	EXPECT_EQ(-EBADF, slot_put_frame(self->fd, ID, 1000000));
	EXPECT_EQ(-EBADF, slot_put_frame(self->fd, ID, open(path, O_WRONLY)));
	EXPECT_EQ(-EBADF, slot_put_frame(self->fd, ID, open(path, O_PATH)));
	EXPECT_EQ(-EBADF, slot_put_frame(self->fd, ID, self->node));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, open(path, O_RDONLY)));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
}

/* All 64 bits of the descriptor count. */
TEST_F(slot, descriptor_and_other_bits)
{
	struct msg_slot_put put = put_of_frame(ID, frame_of(SIZE, 1));

	put.buffer |= 1ull << 32;
	EXPECT_EQ(-EBADF, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	put.buffer ^= 3ull << 31;
	EXPECT_EQ(-EBADF, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EMPTY(self->fd, ID);
}

TEST_F(slot, what_is_out_of_range)
{
	struct msg_slot_put put = put_of_frame(ID, frame_of(SIZE, 1));
	struct msg_slot_frame frame = { .channel = ID };
	struct msg_slot_put wrong = put;

	wrong.size = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	wrong = put;
	wrong.reserved = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	wrong = put;
	wrong.flags |= 8;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	wrong = put;
	wrong.flags |= MSG_SLOT_CLEARS;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	wrong = put;
	wrong.channel = 0;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	wrong = put;
	wrong.ttl = 1ull << 63;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_PUT, &wrong));
	EXPECT_EMPTY(self->fd, ID);
	ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	frame.reserved = 1;
	EXPECT_EQ(-EINVAL, slot_ioctl(self->fd, MSG_SLOT_GET_FRAME, &frame));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET_FRAME, NULL));
	close(self->fd);
	self->fd = slot_open(self->node, O_RDWR);
	EXPECT_EQ(-EINVAL, slot_get_frame(self->fd, 0));
}

TEST_F(slot, empty_or_too_large)
{
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, 8 * GIB));
	EXPECT_EQ(-EMSGSIZE, slot_put_frame(self->fd, ID, frame_of_nothing(0)));
	EXPECT_EQ(-EMSGSIZE,
		  slot_put_frame(self->fd, ID, frame_of_nothing(4 * GIB)));
	EXPECT_EQ(-EMSGSIZE,
		  slot_put_frame(self->fd, ID, frame_of_nothing(9 * GIB)));
	EXPECT_EMPTY(self->fd, ID);
	EXPECT_EQ(0,
		  slot_put_frame(self->fd, ID, frame_of_nothing(4 * GIB - 1)));
	EXPECT_EQ(4 * GIB - 1, slot_record(self->fd, ID).size);
	EXPECT_EQ(4 * GIB, slot_usage(self->fd).bytes -
				   slot_usage(self->fd).bytes % (4 * GIB));
}

TEST_F(slot, there_is_none)
{
	struct msg_slot_record record;
	int next = dup(0);

	close(next);
	EXPECT_EQ(-EWOULDBLOCK, slot_get_frame_told(self->fd, ID, &record));
	EXPECT_TRUE(record_is_empty(record, ID));
	ASSERT_EQ(0, slot_put(self->fd, ID, "short", 5));
	EXPECT_EQ(-ENODATA, slot_get_frame_told(self->fd, ID, &record));
	EXPECT_EVENT(MSG_SLOT_WRITTEN, record);
	EXPECT_EQ(5u, record.size);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
	ASSERT_EQ(LARGEST, slot_put_large(self->fd, ID, LARGEST, 1));
	EXPECT_EQ(-ENODATA, slot_get_frame_told(self->fd, ID, &record));
	EXPECT_EQ((unsigned int)LARGEST, record.size);
	/* None of these took a descriptor. */
	EXPECT_EQ(next, dup(0));
}

TEST_F(slot, no_descriptor_left)
{
	struct msg_slot_record record;
	struct rlimit limit, none;
	long frame;

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	ASSERT_EQ(0, slot_select(self->fd, ID));
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	/* Poll wants as many as it waits for. */
	none.rlim_cur = 1;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_EQ(-EMFILE, slot_get_frame_told(self->fd, 0, &record));
	EXPECT_EQ(ID, record.channel);
	EXPECT_EQ(SIZE, record.size);
	/* Nor was it read. A read takes none. */
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_EQ((long)SIZE, slot_read(self->fd, got, sizeof(got)));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	frame = slot_get_frame_told(self->fd, ID, &record);
	EXPECT_LE(0, frame);
	EXPECT_TRUE(frame_is(frame, SIZE, 1));
}

/* A record that can't be told costs no descriptor. */
TEST_F(slot, told_nowhere)
{
	char *border = page_border(PROT_READ);
	int next = dup(0);

	close(next);
	ASSERT_EQ(0, slot_select(self->fd, ID));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ(-EFAULT, slot_ioctl(self->fd, MSG_SLOT_GET_FRAME, border));
	EXPECT_EQ(next, dup(0));
}

TEST_F(slot, counts_as_read)
{
	ASSERT_EQ(0, slot_select(self->fd, ID));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_LE(0, slot_get_frame(self->fd, ID));
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_LE(0, slot_get_frame(self->fd, 0));
	EXPECT_FALSE(has_news(self->fd));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 2));
	EXPECT_TRUE(has_news(self->fd));
	EXPECT_EQ((long)SIZE, slot_read(self->fd, got, sizeof(got)));
	EXPECT_FALSE(has_news(self->fd));
}

TEST_F(slot, read_with_too_little_room)
{
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	memset(got, 'x', sizeof(got));
	EXPECT_EQ(-ENOSPC, slot_pread(self->fd, got, SIZE - 1, ID));
	EXPECT_EQ('x', got[0]);
	EXPECT_EQ((long)SIZE, slot_pread(self->fd, got, SIZE, ID));
	EXPECT_TRUE(is_filled(got, SIZE, 1));
	EXPECT_EQ('x', got[SIZE]);
}

TEST_F(slot, read_where_there_is_no_memory)
{
	char *end = page_end();

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ(-EFAULT, slot_pread(self->fd, end - 100, SIZE, ID));
	EXPECT_EQ(-EFAULT, slot_pread(self->fd, NULL, SIZE, ID));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
}

TEST_F(slot, read_to_several_places)
{
	struct iovec parts[] = { { got, 10 },
				 { got + 10, 5000 },
				 { got + 5010, SIZE } };

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ((long)SIZE, preadv(self->fd, parts, 3, ID));
	EXPECT_TRUE(is_filled(got, SIZE, 1));
}

/* Into a frame's own pages is nowhere. */
TEST_F(slot, read_to_the_frame_itself)
{
	void *map;
	int fd = frame_of(SIZE, 1);

	ASSERT_EQ(0, slot_put_frame(self->fd, ID, fd));
	map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_EQ(-EFAULT, slot_pread(self->fd, map, SIZE, ID));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
}

/* What was left out is zeroes. */
TEST_F(slot, a_hole)
{
	ASSERT_EQ(0, slot_put_frame(self->fd, ID, frame_of_nothing(SIZE)));
	memset(got, 'x', SIZE);
	EXPECT_EQ((long)SIZE, slot_pread(self->fd, got, sizeof(got), ID));
	for (unsigned int i = 0; i < SIZE; i++)
		ASSERT_EQ(0, got[i]);
}

TEST_F(slot, got_and_waited_for)
{
	struct msg_slot_get get = get_into(ID, got, sizeof(got));
	struct msg_slot_wait wait = { .version = 1,
				      .timeout = FOREVER,
				      .get = get };

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_GET, &get));
	EXPECT_TRUE(is_filled(got, SIZE, 1));
	EXPECT_EQ(SIZE, get.record.size);
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 2));
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	EXPECT_TRUE(is_filled(got, SIZE, 2));
	wait.get.room = SIZE - 1;
	EXPECT_EQ(-ENOSPC, slot_ioctl(self->fd, MSG_SLOT_WAIT, &wait));
	EXPECT_EQ(SIZE, wait.get.record.size);
	EXPECT_EQ(2u, wait.get.record.version);
}

TEST_F(slot, in_a_snapshot)
{
	struct msg_slot_get gets[] = {
		get_into(1, got, SIZE),
		get_into(2, got + SIZE, 10),
		get_into(3, got + SIZE, 10),
	};

	ASSERT_EQ(0, slot_put_new_frame(self->fd, 1, SIZE, 1));
	ASSERT_EQ(0, slot_put(self->fd, 2, "two", 3));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, 3, SIZE, 1));
	EXPECT_EQ(0, slot_snapshot(self->fd, gets, 3));
	EXPECT_TRUE(is_filled(got, SIZE, 1));
	EXPECT_EQ(0, memcmp(got + SIZE, "two", 3));
	EXPECT_EQ(SIZE, gets[2].record.size);
}

/* Told without its bytes, and with what comes behind it. */
TEST_F(slot, told_by_a_watch)
{
	struct {
		struct msg_slot_record frame;
		struct msg_slot_record other;
		char message[8];
	} told;
	int watch;

	ASSERT_EQ(0, slot_put_new_frame(self->fd, 1, SIZE, 1));
	ASSERT_EQ(0, slot_put(self->fd, 2, "two", 3));
	watch = slot_watch(self->fd, (__u32[]){ 1, 2 }, 2);
	ASSERT_EQ((long)sizeof(told), slot_read(watch, &told, sizeof(told)));
	EXPECT_EVENT(MSG_SLOT_WRITTEN, told.frame);
	EXPECT_EQ(1u, told.frame.channel);
	EXPECT_EQ(1u, told.frame.version);
	EXPECT_EQ(0u, told.frame.size);
	EXPECT_EQ(2u, told.other.channel);
	EXPECT_EQ(3u, told.other.size);
	ASSERT_EQ(0, slot_put_new_frame(self->fd, 1, 1, 1));
	ASSERT_EQ((long)sizeof(told.frame),
		  slot_read(watch, &told, sizeof(told)));
	EXPECT_EQ(2u, told.frame.version);
	EXPECT_EQ(0u, told.frame.size);
	ASSERT_EQ(0, slot_clear(self->fd, 1));
	ASSERT_EQ((long)sizeof(told.frame),
		  slot_read(watch, &told, sizeof(told)));
	EXPECT_EVENT(MSG_SLOT_CLEARED, told.frame);
}

/* Of each of these sizes the expiry is elsewhere. */
TEST_F(slot, time_to_live)
{
	static const unsigned int few[] = { 1, 120, 121, 129, SIZE };
	struct msg_slot_record record;

	for (unsigned int i = 0; i < ARRAY_SIZE(few); i++) {
		int fd = frame_of(few[i], i);
		struct msg_slot_put put = put_of_frame(ID, fd);

		put.ttl = 3600 * SECOND;
		ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
		EXPECT_TRUE(slot_has_frame(self->fd, ID, few[i], i));
		record = slot_record(self->fd, ID);
		EXPECT_GE(put.ttl, record.ttl);
		EXPECT_NE(0u, record.ttl);
		ASSERT_EQ(0, slot_renew(self->fd, ID, FOREVER));
		EXPECT_EQ(FOREVER, slot_record(self->fd, ID).ttl);
		ASSERT_EQ(0, slot_renew(self->fd, ID, 1));
		EXPECT_EQ(-EWOULDBLOCK,
			  slot_get_frame_told(self->fd, ID, &record));
		EXPECT_NONE(self->fd, ID);
		put.ttl = 1;
		ASSERT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
		EXPECT_NONE(self->fd, ID);
		close(fd);
	}
	EXPECT_TRUE(slot_has_channels_soon(self->fd, 0));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_F(slot, on_a_condition)
{
	struct msg_slot_put put = put_of_frame(ID, frame_of(SIZE, 1));

	put = put_if(put, 5);
	EXPECT_EQ(-ESTALE, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(0u, put.version);
	EXPECT_EMPTY(self->fd, ID);
	EXPECT_EQ(0, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(1u, put.version);
	put.version = 0;
	EXPECT_EQ(-ESTALE, slot_ioctl(self->fd, MSG_SLOT_PUT, &put));
	EXPECT_EQ(1u, put.version);
	EXPECT_EQ(1, slot_take_away(self->fd, ID));
	EXPECT_EMPTY(self->fd, ID);
}

TEST_F(slot, in_a_commit)
{
	struct msg_slot_put puts[3];
	unsigned int failed;

	puts[0] = put_text(2, "two");
	puts[1] = put_of_frame(1, frame_of(SIZE, 1));
	puts[2] = put_of_frame(3, frame_of(9, 3));
	EXPECT_EQ(0, slot_commit(self->fd, puts, 3));
	EXPECT_TRUE(slot_has_frame(self->fd, 1, SIZE, 1));
	EXPECT_TRUE(slot_has_frame(self->fd, 3, 9, 3));
	EXPECT_GET(self->fd, 2, "two");

	puts[1] = put_of_frame(1, self->fd);
	puts[0] = put_text(2, "no");
	EXPECT_EQ(-EINVAL, slot_commit_told(self->fd, puts, 3, &failed));
	EXPECT_EQ(1u, failed);
	puts[1] = put_of_frame(1, -1);
	EXPECT_EQ(-EBADF, slot_commit_told(self->fd, puts, 3, &failed));
	EXPECT_EQ(1u, failed);
	puts[1] = put_if(put_of_frame(1, frame_of(SIZE, 2)), 5);
	EXPECT_EQ(-ESTALE, slot_commit_told(self->fd, puts, 3, &failed));
	EXPECT_EQ(1u, failed);
	puts[1] = clear_of(1);
	puts[1].flags |= MSG_SLOT_FRAME;
	EXPECT_EQ(-EINVAL, slot_commit_told(self->fd, puts, 3, &failed));
	EXPECT_EQ(1u, failed);
	EXPECT_TRUE(slot_has_frame(self->fd, 1, SIZE, 1));
	EXPECT_GET(self->fd, 2, "two");
	puts[1] = clear_of(1);
	EXPECT_EQ(0, slot_commit(self->fd, puts, 3));
	EXPECT_EMPTY(self->fd, 1);
}

TEST_F(slot, claimed)
{
	int other = slot_open(self->node, O_RDWR);
	int fd = frame_of(SIZE, 1);

	ASSERT_EQ(0, slot_claim_will(self->fd, ID, "will", 4));
	EXPECT_EQ(-EBUSY, slot_put_frame(other, ID, fd));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, fd));
	EXPECT_TRUE(slot_has_frame(other, ID, SIZE, 1));
	ASSERT_EQ(0, slot_release(self->fd, ID));
	EXPECT_GET(other, ID, "will");
	EXPECT_EQ(0, slot_put_frame(other, ID, fd));
}

TEST_F(slot, not_open_for_that)
{
	int reader = slot_open(self->node, O_RDONLY);
	int writer = slot_open(self->node, O_WRONLY);
	int fd = frame_of(SIZE, 1);

	EXPECT_EQ(-EBADF, slot_put_frame(reader, ID, fd));
	EXPECT_EQ(0, slot_put_frame(writer, ID, fd));
	EXPECT_EQ(-EBADF, slot_get_frame(writer, ID));
	EXPECT_LE(0, slot_get_frame(reader, ID));
}

TEST_F(slot, narrowed)
{
	int fd = frame_of(SIZE, 1);

	ASSERT_EQ(0, slot_put_frame(self->fd, 2, fd));
	ASSERT_EQ(0, slot_restrict(self->fd, ID, 0));
	EXPECT_EQ(-EPERM, slot_put_frame(self->fd, 2, fd));
	EXPECT_EQ(-EPERM, slot_get_frame(self->fd, 2));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, fd));
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	EXPECT_EQ(-EPERM, slot_put_frame(self->fd, ID, fd));
	EXPECT_LE(0, slot_get_frame(self->fd, ID));
	EXPECT_LE(0, slot_get_frame(self->fd, 0));
}

static int get_as_nobody(int fd)
{
	if (setgid(65534) || setuid(65534))
		return 1;
	return slot_has_frame(fd, ID, SIZE, 1) ? 0 : 2;
}

/* Whose memfd it is, and with which mode, is nothing to who may read the channel. */
TEST_F(slot, another_users)
{
	int fd = frame_of(SIZE, 1);
	pid_t child;
	int status;

	ASSERT_EQ(0, fchmod(fd, 0));
	ASSERT_EQ(0, slot_put_frame(self->fd, ID, fd));
	child = fork();
	if (!child)
		_exit(get_as_nobody(self->fd));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

static unsigned long long bytes_of_messages(int fd)
{
	static unsigned long long channel;

	/* Once, with one channel that has a short message. */
	if (!channel)
		channel = slot_usage(fd).bytes;
	return slot_usage(fd).bytes - channel;
}

TEST_F(slot, half_of_the_machine_where_there_is_no_limit)
{
	const unsigned long long size = 256 * MEGABYTE;
	unsigned long long half = memory_line("MemTotal") / 2;
	struct msg_slot_put put;
	unsigned int id = 0;
	long ret;

	do
		ret = slot_put_frame(self->fd, ++id, frame_of_nothing(size));
	while (!ret);
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_GE(half, slot_usage(self->fd).bytes);
	EXPECT_LT(half, slot_usage(self->fd).bytes + size);
	put = put_of_frame(id, frame_of_nothing(size));
	EXPECT_EQ(-ENOSPC, slot_commit(self->fd, &put, 1));
	/* All else goes on. */
	EXPECT_EQ(0, slot_put(self->fd, id, "short", 5));
	EXPECT_EQ(0, slot_put_frame(self->fd, 1, frame_of_nothing(size)));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, half + 2 * size));
	EXPECT_EQ(0, slot_put_frame(self->fd, id, frame_of_nothing(size)));
}

/* Whole pages, also of a few bytes; max_message is no limit. */
TEST_F(slot, in_the_budget)
{
	int other = frame_of(SIZE, 2);

	ASSERT_EQ(0, slot_put(self->fd, ID, "short", 5));
	ASSERT_EQ(0u, bytes_of_messages(self->fd));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, 3, 1));
	EXPECT_EQ(4096u, bytes_of_messages(self->fd));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ(PAGES(SIZE), bytes_of_messages(self->fd));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes));
	EXPECT_EQ(-ENOSPC,
		  slot_put_new_frame(self->fd, ID, PAGES(SIZE) + 1, 2));
	EXPECT_EQ(-ENOSPC, slot_put_new_frame(self->fd, 2, 1, 2));
	EXPECT_TRUE(slot_has_frame(self->fd, ID, SIZE, 1));
	EXPECT_EQ(0, slot_put_frame(self->fd, ID, other));
	EXPECT_EQ(PAGES(SIZE), bytes_of_messages(self->fd));
	EXPECT_EQ(0, slot_put(self->fd, ID, "short", 5));
	EXPECT_EQ(0u, bytes_of_messages(self->fd));
}

TEST_F(slot, budget_of_a_commit)
{
	struct msg_slot_put puts[] = {
		put_of_frame(1, frame_of(SIZE, 1)),
		put_of_frame(2, frame_of(1, 2)),
	};

	ASSERT_EQ(0, slot_put_new_frame(self->fd, 1, 1, 1));
	ASSERT_EQ(0, slot_put_new_frame(self->fd, 2, SIZE, 1));
	ASSERT_EQ(0, slot_set_max_bytes(self->fd, slot_usage(self->fd).bytes));
	EXPECT_EQ(-ENOSPC, slot_put_frame(self->fd, 1, puts[0].buffer));
	EXPECT_EQ(0, slot_commit(self->fd, puts, 2));
	EXPECT_TRUE(slot_has_frame(self->fd, 1, SIZE, 1));
	puts[0] = clear_of(1);
	puts[1] = clear_of(2);
	EXPECT_EQ(0, slot_commit(self->fd, puts, 2));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

/* Who maps the slot is sent to a call, and finds nothing else in the cell. */
TEST_F(slot, mapped_readers_ask)
{
	const struct msg_slot_cell *cell;
	const char *base = slot_map(self->fd);
	struct mapped mapped;

	ASSERT_EQ(0, slot_put_new_frame(self->fd, ID, 5, 1));
	cell = slot_cell(self->fd, base, ID);
	EXPECT_TRUE(cell->size[cell->latch & 1] & MSG_SLOT_CELL_CALL);
	EXPECT_TRUE(bytes_are_zero(cell->bytes, sizeof(cell->bytes)));
	EXPECT_EQ(5, mapped_get_by_call(self->fd, ID, &mapped));
	EXPECT_TRUE(is_filled((char *)mapped.message, 5, 1));
}

TEST_HARNESS_MAIN

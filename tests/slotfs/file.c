// SPDX-License-Identifier: GPL-2.0
/* A channel's file, for those who know only files. */
#include "slotfs.h"
#include "frame.h"
#include "waiting.h"

#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>

#define NAME "robot/temperature"

static char buf[LARGEST + 1];

TEST_F(fs, write_and_read)
{
	ASSERT_EQ(0, fs_put(NAME, "21.5\n"));
	EXPECT_FILE(NAME, "21.5\n");
	EXPECT_FILE(NAME, "21.5\n");
	ASSERT_EQ(0, fs_put(NAME, "22\n"));
	EXPECT_FILE(NAME, "22\n");
}

TEST_F(fs, an_empty_channel_is_an_empty_file)
{
	int fd = fs_open(NAME, O_RDWR | O_CREAT);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, slot_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, slot_pread(fd, buf, sizeof(buf), 3));
	EXPECT_EQ(0, fs_size(NAME));
	ASSERT_EQ(3, slot_write(fd, "new", 3));
	EXPECT_EQ(3, slot_pread(fd, buf, sizeof(buf), 0));
	close(fd);
}

/* Whatever is written meanwhile, a read goes on in the message that it began. */
TEST_F(fs, a_read_goes_on_in_its_message)
{
	int fd, i;

	ASSERT_EQ(0, fs_put(NAME, "abcdef"));
	fd = fs_open(NAME, O_RDONLY);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(1, slot_read(fd, buf + i, 1));
		ASSERT_EQ(0, fs_put(NAME, i % 2 ? "XYZ" : "something longer"));
	}
	EXPECT_EQ(0, memcmp(buf, "abcdef", 6));
	EXPECT_EQ(0, slot_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, slot_read(fd, buf, sizeof(buf)));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(3, slot_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "XYZ", 3));
	close(fd);
}

/* It has read all there was, and that another is longer is none of its business. */
TEST_F(fs, a_whole_read_is_followed_by_the_end)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "abc"));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(3, slot_read(fd, buf, sizeof(buf)));
	ASSERT_EQ(0, fs_put(NAME, "something longer"));
	EXPECT_EQ(0, slot_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(16, slot_pread(fd, buf, sizeof(buf), 0));
	close(fd);
}

TEST_F(fs, clearing_takes_nothing_from_who_reads)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "abc"));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(1, slot_read(fd, buf, 1));
	ASSERT_EQ(0, truncate(NAME, 0));
	EXPECT_EQ(2, slot_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "bc", 2));
	EXPECT_EQ(0, slot_pread(fd, buf, sizeof(buf), 0));
	close(fd);
}

TEST_F(fs, from_elsewhere_it_takes_the_message_of_the_moment)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "abcdef"));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(4, lseek(fd, -2, SEEK_END));
	ASSERT_EQ(1, slot_read(fd, buf, 1));
	ASSERT_EQ(0, fs_put(NAME, "UVWXYZ"));
	ASSERT_EQ(1, slot_read(fd, buf + 1, 1));
	EXPECT_EQ(0, memcmp(buf, "ef", 2));
	EXPECT_EQ(2, slot_pread(fd, buf, 2, 3));
	EXPECT_EQ(0, memcmp(buf, "XY", 2));
	EXPECT_EQ(0, slot_pread(fd, buf, 2, 6));
	EXPECT_EQ(0, slot_pread(fd, buf, 2, 1ll << 40));
	EXPECT_EQ(-EINVAL, slot_pread(fd, buf, 2, -1));
	close(fd);
}

static bool reads_in_parts(int fd, size_t n, size_t part, unsigned int seed)
{
	size_t at = 0;
	long got;

	lseek(fd, 0, SEEK_SET);
	while ((got = slot_read(fd, buf + at, part)) > 0)
		at += got;
	return !got && at == n && !memcmp(buf, large(n, seed), n);
}

TEST_F(fs, long_messages_in_parts)
{
	const size_t sizes[] = { 1, 127, 128, 129, 4096, 100000, LARGEST };
	const size_t parts[] = { 1000, 4096, 65536, LARGEST + 1 };
	int fd = fs_open(NAME, O_RDWR | O_CREAT);

	ASSERT_EQ(0, slot_set_max_message(self->door, LARGEST));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		lseek(fd, 0, SEEK_SET);
		ASSERT_EQ((long)sizes[i],
			  slot_write(fd, large(sizes[i], i), sizes[i]));
		EXPECT_EQ((long)sizes[i], fs_size(NAME));
		for (size_t j = 0; j < ARRAY_SIZE(parts); j++)
			EXPECT_TRUE(reads_in_parts(fd, sizes[i], parts[j], i));
	}
	close(fd);
}

#define FRAME (3u << 20)

/* Larger than any message that is copied, and in parts of any size. */
TEST_F(fs, frames)
{
	static const size_t parts[] = { 1000000, 4096, 65536, FRAME + 1 };
	static char got[FRAME + 1];
	int fd = fs_open(NAME, O_RDWR | O_CREAT);
	size_t n;
	long ret;

	ASSERT_EQ(0, slot_put_new_frame(fd, 0, FRAME, 1));
	EXPECT_EQ(FRAME, fs_size(NAME));
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		memset(got, 0, sizeof(got));
		ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
		for (n = 0; (ret = slot_read(fd, got + n, parts[i])) > 0;
		     n += ret)
			EXPECT_GE(FRAME, n);
		EXPECT_EQ(0, ret);
		EXPECT_EQ(FRAME, n);
		EXPECT_TRUE(is_filled(got, FRAME, 1));
	}
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(1000, slot_read(fd, got, 1000));
	/* What is read on is the same, though it was replaced and nobody else has it. */
	ASSERT_EQ(0, fs_put(NAME, "other"));
	ASSERT_EQ(FRAME - 1000, slot_read(fd, got + 1000, FRAME));
	EXPECT_TRUE(is_filled(got, FRAME, 1));
	EXPECT_FILE(NAME, "other");
	close(fd);
}

TEST_F(fs, readv_and_writev)
{
	const struct iovec parts[] = { { "ab", 2 }, { "cde", 3 } };
	struct iovec into[] = { { buf, 1 }, { buf + 10, 3 } };
	int fd = fs_open(NAME, O_RDWR | O_CREAT);

	ASSERT_EQ(5, writev(fd, parts, 2));
	EXPECT_FILE(NAME, "abcde");
	lseek(fd, 0, SEEK_SET);
	ASSERT_EQ(4, readv(fd, into, 2));
	EXPECT_EQ(0, memcmp(buf, "a", 1));
	EXPECT_EQ(0, memcmp(buf + 10, "bcd", 3));
	ASSERT_EQ(0, fs_put(NAME, "other"));
	ASSERT_EQ(1, readv(fd, into, 2));
	EXPECT_EQ('e', buf[0]);
	EXPECT_EQ(0, readv(fd, into, 2));
	close(fd);
}

TEST_F(fs, a_write_is_one_message_wherever_it_is)
{
	int fd = fs_open(NAME, O_WRONLY | O_CREAT);

	ASSERT_EQ(5, slot_write(fd, "first", 5));
	EXPECT_EQ(5, lseek(fd, 0, SEEK_CUR));
	ASSERT_EQ(6, slot_write(fd, "second", 6));
	EXPECT_FILE(NAME, "second");
	ASSERT_EQ(3, slot_pwrite(fd, "3rd", 3, 1000));
	EXPECT_FILE(NAME, "3rd");
	ASSERT_EQ(1000000, lseek(fd, 1000000, SEEK_SET));
	ASSERT_EQ(3, slot_write(fd, "4th", 3));
	EXPECT_FILE(NAME, "4th");
	close(fd);
	fd = fs_open(NAME, O_WRONLY | O_APPEND);
	ASSERT_EQ(3, slot_write(fd, "5th", 3));
	EXPECT_FILE(NAME, "5th");
	close(fd);
}

/* What it fails with is what the door's write fails with; the old message stays. */
TEST_F(fs, writes_that_fail)
{
	int fd, reader;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_WRONLY | O_TRUNC);
	reader = fs_open(NAME, O_RDONLY);
	EXPECT_EQ(-EMSGSIZE, slot_write(fd, "", 0));
	EXPECT_EQ(-EMSGSIZE, slot_write(fd, buf, 129));
	EXPECT_EQ(-EFAULT, slot_write(fd, NULL, 5));
	EXPECT_EQ(-EBADF, slot_read(fd, buf, 5));
	EXPECT_EQ(-EBADF, slot_write(reader, "new", 3));
	EXPECT_EQ(-EFAULT, slot_read(reader, NULL, 5));
	EXPECT_EQ(-EFAULT, slot_read(reader, NULL, 2));
	EXPECT_EQ(3, slot_read(reader, buf, 5));
	EXPECT_FILE(NAME, "old");
	close(reader);
	close(fd);
}

/* What > does is a truncation and a write, and one replacement. */
TEST_F(fs, opening_to_truncate_changes_nothing)
{
	unsigned long long version;
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	version = slot_version(self->door, fs_id(self->door, "temperature"));
	fd = fs_open(NAME, O_WRONLY | O_TRUNC);
	EXPECT_FILE(NAME, "old");
	close(fd);
	EXPECT_FILE(NAME, "old");
	ASSERT_EQ(0, fs_put(NAME, "new"));
	EXPECT_EQ(version + 1,
		  slot_version(self->door, fs_id(self->door, "temperature")));
}

TEST_F(fs, truncate_clears)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	ASSERT_EQ(0, truncate(NAME, 0));
	EXPECT_FILE(NAME, "");
	EXPECT_NONE(self->door, fs_id(self->door, "temperature"));
	EXPECT_EQ(0, truncate(NAME, 0));
	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDWR);
	EXPECT_EQ(0, ftruncate(fd, 0));
	EXPECT_FILE(NAME, "");
	close(fd);
}

TEST_F(fs, no_other_size)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "four"));
	fd = fs_open(NAME, O_RDWR);
	EXPECT_EQ(0, slot_result(ftruncate(fd, 4)));
	EXPECT_EQ(-EINVAL, slot_result(ftruncate(fd, 3)));
	EXPECT_EQ(-EINVAL, slot_result(ftruncate(fd, 5)));
	EXPECT_EQ(-EINVAL, slot_result(truncate(NAME, 1)));
	EXPECT_EQ(-EINVAL, slot_result(truncate(NAME, 1ll << 40)));
	EXPECT_EQ(-EINVAL, slot_result(truncate(NAME, -1)));
	EXPECT_FILE(NAME, "four");
	close(fd);
}

TEST_F(fs, stat_tells_size_and_time)
{
	const struct timespec epoch[2] = {};
	unsigned int id;
	struct stat st;

	ASSERT_EQ(0, fs_put(NAME, "21.5\n"));
	ASSERT_EQ(0, fs_get_id(self->door, "temperature", &id));
	ASSERT_EQ(0, stat(NAME, &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_EQ(0644u, st.st_mode & 07777);
	EXPECT_EQ(5, st.st_size);
	EXPECT_EQ(1, st.st_blocks);
	EXPECT_EQ(1u, st.st_nlink);
	EXPECT_GE(1000000ll,
		  llabs((long long)(st.st_mtim.tv_sec * SECOND +
				    st.st_mtim.tv_nsec -
				    slot_record(self->door, id).written)));
	/* The time of writing is the writer's, and not for anybody to set. */
	EXPECT_EQ(0, utimensat(AT_FDCWD, NAME, epoch, 0));
	ASSERT_EQ(0, stat(NAME, &st));
	EXPECT_LT(1000000, st.st_mtim.tv_sec);
	ASSERT_EQ(0, slot_set_max_message(self->door, 100000));
	ASSERT_EQ(0, stat(NAME, &st));
	EXPECT_LE(100000, st.st_blksize);
}

TEST_F(fs, what_expires_is_gone)
{
	unsigned int id;

	ASSERT_EQ(0, fs_put(NAME, "x"));
	ASSERT_EQ(0, fs_get_id(self->door, "temperature", &id));
	ASSERT_EQ(0, slot_put_for(self->door, id, "mortal", 6, MILLISECOND));
	for (int i = 0; i < 1000 && fs_size(NAME); i++)
		usleep(PROMPTLY_MS);
	EXPECT_EQ(0, fs_size(NAME));
	EXPECT_FILE(NAME, "");
}

TEST_F(fs, seeking)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "12345"));
	fd = fs_open(NAME, O_RDONLY);
	EXPECT_EQ(5, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(7, lseek(fd, 2, SEEK_CUR));
	EXPECT_EQ(0, slot_read(fd, buf, 5));
	EXPECT_EQ(2, lseek(fd, 2, SEEK_DATA));
	EXPECT_EQ(5, lseek(fd, 2, SEEK_HOLE));
	EXPECT_EQ(-ENXIO, slot_result(lseek(fd, 5, SEEK_DATA)));
	EXPECT_EQ(-EINVAL, slot_result(lseek(fd, -1, SEEK_SET)));
	EXPECT_EQ(-EINVAL, slot_result(lseek(fd, 0, 99)));
	close(fd);
}

TEST_F(fs, mapping_wants_the_door)
{
	struct msg_slot_mapping mapping;
	struct msg_slot_locate where = {};
	int fd;
	void *at;

	ASSERT_EQ(0, fs_put(NAME, "x"));
	fd = fs_open(NAME, O_RDWR);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT_EQ(MAP_FAILED, at);
	EXPECT_EQ(EPERM, errno);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	EXPECT_EQ(MAP_FAILED, at);
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_GET_MAPPING, &mapping));
	EXPECT_EQ(-EPERM, slot_ioctl(fd, MSG_SLOT_LOCATE, &where));
	close(fd);
	at = mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->door, 0);
	EXPECT_NE(MAP_FAILED, at);
	munmap(at, 4096);
}

TEST_F(fs, sendfile_and_splice_from_it)
{
	int fd, pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, fs_put(NAME, "12345"));
	fd = fs_open(NAME, O_RDONLY);
	EXPECT_EQ(5, sendfile(pipes[1], fd, NULL, 1000));
	EXPECT_EQ(0, sendfile(pipes[1], fd, NULL, 1000));
	EXPECT_EQ(5, slot_read(pipes[0], buf, 100));
	lseek(fd, 0, SEEK_SET);
	EXPECT_EQ(3, splice(fd, NULL, pipes[1], NULL, 3, 0));
	ASSERT_EQ(0, fs_put(NAME, "67890"));
	EXPECT_EQ(2, splice(fd, NULL, pipes[1], NULL, 1000, 0));
	EXPECT_EQ(5, slot_read(pipes[0], buf, 100));
	EXPECT_EQ(0, memcmp(buf, "12345", 5));
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

/* Each would put in a part as if it were a message. */
TEST_F(fs, not_into_it)
{
	int fd, from, pipes[2];

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, fs_put(NAME, "old"));
	ASSERT_EQ(0, fs_put("robot/other", "other"));
	fd = fs_open(NAME, O_RDWR);
	from = fs_open("robot/other", O_RDONLY);
	ASSERT_EQ(3, slot_write(pipes[1], "new", 3));
	EXPECT_EQ(-EINVAL, slot_result(splice(pipes[0], NULL, fd, NULL, 3, 0)));
	EXPECT_EQ(-EINVAL, slot_result(sendfile(fd, from, NULL, 10)));
	EXPECT_EQ(-EINVAL,
		  slot_result(copy_file_range(from, NULL, fd, NULL, 10, 0)));
	EXPECT_EQ(-EOPNOTSUPP, slot_result(fallocate(fd, 0, 0, 10)));
	EXPECT_FILE(NAME, "old");
	close(from);
	from = fs_open("/proc/self/exe", O_RDONLY);
	EXPECT_EQ(-EXDEV,
		  slot_result(copy_file_range(from, NULL, fd, NULL, 10, 0)));
	EXPECT_FILE(NAME, "old");
	close(from);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

TEST_F(fs, what_it_has_not)
{
	/* Version 2, without entries. */
	const char acl[4] = { 2 };

	ASSERT_EQ(0, fs_put(NAME, "old"));
	EXPECT_EQ(-EINVAL, fs_open(NAME, O_RDWR | O_DIRECT));
	EXPECT_EQ(-EOPNOTSUPP,
		  slot_result(setxattr(NAME, "user.a", "b", 1, 0)));
	EXPECT_EQ(-EOPNOTSUPP,
		  slot_result(setxattr(NAME, "trusted.a", "b", 1, 0)));
	EXPECT_EQ(-EOPNOTSUPP,
		  slot_result(setxattr(NAME, "system.posix_acl_access", acl,
				       sizeof(acl), 0)));
	EXPECT_EQ(-EPERM, slot_result(link(NAME, "robot/two")));
	EXPECT_EQ(-EPERM, slot_result(symlink("temperature", "robot/two")));
	EXPECT_EQ(-EPERM, slot_result(mkfifo("robot/two", 0666)));
	EXPECT_EQ(-EPERM, slot_result(mknod("robot/two", S_IFSOCK | 0666, 0)));
	EXPECT_EQ(-EPERM, slot_result(mknod("robot/two", S_IFCHR | 0666,
					    makedev(1, 3))));
	EXPECT_EQ(-EOPNOTSUPP, fs_open("robot", O_RDWR | O_TMPFILE));
	EXPECT_EQ(-EACCES, slot_result(execl(NAME, NAME, NULL)));
	EXPECT_EQ(1, fs_entries("robot"));
	EXPECT_FILE(NAME, "old");
}

/* mknod() of a regular file is creat(). */
TEST_F(fs, mknod_of_a_file)
{
	EXPECT_EQ(0, slot_result(mknod("robot/two", S_IFREG | 0600, 0)));
	EXPECT_FILE("robot/two", "");
}

/* The kernel answers that one without asking, by a size that is no message's. */
TEST_F(fs, fionread_does_no_harm)
{
	int fd, n;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDWR);
	EXPECT_EQ(0, slot_ioctl(fd, FIONREAD, &n));
	EXPECT_EQ(3, slot_read(fd, buf, 10));
	EXPECT_FILE(NAME, "old");
	close(fd);
}

/* Nor to a file of another file system. */
TEST_F(fs, copy_file_range_from_it)
{
	char path[] = "/tmp/slotfs-copy-XXXXXX";
	int fd, to = mkstemp(path);

	ASSERT_LE(0, to);
	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDONLY);
	EXPECT_EQ(-EXDEV,
		  slot_result(copy_file_range(fd, NULL, to, NULL, 10, 0)));
	EXPECT_EQ(0, fs_size(path));
	/* cp and cat then read and write, and so may others. */
	EXPECT_EQ(3, slot_read(fd, buf, 10));
	close(fd);
	close(to);
	unlink(path);
}

static bool notified(int fd, unsigned int mask)
{
	struct inotify_event event;

	return slot_read(fd, &event, sizeof(event)) == sizeof(event) &&
	       event.mask == mask;
}

TEST_F(fs, inotify_sees_what_is_written_through_it)
{
	int fd, watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	ASSERT_EQ(0, fs_put(NAME, "old"));
	ASSERT_LE(0, inotify_add_watch(watch, NAME,
				       IN_MODIFY | IN_CLOSE_WRITE | IN_ACCESS));
	fd = fs_open(NAME, O_RDWR);
	ASSERT_EQ(3, slot_write(fd, "new", 3));
	EXPECT_TRUE(notified(watch, IN_MODIFY));
	ASSERT_EQ(3, slot_pread(fd, buf, 3, 0));
	EXPECT_TRUE(notified(watch, IN_ACCESS));
	close(fd);
	EXPECT_TRUE(notified(watch, IN_CLOSE_WRITE));
	close(watch);
}

TEST_F(fs, poll_says_what_was_not_read)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDONLY);
	EXPECT_TRUE(has_news(fd));
	ASSERT_EQ(3, slot_pread(fd, buf, 10, 0));
	EXPECT_FALSE(has_news(fd));
	ASSERT_EQ(0, fs_put(NAME, "new"));
	EXPECT_TRUE(has_news(fd));
	ASSERT_EQ(1, slot_pread(fd, buf, 1, 0));
	EXPECT_FALSE(has_news(fd));
	close(fd);
}

/* In the middle there is the rest, and then the end, until the reader knows. */
TEST_F(fs, poll_says_that_it_was_read_in_part)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDONLY);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(1, slot_read(fd, buf, 1));
		EXPECT_TRUE(has_news(fd));
	}
	EXPECT_EQ(0, slot_read(fd, buf, 1));
	EXPECT_FALSE(has_news(fd));
	lseek(fd, 0, SEEK_SET);
	ASSERT_EQ(1, slot_read(fd, buf, 1));
	EXPECT_TRUE(has_news(fd));
	ASSERT_EQ(2, slot_read(fd, buf, 10));
	EXPECT_FALSE(has_news(fd));
	lseek(fd, 0, SEEK_SET);
	ASSERT_EQ(1, slot_read(fd, buf, 1));
	lseek(fd, 0, SEEK_SET);
	EXPECT_FALSE(has_news(fd));
	/* One byte, for who takes byte by byte. */
	ASSERT_EQ(0, fs_put(NAME, "1"));
	ASSERT_EQ(1, slot_read(fd, buf, 1));
	EXPECT_TRUE(has_news(fd));
	ASSERT_EQ(0, slot_read(fd, buf, 1));
	EXPECT_FALSE(has_news(fd));
	close(fd);
}

/* Wait, go back, read: who does it in this order, as with sysfs, waits indeed. */
TEST_F(fs, poll_and_then_seek)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(3, slot_read(fd, buf, 3));
	EXPECT_FALSE(has_news(fd));
	ASSERT_EQ(0, fs_put(NAME, "newer"));
	EXPECT_TRUE(has_news(fd));
	lseek(fd, 0, SEEK_SET);
	ASSERT_EQ(5, slot_read(fd, buf, 10));
	EXPECT_FALSE(has_news(fd));
	close(fd);
}

/* A read from the beginning waits for a message that was not read. */
TEST_F(fs, blocking_reads)
{
	struct sleeper sleeper = { .call = sleep_in_read };
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDONLY);
	ASSERT_EQ(0, slot_result(ioctl(fd, MSG_SLOT_BLOCKING, 1)));
	ASSERT_EQ(3, slot_read(fd, buf, 10));
	EXPECT_EQ(0, slot_read(fd, buf, 10));
	lseek(fd, 0, SEEK_SET);
	sleeper.fd = fd;
	sleeper_start(&sleeper);
	ASSERT_EQ(0, fs_put(NAME, "newer"));
	EXPECT_EQ(5, sleeper_join(&sleeper));
	lseek(fd, 0, SEEK_SET);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(-EWOULDBLOCK, slot_read(fd, buf, 10));
	close(fd);
}

/* Who waits for a message on an open file keeps nobody from it who shares it. */
TEST_F(fs, blocking_reads_of_a_shared_file)
{
	struct sleeper sleeper = { .call = sleep_in_read };
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDWR);
	ASSERT_EQ(0, slot_result(ioctl(fd, MSG_SLOT_BLOCKING, 1)));
	ASSERT_EQ(3, slot_pread(fd, buf, 10, 0));
	sleeper.fd = fd;
	sleeper_start(&sleeper);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(5, slot_write(fd, "newer", 5));
	EXPECT_EQ(5, sleeper_join(&sleeper));
	close(fd);
}

TEST_F(fs, fsync_and_the_like)
{
	int fd;

	ASSERT_EQ(0, fs_put(NAME, "old"));
	fd = fs_open(NAME, O_RDWR | O_SYNC);
	EXPECT_EQ(3, slot_write(fd, "new", 3));
	EXPECT_EQ(0, fsync(fd));
	EXPECT_EQ(0, fdatasync(fd));
	EXPECT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
	EXPECT_EQ(-EINVAL, slot_result(fcntl(fd, F_SETLEASE, F_WRLCK)));
	close(fd);
	fd = fs_open(NAME, O_RDONLY);
	EXPECT_EQ(-EINVAL, slot_result(fcntl(fd, F_SETLEASE, F_RDLCK)));
	close(fd);
}

TEST_HARNESS_MAIN

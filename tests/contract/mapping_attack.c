// SPDX-License-Identifier: GPL-2.0
/*
 * An attacker who may read a slot, and has mapped it, tries all that a process
 * can do to memory of its own. It gets nothing, and breaks nothing.
 */
#include "child.h"
#include "mapping.h"

#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define ID 7
#define TEXT "keep your hands off"

/* Open for reading alone, as the attacker's is; and for the one who writes. */
FIXTURE(attack)
{
	int node;
	int writer;
	int fd;
	size_t size;
	char *base;
	const struct msg_slot_cell *cell;
};

FIXTURE_SETUP(attack)
{
	self->node = slot_fresh();
	self->writer = slot_open(self->node, O_RDWR);
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_restrict(self->fd, 0, MSG_SLOT_READ_ONLY));
	ASSERT_EQ(0, slot_put(self->writer, ID, TEXT, strlen(TEXT)));
	self->size = slot_mapping(self->fd).size;
	self->base = (char *)slot_map(self->fd);
	self->cell = slot_cell(self->fd, self->base, ID);
}

/* Whatever was done, the kernel's messages are as they were, and so are we. */
FIXTURE_TEARDOWN(attack)
{
	EXPECT_GET(self->writer, ID, TEXT);
	EXPECT_CELL(self->cell, ID, TEXT);
	EXPECT_TRUE(bytes_are_zero((char *)self->cell + sizeof(*self->cell),
				   PAGE - sizeof(*self->cell)));
	EXPECT_EQ(0, slot_put(self->writer, ID, "next", 4));
	EXPECT_CELL(self->cell, ID, "next");
	munmap(self->base, self->size);
	EXPECT_EQ(0, slot_clear(self->writer, ID));
	close(self->fd);
	close(self->writer);
	close(self->node);
}

TEST_F(attack, writes)
{
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base, true));
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base + PAGE, true));
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base + self->size - 1, true));
}

/* The kernel as an accomplice, which writes where it is told to. */
TEST_F(attack, reads_into_it)
{
	int fd = open("/dev/zero", O_RDONLY);

	EXPECT_EQ(-EFAULT, slot_read(fd, self->base, 8));
	EXPECT_EQ(-EFAULT, slot_pread(self->writer, self->base, 128, ID));
	EXPECT_EQ(-EFAULT,
		  slot_ioctl(self->writer, MSG_SLOT_GET_MAPPING, self->base));
	close(fd);
}

TEST_F(attack, changes_the_rights)
{
	const int rights[] = {
		PROT_WRITE,
		PROT_READ | PROT_WRITE,
		PROT_EXEC,
		PROT_READ | PROT_EXEC,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rights); i++) {
		EXPECT_EQ(-1, mprotect(self->base, PAGE, rights[i]));
		EXPECT_EQ(EACCES, errno);
	}
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base, true));
	EXPECT_EQ(0, mprotect(self->base, PAGE, PROT_NONE));
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base, false));
	EXPECT_EQ(-1, mprotect(self->base, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, mprotect(self->base, PAGE, PROT_READ));
}

TEST_F(attack, runs_it)
{
	pid_t child = fork();

	if (!child)
		((void (*)(void))self->cell->bytes)();
	EXPECT_EQ(SIGSEGV, WTERMSIG(child_end(child)));
}

TEST_F(attack, grows_it)
{
	char *part = (char *)slot_map_part(self->fd, 0, PAGE);

	EXPECT_EQ(MAP_FAILED, mremap(part, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(MAP_FAILED, mremap(part, PAGE, 2 * PAGE, 0));
	EXPECT_EQ(MAP_FAILED, mremap(self->base, self->size, self->size + PAGE,
				     MREMAP_MAYMOVE));
	munmap(part, PAGE);
}

/* Duplicates are refused, or are mappings as any other. */
TEST_F(attack, duplicates_it)
{
	char *twin = mremap(self->base, 0, PAGE, MREMAP_MAYMOVE);

	if (twin != MAP_FAILED) {
		EXPECT_EQ(SIGSEGV, signal_of_touch(twin, true));
		munmap(twin, PAGE);
	}
	twin = mremap(self->base, PAGE, PAGE,
		      MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (twin != MAP_FAILED) {
		EXPECT_EQ(SIGSEGV, signal_of_touch(twin, true));
		munmap(twin, PAGE);
	}
}

TEST_F(attack, moves_it)
{
	char *moved = mmap(NULL, self->size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_EQ(moved, mremap(self->base, self->size, self->size,
				MREMAP_MAYMOVE | MREMAP_FIXED, moved));
	self->cell = (void *)(moved + ((char *)self->cell - self->base));
	self->base = moved;
	EXPECT_CELL(self->cell, ID, TEXT);
	EXPECT_EQ(SIGSEGV, signal_of_touch(moved, true));
}

/* One that has what we have, and stops for us, its tracer. */
static pid_t traced_child(void)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return WIFSTOPPED(status) ? child : -1;
}

static int open_proc_mem(pid_t process)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/mem", process);
	return open(path, O_RDWR);
}

/*
 * What is written there goes into read-only memory by force. Where the kernel does
 * that for tracers alone (Debian's 7.x), only the second half is an attack.
 */
TEST_F(attack, writes_by_proc_mem)
{
	char *control =
		mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t child = traced_child();
	pid_t targets[] = { getpid(), child };
	bool forced[ARRAY_SIZE(targets)];

	ASSERT_NE(MAP_FAILED, control);
	ASSERT_LT(0, child);
	for (unsigned int i = 0; i < ARRAY_SIZE(targets); i++) {
		int mem = open_proc_mem(targets[i]);

		ASSERT_LE(0, mem);
		EXPECT_GT(0, slot_pwrite(mem, "forged", 6,
					 (unsigned long)self->cell));
		EXPECT_GT(0, slot_pwrite(mem, "forged", 6,
					 (unsigned long)self->cell->bytes[1]));
		forced[i] = slot_pwrite(mem, "forged", 6,
					(unsigned long)control) == 6;
		close(mem);
	}
	EXPECT_TRUE(forced[1]);
	printf("# info: /proc/PID/mem writes by force for a tracer%s\n",
	       forced[0] ? " and for the process itself" : " alone");
	kill(child, SIGKILL);
	child_end(child);
	munmap(control, PAGE);
}

/* As a debugger's breakpoint is set in what is read only. */
TEST_F(attack, writes_by_ptrace)
{
	pid_t child = traced_child();

	ASSERT_LT(0, child);
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, child, self->cell, 0xbadl));
	EXPECT_EQ(-1,
		  ptrace(PTRACE_POKETEXT, child, self->cell->bytes, 0xbadl));
	kill(child, SIGKILL);
	child_end(child);
}

TEST_F(attack, writes_by_process_vm_writev)
{
	struct iovec from = { "forged", 6 };
	struct iovec to = { self->base, 6 };

	EXPECT_EQ(-1, process_vm_writev(getpid(), &from, 1, &to, 1, 0));
	EXPECT_EQ(EFAULT, errno);
}

/* What would do harm to the machine by definition is left out. */
TEST_F(attack, gives_advice)
{
	const int harmful[] = { 100, 101 };

	for (int advice = 0; advice < 110; advice++) {
		if (advice == harmful[0] || advice == harmful[1])
			continue;
		madvise(self->base, PAGE, advice);
		madvise(self->base, self->size, advice);
		madvise(self->base, self->size, MADV_DOFORK);
		EXPECT_CELL(self->cell, ID, TEXT);
	}
	EXPECT_EQ(-1, madvise(self->base, PAGE, MADV_REMOVE));
	EXPECT_EQ(-1, madvise(self->base, PAGE, MADV_FREE));
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base, true));
}

TEST_F(attack, locks_it)
{
	if (!mlock(self->base, PAGE))
		EXPECT_EQ(0, munlock(self->base, PAGE));
	/* No page but the first is there to be had. */
	mlock(self->base, self->size);
	munlock(self->base, self->size);
	EXPECT_EQ(SIGSEGV, signal_of_touch(self->base, true));
}

/* To serve its page faults with other pages. */
TEST_F(attack, registers_with_userfaultfd)
{
	const __u64 modes[] = { UFFDIO_REGISTER_MODE_MISSING,
				UFFDIO_REGISTER_MODE_WP,
				UFFDIO_REGISTER_MODE_MINOR };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		struct uffdio_register range = {
			.range = { (unsigned long)self->base, PAGE },
			.mode = modes[i],
		};

		EXPECT_EQ(-1, ioctl(fd, UFFDIO_REGISTER, &range));
	}
	close(fd);
}

static bool pins_for_io_uring(char *base)
{
	struct io_uring_params params = {};
	struct iovec buffer = { base, PAGE };
	int ring = syscall(SYS_io_uring_setup, 8, &params);
	long ret;

	if (ring < 0)
		return false;
	ret = syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		      &buffer, 1);
	close(ring);
	return !ret;
}

/* A fixed buffer is one that can be written to. */
TEST_F(attack, registers_with_io_uring)
{
	EXPECT_FALSE(pins_for_io_uring(self->base));
}

/* Other pages of the slot come with the same rights, others don't. */
TEST_F(attack, remaps_pages)
{
	char *part = (char *)slot_map_part(self->fd, PAGE, PAGE);

	if (!syscall(SYS_remap_file_pages, part, PAGE, 0, 0, 0))
		EXPECT_EQ(0, memcmp(part, self->base, PAGE));
	EXPECT_EQ(-1, syscall(SYS_remap_file_pages, part, PAGE, 0,
			      self->size / PAGE, 0));
	EXPECT_EQ(-1,
		  syscall(SYS_remap_file_pages, part, PAGE, 0, 0x7fffffff, 0));
	EXPECT_EQ(SIGSEGV, signal_of_touch(part, true));
	munmap(part, PAGE);
}

/* By way of what the kernel shows of this process's mappings. */
TEST_F(attack, opens_it_anew)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx",
		 (unsigned long)self->base,
		 (unsigned long)self->base + self->size);
	EXPECT_EQ(-1, truncate(path, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, self->fd, 0));
	EXPECT_EQ(-1, fallocate(self->writer, 0, 0, PAGE));
	EXPECT_EQ(-1, ftruncate(self->writer, 0));
}

TEST_F(attack, has_it_as_a_futex)
{
	struct timespec at_once = {};

	/* FUTEX_WAKE_OP writes, FUTEX_LOCK_PI too, FUTEX_WAIT only reads. */
	EXPECT_EQ(-1, syscall(SYS_futex, self->base, 5, 1, 1, self->base,
			      0x10000fff));
	EXPECT_EQ(-1, syscall(SYS_futex, self->base, 6, 0, &at_once, NULL, 0));
	EXPECT_EQ(-1, syscall(SYS_futex, self->base, 0, self->cell->latch + 1,
			      &at_once, NULL, 0));
}

TEST_HARNESS_MAIN

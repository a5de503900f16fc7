// SPDX-License-Identifier: GPL-2.0
/*
 * uring [SIZE]: what a message costs when BATCH channels are written, or read,
 * in one submission to an io_uring, and when it takes as many system calls. The
 * same with /dev/null and /dev/zero says what of it is not the slot's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>

#include "channels.h"
#include "table.h"

#define BATCH 64 /* divides TURNS */

typedef void (*prepare)(struct io_uring_sqe *sqe, unsigned int id);

static struct io_uring ring;
/* What is written to and read from: a slot or a device. */
static int write_fd, read_fd;
/* As registered with the ring, as its documentation recommends. */
enum { WRITE_FILE, READ_FILE };

static void prepare_write(struct io_uring_sqe *sqe, unsigned int id)
{
	io_uring_prep_write(sqe, WRITE_FILE, sent.bytes, size, id);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

static void prepare_read(struct io_uring_sqe *sqe, unsigned int id)
{
	io_uring_prep_read(sqe, READ_FILE, got.bytes, size, id);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
}

static void prepare_command(struct io_uring_sqe *sqe, int file,
			    unsigned int operation, const void *buffer,
			    unsigned int id)
{
	struct msg_slot_transfer *transfer = (void *)sqe->cmd;

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, file, NULL, 0, 0);
	io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
	sqe->cmd_op = operation;
	transfer->buffer = (uintptr_t)buffer;
	transfer->size = size;
	transfer->channel = id;
}

static void prepare_write_command(struct io_uring_sqe *sqe, unsigned int id)
{
	prepare_command(sqe, WRITE_FILE, MSG_SLOT_URING_WRITE, sent.bytes, id);
}

static void prepare_read_command(struct io_uring_sqe *sqe, unsigned int id)
{
	prepare_command(sqe, READ_FILE, MSG_SLOT_URING_READ, got.bytes, id);
}

static void prepare_nothing(struct io_uring_sqe *sqe, unsigned int id)
{
	(void)id;
	io_uring_prep_nop(sqe);
}

/* Return: 0, or below it when one of the BATCH operations failed. */
static long complete(void)
{
	struct io_uring_cqe *done[BATCH];
	unsigned int i, n = io_uring_peek_batch_cqe(&ring, done, BATCH);
	int result = n == BATCH ? 0 : -1;

	for (i = 0; i < n; i++)
		result |= done[i]->res;
	io_uring_cq_advance(&ring, n);
	return result;
}

static inline long submit(prepare operation)
{
	int i;

	for (i = 0; i < BATCH; i++)
		operation(io_uring_get_sqe(&ring), next_turn());
	if (io_uring_submit_and_wait(&ring, BATCH) < 0)
		return -1;
	return complete();
}

static long submit_writes(void)
{
	return submit(prepare_write);
}

static long submit_reads(void)
{
	return submit(prepare_read);
}

static long submit_write_commands(void)
{
	return submit(prepare_write_command);
}

static long submit_read_commands(void)
{
	return submit(prepare_read_command);
}

static long submit_nothing(void)
{
	return submit(prepare_nothing);
}

static long call_pwrite(void)
{
	long result = 0;
	int i;

	for (i = 0; i < BATCH; i++)
		result |= pwrite(write_fd, sent.bytes, size, next_turn());
	return result;
}

static long call_pread(void)
{
	long result = 0;
	int i;

	for (i = 0; i < BATCH; i++)
		result |= pread(read_fd, got.bytes, size, next_turn());
	return result;
}

static void use_files(int to_write, int to_read)
{
	const int files[] = { to_write, to_read };

	write_fd = to_write;
	read_fd = to_read;
	errno = -io_uring_register_files(&ring, files, 2);
	must(-errno, "io_uring_register_files");
}

static void measure_batch(const char *name, operation write, operation read)
{
	struct cost cost = count(write, read, ONE);

	print_figure(name, "write", cost.write / BATCH);
	print_figure(name, "read", cost.read / BATCH);
}

static void measure_slot(void)
{
	slot_fd = open_new_slot();
	make_channels(1, 1 + BATCH);
	take_turns(BATCH);
	use_files(slot_fd, slot_fd);
	measure_batch("slot-calls-64", call_pwrite, call_pread);
	measure_batch("slot-uring-64", submit_writes, submit_reads);
	measure_batch("slot-commands-64", submit_write_commands,
		      submit_read_commands);
	io_uring_unregister_files(&ring);
	close(slot_fd);
}

static void measure_floor(void)
{
	use_files(must(open("/dev/null", O_WRONLY), "/dev/null"),
		  must(open("/dev/zero", O_RDONLY), "/dev/zero"));
	measure_batch("floor-calls-64", call_pwrite, call_pread);
	measure_batch("floor-uring-64", submit_writes, submit_reads);
	measure_batch("nothing-uring-64", submit_nothing, submit_nothing);
	io_uring_unregister_files(&ring);
}

int main(int argc, char *argv[])
{
	make_message(argc > 1 ? strtoul(argv[1], NULL, 10) : 128);
	errno = -io_uring_queue_init(BATCH, &ring, IORING_SETUP_SINGLE_ISSUER);
	must(-errno, "io_uring_queue_init");
	measure_floor();
	measure_slot();
	io_uring_queue_exit(&ring);
	return EXIT_SUCCESS;
}

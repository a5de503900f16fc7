// SPDX-License-Identifier: GPL-2.0
/*
 * iceoryx ROUDI SIZE...: what it costs in iceoryx to publish a value and to take
 * it, with a publisher and a subscriber that has a history and a queue of one.
 * ROUDI is the daemon's program; it shares out the memory, and values go past it.
 *
 * A read takes the chunk that has arrived, copies it and releases it. Who wants the
 * last value also when none has arrived since keeps the chunk that it had, until
 * there is another: read-again.
 */
#include "means/iceoryx.h"

static const void *kept;

/* The last value, whether there is a new one or not. */
static long take_or_keep(void)
{
	const void *chunk;

	if (iox_sub_take_chunk(subscriber, &chunk) ==
	    ChunkReceiveResult_SUCCESS) {
		if (kept)
			iox_sub_release_chunk(subscriber, kept);
		kept = chunk;
	}
	if (!kept)
		return -1;
	memcpy(got.bytes, kept, size);
	return 0;
}

static void check_got(void)
{
	if (memcmp(got.bytes, sent.bytes, size))
		errx(EXIT_FAILURE, "iceoryx: another message came out");
}

/* The queue takes one, so each is taken before the next one is published. */
static void measure_iceoryx(void)
{
	double write, read;

	memset(got.bytes, 0, size);
	must(publish(), "iceoryx: publishing");
	must(take_chunk(), "iceoryx: taking");
	check_got();
	write = count_between(nothing, publish, take_chunk);
	read = count_between(publish, take_chunk, nothing);
	write -= count_between(nothing, nothing, nothing);
	read -= count_between(nothing, nothing, nothing);
	print_figure("iceoryx", "write", write);
	print_figure("iceoryx", "read", read);
	print_figure("iceoryx", "pair", write + read);

	memset(got.bytes, 0, size);
	must(publish(), "iceoryx: publishing");
	must(take_or_keep(), "iceoryx: taking");
	check_got();
	print_figure("iceoryx", "read-again",
		     count(NULL, take_or_keep, FEW).read);
	iox_sub_release_chunk(subscriber, kept);
	kept = NULL;
}

int main(int argc, char *argv[])
{
	pid_t daemon;
	int i;

	if (argc < 3)
		errx(EXIT_FAILURE, "usage: iceoryx ROUDI SIZE...");
	daemon = start_roudi(argv[1]);
	open_ends("message-slot-bench", "slot", "slot");
	wait_until(is_subscribed, "iceoryx");
	for (i = 2; i < argc; i++) {
		make_message(strtoul(argv[i], NULL, 10));
		measure_iceoryx();
	}
	/*
	 * Asked to end, the daemon would first end all who have used it; and the
	 * library would take leave of it at exit, and wait.
	 */
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	_exit(EXIT_SUCCESS);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Frames, long messages and short ones of one channel, put, got, read and cleared by many
 * at once: what comes out is always one of them, whole, and what one has got stays.
 */
#include "race.h"

#include "frame.h"

#define ID 9
#define MOST 20000

/* As long as its number says, and each byte follows from that. */
static size_t size_of(struct note note)
{
	unsigned long long seed = mix(note.count * 64 + note.writer);

	if (seed % 2)
		return NOTE_BYTES + seed / 2 % 150;
	return NOTE_BYTES + seed / 2 % (MOST - NOTE_BYTES + 1);
}

static size_t make(char *buf, struct note note)
{
	size_t n = size_of(note);

	memset(buf, mix(note.count + note.writer), n);
	memcpy(buf, &note, NOTE_BYTES);
	return n;
}

static bool is_whole(const char *buf, long n)
{
	static __thread char wanted[MOST];
	struct note note = {};

	if (n < (long)NOTE_BYTES)
		return false;
	memcpy(&note, buf, NOTE_BYTES);
	return size_of(note) == (size_t)n && make(wanted, note) == (size_t)n &&
	       !memcmp(buf, wanted, n);
}

static int frame_with(const char *bytes, size_t n)
{
	int memfd = memfd_of(0, 0);

	if (write(memfd, bytes, n) != (ssize_t)n)
		abort();
	return frame_seal(memfd);
}

static long put_as_frame(int fd, const char *bytes, size_t n)
{
	int memfd = frame_with(bytes, n);
	long ret = slot_put_frame(fd, ID, memfd);

	close(memfd);
	return ret;
}

static void put_frames(struct racer *racer)
{
	struct note note = { .writer = racer->id };
	char bytes[MOST];

	while (racing(racer)) {
		size_t n = make(bytes, note);

		note.count++;
		racer_expect(racer, !put_as_frame(racer->fd, bytes, n),
			     "a frame could not be put");
	}
}

static void put_others(struct racer *racer)
{
	struct note note = { .writer = racer->id };
	char bytes[MOST];

	while (racing(racer)) {
		size_t n = make(bytes, note);

		note.count++;
		racer_expect(racer,
			     slot_pwrite(racer->fd, bytes, n, ID) == (long)n,
			     "a message could not be written");
	}
}

static void clear_now_and_then(struct racer *racer)
{
	while (racing(racer)) {
		racer_expect(racer, !slot_clear(racer->fd, ID),
			     "it could not be cleared");
		usleep(1000);
	}
}

static bool has_whole(int frame, unsigned int size)
{
	char bytes[MOST + 1];

	return pread(frame, bytes, sizeof(bytes), 0) == (long)size &&
	       is_whole(bytes, size);
}

/* Looked at once more when another is there. */
static void get_frames(struct racer *racer)
{
	struct msg_slot_record record, kept_record = {};
	long frame, kept = -1;

	while (racing(racer)) {
		frame = slot_get_frame_told(racer->fd, ID, &record);
		if (frame == -ENODATA || frame == -EWOULDBLOCK) {
			racer_expect(racer, true, NULL);
			continue;
		}
		racer_expect(racer, frame >= 0 && has_whole(frame, record.size),
			     "a frame was not whole");
		if (kept >= 0)
			racer_expect(racer, has_whole(kept, kept_record.size),
				     "a frame changed");
		close(kept);
		kept = frame;
		kept_record = record;
	}
	close(kept);
}

static void read_messages(struct racer *racer)
{
	char bytes[MOST + 1];

	while (racing(racer)) {
		long n = slot_pread(racer->fd, bytes, sizeof(bytes), ID);

		racer_expect(racer, n == -EWOULDBLOCK || is_whole(bytes, n),
			     "a message was not whole");
	}
}

static void get_messages(struct racer *racer)
{
	char bytes[MOST];

	while (racing(racer)) {
		struct msg_slot_get get = get_into(ID, bytes, MOST);
		long ret = slot_snapshot(racer->fd, &get, 1);

		racer_expect(racer,
			     !ret && (get.record.event != MSG_SLOT_WRITTEN ||
				      is_whole(bytes, get.record.size)),
			     "a snapshot was not whole");
	}
}

FIXTURE(frames)
{
	int node;
	int fd;
};

FIXTURE_VARIANT(frames)
{
	bool processes;
};

/* clang-format off */
FIXTURE_VARIANT_ADD(frames, threads) {
	.processes = false,
};

FIXTURE_VARIANT_ADD(frames, processes) {
	.processes = true,
};

/* clang-format on */

FIXTURE_SETUP(frames)
{
	self->node = slot_fresh();
	self->fd = slot_open(self->node, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, slot_set_max_message(self->fd, LARGEST));
}

FIXTURE_TEARDOWN(frames)
{
	close(self->fd);
	close(self->node);
}

TEST_F(frames, all_at_once)
{
	struct race *race = race_new(self->node, variant->processes);

	race_add_many(race, 2, put_frames);
	race_add(race, put_others);
	race_add(race, clear_now_and_then);
	race_add_many(race, 2, get_frames);
	race_add(race, read_messages);
	race_add(race, get_messages);
	race_run(race, _metadata);
	ASSERT_EQ(0, slot_clear(self->fd, ID));
	EXPECT_EQ(0u, slot_usage(self->fd).bytes);
}

TEST_HARNESS_MAIN

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls for records: messages with what the kernel knows of them, on
 * conditions, for a time, claimed, watched and restricted. As those in slot.h
 * they return -errno when they fail.
 */
#ifndef TESTS_RECORD_H
#define TESTS_RECORD_H

#include "limit.h"

#include <time.h>

#define MILLISECOND 1000000ull
#define SECOND (1000 * MILLISECOND)
#define FOREVER MSG_SLOT_FOREVER

/* Of any of the system's clocks, in nanoseconds. */
static inline unsigned long long clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The message with its record. */
struct got {
	struct msg_slot_record record;
	char message[MSG_SLOT_MAX_MESSAGE];
};

static inline struct msg_slot_get get_into(unsigned int id, void *buf,
					   unsigned int room)
{
	struct msg_slot_get get = { .channel = id,
				    .room = room,
				    .buffer = (unsigned long)buf };

	memset(&get.record, 0xee, sizeof(get.record));
	return get;
}

static inline long slot_get(int fd, unsigned int id, struct got *got)
{
	struct msg_slot_get get =
		get_into(id, got->message, sizeof(got->message));
	long ret = slot_ioctl(fd, MSG_SLOT_GET, &get);

	got->record = get.record;
	return ret;
}

/* Without the message, which no room is given for. */
static inline struct msg_slot_record slot_record(int fd, unsigned int id)
{
	struct msg_slot_get get = get_into(id, NULL, 0);
	long ret = slot_ioctl(fd, MSG_SLOT_GET, &get);

	if (ret !=
	    (get.record.event == MSG_SLOT_WRITTEN ? -ENOSPC : -EWOULDBLOCK))
		abort();
	return get.record;
}

static inline unsigned long long slot_version(int fd, unsigned int id)
{
	return slot_record(fd, id).version;
}

static inline long slot_wait(int fd, unsigned int id,
			     unsigned long long version,
			     unsigned long long timeout, unsigned int flags,
			     struct got *got)
{
	struct msg_slot_wait wait = {
		.version = version,
		.timeout = timeout,
		.flags = flags,
		.get = get_into(id, got->message, sizeof(got->message)),
	};
	long ret = slot_ioctl(fd, MSG_SLOT_WAIT, &wait);

	got->record = wait.get.record;
	return ret;
}

static inline struct msg_slot_put put_of(unsigned int id, const void *buf,
					 unsigned int n)
{
	return (struct msg_slot_put){ .channel = id,
				      .buffer = (unsigned long)buf,
				      .size = n };
}

static inline long slot_put(int fd, unsigned int id, const void *buf,
			    unsigned int n)
{
	struct msg_slot_put put = put_of(id, buf, n);

	return slot_ioctl(fd, MSG_SLOT_PUT, &put);
}

/* Also told: the message's version, though it may be over by then. */
static inline long slot_put_told(int fd, unsigned int id, const void *buf,
				 unsigned int n, unsigned long long ttl,
				 unsigned long long *version)
{
	struct msg_slot_put put = put_of(id, buf, n);
	long ret;

	put.ttl = ttl;
	ret = slot_ioctl(fd, MSG_SLOT_PUT, &put);
	*version = put.version;
	return ret;
}

static inline long slot_put_for(int fd, unsigned int id, const void *buf,
				unsigned int n, unsigned long long ttl)
{
	unsigned long long version;

	return slot_put_told(fd, id, buf, n, ttl, &version);
}

/*
 * When a message is over that is put from now on for so long. What is expected of
 * it while it lives is not if this is past: the machine may have stood still.
 */
static inline unsigned long long end_of(unsigned long long ttl)
{
	return clock_now(CLOCK_BOOTTIME) + ttl;
}

static inline bool is_past(unsigned long long end)
{
	return clock_now(CLOCK_BOOTTIME) >= end;
}

/* Also told: the version that the channel has afterwards. */
static inline long slot_put_if(int fd, unsigned int id, const void *buf,
			       unsigned int n, unsigned long long *version)
{
	struct msg_slot_put put = put_of(id, buf, n);
	long ret;

	put.flags = MSG_SLOT_IF_VERSION;
	put.version = *version;
	ret = slot_ioctl(fd, MSG_SLOT_PUT, &put);
	*version = put.version;
	return ret;
}

static inline long slot_clear(int fd, unsigned int id)
{
	struct msg_slot_clear clear = { .channel = id };

	return slot_ioctl(fd, MSG_SLOT_CLEAR, &clear);
}

/* Returns the version that was taken away, or -errno. */
static inline long long slot_take_away(int fd, unsigned int id)
{
	struct msg_slot_clear clear = { .channel = id };
	long ret = slot_ioctl(fd, MSG_SLOT_CLEAR, &clear);

	return ret ?: (long long)clear.version;
}

static inline long slot_clear_if(int fd, unsigned int id,
				 unsigned long long *version)
{
	struct msg_slot_clear clear = { .channel = id,
					.flags = MSG_SLOT_IF_VERSION,
					.version = *version };
	long ret = slot_ioctl(fd, MSG_SLOT_CLEAR, &clear);

	*version = clear.version;
	return ret;
}

static inline long slot_renew(int fd, unsigned int id, unsigned long long ttl)
{
	struct msg_slot_renew renew = { .channel = id, .ttl = ttl };

	return slot_ioctl(fd, MSG_SLOT_RENEW, &renew);
}

/* Also told: the version that the channel has. */
static inline long slot_renew_if(int fd, unsigned int id,
				 unsigned long long ttl,
				 unsigned long long *version)
{
	struct msg_slot_renew renew = { .channel = id,
					.flags = MSG_SLOT_IF_VERSION,
					.version = *version,
					.ttl = ttl };
	long ret = slot_ioctl(fd, MSG_SLOT_RENEW, &renew);

	*version = renew.version;
	return ret;
}

static inline long slot_snapshot(int fd, struct msg_slot_get *gets,
				 unsigned int count)
{
	struct msg_slot_snapshot snapshot = { .gets = (unsigned long)gets,
					      .count = count };

	return slot_ioctl(fd, MSG_SLOT_SNAPSHOT, &snapshot);
}

static inline long slot_claim(int fd, unsigned int id, enum msg_slot_end end)
{
	struct msg_slot_claim claim = { .channel = id, .end = end };

	return slot_ioctl(fd, MSG_SLOT_CLAIM, &claim);
}

static inline long slot_claim_will(int fd, unsigned int id, const void *will,
				   unsigned int n)
{
	struct msg_slot_claim claim = { .channel = id,
					.end = MSG_SLOT_END_WILL,
					.will = (unsigned long)will,
					.will_size = n };

	return slot_ioctl(fd, MSG_SLOT_CLAIM, &claim);
}

static inline long slot_release(int fd, unsigned long id)
{
	return slot_result(syscall(SYS_ioctl, fd, MSG_SLOT_RELEASE, id));
}

static inline long slot_watch_with(int fd, const __u32 *ids, unsigned int count,
				   unsigned int flags)
{
	struct msg_slot_watch watch = { .channels = (unsigned long)ids,
					.count = count,
					.flags = flags };

	return slot_ioctl(fd, MSG_SLOT_WATCH, &watch);
}

static inline long slot_watch(int fd, const __u32 *ids, unsigned int count)
{
	return slot_watch_with(fd, ids, count, 0);
}

static inline long slot_restrict(int fd, unsigned int id, unsigned int flags)
{
	struct msg_slot_restrict restriction = { .channel = id,
						 .flags = flags };

	return slot_ioctl(fd, MSG_SLOT_RESTRICT, &restriction);
}

/* As the record of a channel without a message is to be. */
static inline bool record_is_empty(struct msg_slot_record record,
				   unsigned int id)
{
	struct msg_slot_record empty = { .channel = id, .event = record.event };

	return record.event < MSG_SLOT_RESTART &&
	       record.event != MSG_SLOT_WRITTEN &&
	       !memcmp(&record, &empty, sizeof(empty));
}

/* Memory is given back a little later where a reader may still be at it. */
static inline bool slot_has_channels_soon(int fd, unsigned int channels)
{
	for (int ms = 0; slot_usage(fd).channels != channels; ms++) {
		if (ms == PROMPTLY_MS)
			return false;
		usleep(1000);
	}
	return true;
}

#define EXPECT_EVENT(kind, record) EXPECT_EQ((__u32)(kind), (record).event)

/* No reader finds a message. */
static inline bool channel_is_empty(int fd, unsigned int id)
{
	struct got got;

	return slot_get(fd, id, &got) == -EWOULDBLOCK &&
	       record_is_empty(got.record, id) &&
	       slot_pread(fd, got.message, sizeof(got.message), id) ==
		       -EWOULDBLOCK;
}

/* Every reader finds this message. */
static inline bool channel_has(int fd, unsigned int id, const char *text)
{
	struct got got = {};
	size_t n = strlen(text);
	char buf[MSG_SLOT_MAX_MESSAGE];

	if (!slot_get(fd, id, &got) && got.record.size == n &&
	    got.record.event == MSG_SLOT_WRITTEN &&
	    !memcmp(text, got.message, n) &&
	    slot_pread(fd, buf, sizeof(buf), id) == (long)n &&
	    !memcmp(text, buf, n))
		return true;
	fprintf(stderr, "# channel %u: event %u, %u bytes: %.*s\n", id,
		got.record.event, got.record.size, 20, got.message);
	return false;
}

#define EXPECT_NONE(fd, id) EXPECT_TRUE(channel_is_empty(fd, id))
#define EXPECT_GET(fd, id, text) EXPECT_TRUE(channel_has(fd, id, text))

#endif

// SPDX-License-Identifier: GPL-2.0
/* What travels: keys, values and owners come back as they were, and garbage is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../programs/bridge/envelope.h"
#include "../../programs/bridge/key.h"
#include "../../programs/bridge/term.h"
#include "fixture.h"
#include "msgslot.h"

#define ROUNDS 200000
/* What keys have. */
#define TAKEN \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=/"

static uint64_t random_state = 1;

static unsigned int pick(unsigned int below)
{
	random_state = random_state * 6364136223846793005ULL + 1;
	return (random_state >> 33) % below;
}

/* A byte as it may be in the wrong place. */
static unsigned char spoilt(void)
{
	static const unsigned char marks[] = { ' ', '\n', '/', '-', '0' };

	if (pick(2))
		return pick(256);
	return marks[pick(sizeof(marks))];
}

static const char *const names[] = {
	"pose",	    "7",  "arm/left", "arm//left", "/arm",   "arm/",
	"/",	    "//", "a b",      "=",	   "=owner", "a.b",
	"\xff\x01", "*",  ">",	      "$",	   "..",
};

/* Whether a name's text leads back to it. */
static bool comes_back(const char *name, const char *text)
{
	char *again = key_unescape(text, strlen(text));
	bool same = again && !strcmp(again, name);

	free(again);
	return same;
}

TEST(a_key_leads_back_to_its_name)
{
	char key[KEY_ROOM];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		key_of_name(names[i], key);
		EXPECT_TRUE(comes_back(names[i], key));
	}
}

TEST(a_key_has_what_every_engine_takes)
{
	static const char *const taken = TAKEN;
	char key[KEY_ROOM];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		key_of_name(names[i], key);
		EXPECT_EQ(strlen(key), strspn(key, taken));
		EXPECT_EQ(NULL, strstr(key, "//"));
		EXPECT_NE('/', key[0]);
		EXPECT_NE('/', key[strlen(key) - 1]);
		EXPECT_NE(0, strcmp(KEY_OWNER, key));
	}
}

TEST(a_name_of_any_bytes_comes_back)
{
	unsigned char bytes[64];
	int round, i, length;
	char *text;

	for (round = 0; round < ROUNDS; round++) {
		length = 1 + pick(sizeof(bytes) - 1);
		for (i = 0; i < length; i++)
			bytes[i] = pick(4) ? (unsigned char)"a/=."[pick(4)] :
					     1 + pick(255);
		bytes[length] = '\0';
		text = key_escape((char *)bytes);
		ASSERT_TRUE(comes_back((char *)bytes, text));
		free(text);
	}
}

TEST(a_long_name_has_a_digest)
{
	char name[300], other[300], key[KEY_ROOM], other_key[KEY_ROOM];

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	memcpy(other, name, sizeof(name));
	other[298] = 'b';
	key_of_name(name, key);
	key_of_name(other, other_key);
	EXPECT_EQ(66U, strlen(key));
	EXPECT_NE(0, strcmp(key, other_key));
	EXPECT_EQ(NULL, key_unescape(key, strlen(key)));
}

TEST(a_key_that_no_name_has_leads_nowhere)
{
	static const char *const keys[] = {
		"", "=", "=2", "=61", "=2E", "=2g", "=00", "a//b", "/a", "a.b"
	};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		EXPECT_EQ(NULL, key_unescape(keys[i], strlen(keys[i])));
}

TEST(a_prefix_ends_a_level)
{
	EXPECT_TRUE(key_is_prefix(""));
	EXPECT_TRUE(key_is_prefix("a/"));
	EXPECT_TRUE(key_is_prefix("a/b-_9/"));
	EXPECT_FALSE(key_is_prefix("a"));
	EXPECT_FALSE(key_is_prefix("/"));
	EXPECT_FALSE(key_is_prefix("a//"));
	EXPECT_FALSE(key_is_prefix("a=/"));
	EXPECT_FALSE(key_is_prefix("a b/"));
}

static struct envelope example(const void *bytes, size_t size)
{
	return (struct envelope){
		.origin = "robot-7",
		.term = UINT64_MAX,
		.version = 12,
		.age = 34,
		.ttl = 56,
		.uid = 1000,
		.gid = MSG_SLOT_NO_ID,
		.pid = 78,
		.name = "arm/left",
		.name_size = 8,
		.bytes = bytes,
		.size = size,
	};
}

TEST(an_envelope_comes_back)
{
	struct envelope envelope = example("a\nb\0c", 5), read;
	unsigned char *value;
	size_t size;

	value = envelope_write(&envelope, &size);
	ASSERT_TRUE(envelope_read(&read, value, size));
	EXPECT_EQ(0, strcmp("robot-7", read.origin));
	EXPECT_EQ(UINT64_MAX, read.term);
	EXPECT_EQ(12U, read.version);
	EXPECT_EQ(34U, read.age);
	EXPECT_EQ(56U, read.ttl);
	EXPECT_EQ(1000U, read.uid);
	EXPECT_EQ(MSG_SLOT_NO_ID, read.gid);
	EXPECT_EQ(78U, read.pid);
	ASSERT_EQ(8U, read.name_size);
	EXPECT_EQ(0, memcmp("arm/left", read.name, 8));
	ASSERT_EQ(5U, read.size);
	EXPECT_EQ(0, memcmp("a\nb\0c", read.bytes, 5));
	free(value);
}

TEST(a_message_may_stay_for_ever)
{
	struct envelope envelope = example("x", 1), read;
	unsigned char *value;
	size_t size;

	envelope.ttl = MSG_SLOT_FOREVER;
	value = envelope_write(&envelope, &size);
	ASSERT_TRUE(envelope_read(&read, value, size));
	EXPECT_EQ(MSG_SLOT_FOREVER, read.ttl);
	free(value);
}

TEST(an_envelope_that_is_cut_is_none)
{
	struct envelope envelope = example("x", 1), read;
	unsigned char *value;
	size_t size, cut;

	value = envelope_write(&envelope, &size);
	for (cut = 0; cut < size; cut++)
		EXPECT_FALSE(envelope_read(&read, value, cut));
	free(value);
}

TEST(other_values_are_no_envelopes)
{
	static const char *const values[] = {
		"",
		"hello",
		"hello\n",
		"msgslot1\n",
		"msgslot2 a 1 1 1 - 1/1/1 n\nx",
		"msgslot1  1 1 1 - 1/1/1 n\nx",
		"msgslot1 a/b 1 1 1 - 1/1/1 n\nx",
		"msgslot1 a -1 1 1 - 1/1/1 n\nx",
		"msgslot1 a 1 18446744073709551616 1 - 1/1/1 n\nx",
		"msgslot1 a 1 1 1 0 1/1/1 n\nx",
		"msgslot1 a 1 1 1 - 1/1 n\nx",
		"msgslot1 a 1 1 1 - 1/1/4294967296 n\nx",
		"msgslot1 a 1 1 1 - 1/1/1 \012x",
		"msgslot1 a 1 1 1 - 1/1/1 n\n",
	};
	struct envelope read;
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++)
		EXPECT_FALSE(envelope_read(&read,
					   (const unsigned char *)values[i],
					   strlen(values[i])));
}

/* Whatever becomes of its bytes, nothing outside of them is read. */
TEST(a_broken_envelope_does_no_harm)
{
	struct envelope envelope = example("message", 7), read;
	unsigned char *value, *copy;
	size_t size;
	int round, i;

	value = envelope_write(&envelope, &size);
	for (round = 0; round < ROUNDS; round++) {
		copy = malloc(size);
		memcpy(copy, value, size);
		for (i = pick(4); i >= 0; i--)
			copy[pick(size)] = spoilt();
		if (envelope_read(&read, copy, size)) {
			ASSERT_LE((const void *)(read.bytes + read.size),
				  (const void *)(copy + size));
			ASSERT_LE((const void *)(read.name + read.name_size),
				  (const void *)read.bytes);
		}
		free(copy);
	}
	free(value);
}

TEST(an_owner_comes_back)
{
	struct term term = { .machine = "robot-7",
			     .instance = UINT64_MAX,
			     .number = 2,
			     .beat = 3,
			     .complete = true,
			     .lease = 4 },
		    read;
	char text[TERM_TEXT];

	term_write(&term, text);
	ASSERT_TRUE(term_read(&read, (unsigned char *)text, strlen(text)));
	EXPECT_EQ(0, strcmp("robot-7", read.machine));
	EXPECT_EQ(UINT64_MAX, read.instance);
	EXPECT_EQ(2U, read.number);
	EXPECT_EQ(3U, read.beat);
	EXPECT_TRUE(read.complete);
	EXPECT_FALSE(read.ended);
	EXPECT_EQ(4U, read.lease);
	EXPECT_FALSE(term_read(&read, (unsigned char *)text, strlen(text) - 1));
	EXPECT_FALSE(term_read(&read, (unsigned char *)text, strlen(text) + 1));
	EXPECT_FALSE(term_read(&read, NULL, 0));
	term.lease = TERM_LONGEST_LEASE + 1;
	term_write(&term, text);
	EXPECT_FALSE(term_read(&read, (unsigned char *)text, strlen(text)));
	EXPECT_FALSE(term_read(&read, (unsigned char *)"hello", 5));
}

TEST(a_term_is_higher_than_the_last)
{
	EXPECT_LT(1U, term_next(1));
	EXPECT_EQ(UINT64_MAX, term_next(UINT64_MAX - 1));
}

TEST_HARNESS_MAIN

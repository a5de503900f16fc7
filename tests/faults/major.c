// SPDX-License-Identifier: GPL-2.0
/* The module's parameter "major". Every refusal leaves nothing behind. */
#include "module.h"

/*
 * Of the range that the kernel keeps for experiments, as 235 is. It gives majors
 * away from the upper end on: the lower one is free on kernels of many drivers.
 */
#define OTHER_MAJOR 236

static void expect_works_on(struct __test_metadata *_metadata, int major)
{
	int node = slot_at(major, 0);
	int fd = slot_open(node, O_RDWR);

	EXPECT_EQ(major, module_major());
	ASSERT_LE(0, fd);
	EXPECT_EQ(5, slot_send(fd, 1, "hello", 5));
	EXPECT_MESSAGE(fd, 1, "hello", 5);
	close(fd);
	close(node);
}

TEST_F(module, another_major)
{
	int node = slot_at(MSG_SLOT_MAJOR, 0);

	ASSERT_EQ(0, module_load("major=236"));
	expect_works_on(_metadata, OTHER_MAJOR);
	EXPECT_EQ(-ENXIO, slot_open(node, O_RDWR));
}

TEST_F(module, any_free_major)
{
	ASSERT_EQ(0, module_load("major=0"));
	ASSERT_LT(0, module_major());
	expect_works_on(_metadata, module_major());
}

TEST_F(module, parameter_can_be_read)
{
	int major = 0;
	FILE *parameter;

	ASSERT_EQ(0, module_load("major=0"));
	parameter = fopen("/sys/module/message_slot/parameters/major", "r");
	ASSERT_NE(NULL, parameter);
	EXPECT_EQ(1, fscanf(parameter, "%d", &major));
	EXPECT_EQ(module_major(), major);
	fclose(parameter);
}

static void expect_refused(struct __test_metadata *_metadata,
			   const char *parameters, long error)
{
	EXPECT_EQ(error, module_load(parameters))
	{
		TH_LOG("parameters: %s", parameters);
	}
	EXPECT_FALSE(module_is_loaded());
	EXPECT_EQ(0, module_major());
	EXPECT_EQ(0, module_load(""));
	EXPECT_EQ(0, module_unload());
}

/* 1 is that of /dev/null and its like on every machine. */
TEST_F(module, taken_major_is_refused_and_logged)
{
	expect_refused(_metadata, "major=1", -EBUSY);
	EXPECT_TRUE(log_has(self->log, "major 1 "));
	expect_refused(_metadata, "major=4", -EBUSY);
	EXPECT_TRUE(log_has(self->log, "major 4 "));
}

TEST_F(module, impossible_major_is_refused_and_logged)
{
	expect_refused(_metadata, "major=600", -EINVAL);
	EXPECT_TRUE(log_has(self->log, "major 600"));
	expect_refused(_metadata, "major=512", -EINVAL);
	expect_refused(_metadata, "major=4096", -EINVAL);
	expect_refused(_metadata, "major=4331", -EINVAL);
	expect_refused(_metadata, "major=4294967295", -EINVAL);
}

TEST_F(module, parameter_that_is_no_number_is_refused)
{
	expect_refused(_metadata, "major=", -EINVAL);
	expect_refused(_metadata, "major=-1", -EINVAL);
	expect_refused(_metadata, "major=slot", -EINVAL);
	expect_refused(_metadata, "major=4294967296", -ERANGE);
}

TEST_F(module, good_load_is_silent)
{
	ASSERT_EQ(0, module_load(""));
	EXPECT_FALSE(log_has(self->log, "major"));
}

TEST_F(module, cannot_be_loaded_twice)
{
	ASSERT_EQ(0, module_load(""));
	EXPECT_EQ(-EEXIST, module_load(""));
	EXPECT_EQ(-EEXIST, module_load("major=236"));
	expect_works_on(_metadata, MSG_SLOT_MAJOR);
}

TEST_HARNESS_MAIN

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loading and unloading the module. Its file is named by MSGSLOT_MODULE;
 * without that there is nothing to load again, and the tests that need it skip.
 */
#ifndef TESTS_MODULE_H
#define TESTS_MODULE_H

#include "fixture.h"

static inline const char *module_file(void)
{
	return getenv("MSGSLOT_MODULE");
}

static inline long module_load(const char *parameters)
{
	int fd = open(module_file(), O_RDONLY | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	ret = slot_result(syscall(SYS_finit_module, fd, parameters, 0));
	close(fd);
	return ret;
}

static inline long module_unload(void)
{
	long ret = syscall(SYS_delete_module, "message_slot", O_NONBLOCK);

	return slot_result(ret);
}

static inline bool module_is_loaded(void)
{
	return !access("/sys/module/message_slot", F_OK);
}

/* The major that /proc/devices has for the module, or 0. */
static inline int module_major(void)
{
	FILE *devices = fopen("/proc/devices", "r");
	int major, found = 0;
	char line[128], name[64];

	while (devices && fgets(line, sizeof(line), devices)) {
		if (sscanf(line, "%d %63s", &major, name) == 2 &&
		    !strcmp(name, "message_slot"))
			found = major;
	}
	if (devices)
		fclose(devices);
	return found;
}

/* The kernel's log from now on. */
static inline int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* Whether a line since then is ours and has this in it. */
static inline bool log_has(int log, const char *text)
{
	bool found = false;
	char record[4096];
	ssize_t n;

	while ((n = read(log, record, sizeof(record) - 1)) > 0 ||
	       (n < 0 && errno == EPIPE)) {
		record[n > 0 ? n : 0] = '\0';
		if (strstr(record, "message_slot") && strstr(record, text))
			found = true;
	}
	return found;
}

/* Tests begin with the module out, and leave it as they found it. */
FIXTURE(module)
{
	int log;
};

FIXTURE_SETUP(module)
{
	if (!module_file())
		SKIP(return, "MSGSLOT_MODULE is not set");
	ASSERT_EQ(0, module_unload());
	self->log = log_open();
	ASSERT_LE(0, self->log);
}

FIXTURE_TEARDOWN(module)
{
	if (module_is_loaded())
		EXPECT_EQ(0, module_unload());
	EXPECT_EQ(0, module_load(""));
	EXPECT_EQ(MSG_SLOT_MAJOR, module_major());
	close(self->log);
}

#endif

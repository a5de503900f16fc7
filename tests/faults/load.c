// SPDX-License-Identifier: GPL-2.0
/*
 * Loading, with the allocations on its way made to fail one after another: the
 * load fails cleanly or succeeds all the same, and the next one works.
 */
#include "module.h"

#include "failure.h"

#define TIMEOUT 900
#define FAR 100000u

/*
 * So many of the last are each made to fail: the driver's own are among them. Those before
 * are the kernel's, when it reads the file, links it, and makes the files of its
 * tracepoints: there event_define_fields() warns (6.12 at least), which is a fault here.
 */
#define LAST 60u

static void load_with_failure(struct __test_metadata *_metadata, int fail_nth,
			      unsigned int nth)
{
	long ret;

	failure_order(fail_nth, nth);
	ret = module_load("");
	failure_order(fail_nth, 0);
	EXPECT_GE(0, ret);
	EXPECT_EQ(!ret, module_is_loaded());
	EXPECT_EQ(ret ? 0 : MSG_SLOT_MAJOR, module_major());
	if (!ret)
		EXPECT_EQ(0, module_unload());
}

/* How many things in a load could fail. */
static unsigned int count_failures(int fail_nth)
{
	unsigned int pending;

	failure_order(fail_nth, FAR);
	if (module_load(""))
		return 0;
	pending = failure_pending(fail_nth);
	module_unload();
	return FAR - pending;
}

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

/* Objects count from when they are five seconds old. */
static FILE *scan_for_leaks(void)
{
	sleep(6);
	failure_set_knob(KMEMLEAK, "scan");
	failure_set_knob(KMEMLEAK, "scan");
	return fopen(KMEMLEAK, "r");
}

/* The kernel's log has told of them already: tests/vm/run is not to mind. */
static void announce_forgiven(unsigned int leaks)
{
	const char *path = getenv("VM_EXPECTED");
	FILE *expected = path ? fopen(path, "a") : NULL;

	printf("# info: forgiven: %u slab names, lost by sysfs_slab_add()\n",
	       leaks);
	if (!expected)
		return;
	fprintf(expected, "kmemleak: %u new suspected memory leaks\n", leaks);
	fclose(expected);
}

/*
 * When sysfs_slab_add() fails, the kernel (6.12 at least) loses the name of the
 * slab cache. Leaks that are all of that kind are forgiven; for others, all
 * stay to be found by whoever looks at the machine in the end.
 */
static void forgive_kernel(struct __test_metadata *_metadata)
{
	unsigned int leaks = 0, kernels = 0;
	FILE *found = scan_for_leaks();
	char line[256];

	if (!found)
		return;
	while (fgets(line, sizeof(line), found)) {
		leaks += !strncmp(line, "unreferenced object", 19);
		kernels += !!strstr(line, " sysfs_slab_add+");
	}
	fclose(found);
	EXPECT_EQ(kernels, leaks);
	if (leaks && leaks == kernels) {
		announce_forgiven(leaks);
		failure_set_knob(KMEMLEAK, "clear");
	}
}

TEST_F_TIMEOUT(module, survives_failures, TIMEOUT)
{
	unsigned int total, nth, done = 0;
	int fail_nth;

	if (!failure_possible())
		SKIP(return, "this kernel has no fault injection");
	fail_nth = failure_open();
	ASSERT_LE(0, fail_nth);
	total = count_failures(fail_nth);
	ASSERT_LT(LAST, total);
	for (nth = total - LAST; nth <= total + 1; nth++, done++)
		load_with_failure(_metadata, fail_nth, nth);
	printf("# info: %u of %u possible failures made: %u tries\n", done - 1,
	       total, done);
	forgive_kernel(_metadata);
}

TEST_HARNESS_MAIN

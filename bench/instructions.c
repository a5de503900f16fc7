// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU that counts how often each instruction of the guest runs
 * between two marks. The marks are instructions that do nothing (mark.h).
 *
 *   qemu-system-x86_64 -plugin instructions.so,out=FILE ...
 *
 * For every pair of marks FILE gets a line "window", and then a line
 * "ADDRESS COUNT" for each address that ran; addresses of user space are
 * summed up as 0.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/*
 * What this uses of version 1 of QEMU's interface for plugins. Debian has no
 * package with the header.
 */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef uint64_t plugin_id;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
					   void (*cb)(plugin_id id,
						      struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*cb)(unsigned int cpu,
						       void *data),
					    int flags, void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* Open hashing by address; 0 is free, or user space. */
#define SLOTS (1 << 22)

struct counter {
	uint64_t address;
	uint64_t count;
};

static struct counter *counters;
static bool counting;
static FILE *out;

static struct counter *counter_of(uint64_t address)
{
	uint64_t i = address * 0x9e3779b97f4a7c15ULL >> 42;

	if (address < 1ULL << 63)
		return &counters[0];
	while (!i || (counters[i].address && counters[i].address != address))
		i = (i + 1) % SLOTS;
	counters[i].address = address;
	return &counters[i];
}

static void ran(unsigned int cpu, void *counter)
{
	(void)cpu;
	if (counting)
		((struct counter *)counter)->count++;
}

static void start(unsigned int cpu, void *unused)
{
	size_t i;

	(void)cpu;
	(void)unused;
	for (i = 0; i < SLOTS; i++)
		counters[i].count = 0;
	counting = true;
}

static void stop(unsigned int cpu, void *unused)
{
	size_t i;

	(void)cpu;
	(void)unused;
	counting = false;
	fputs("window\n", out);
	for (i = 0; i < SLOTS; i++)
		if (counters[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
				counters[i].address, counters[i].count);
	fflush(out);
}

static bool is(const struct qemu_plugin_insn *insn, const char *mark)
{
	return qemu_plugin_insn_size(insn) == MARK_SIZE &&
	       !memcmp(qemu_plugin_insn_data(insn), mark, MARK_SIZE);
}

static void watch(struct qemu_plugin_insn *insn)
{
	void (*then)(unsigned int cpu, void *data) = ran;
	struct counter *counter;

	if (is(insn, MARK_START))
		then = start;
	else if (is(insn, MARK_STOP))
		then = stop;
	counter = counter_of(qemu_plugin_insn_vaddr(insn));
	qemu_plugin_register_vcpu_insn_exec_cb(insn, then, 0, counter);
}

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
	size_t i, n = qemu_plugin_tb_n_insns(block);

	(void)id;
	for (i = 0; i < n; i++)
		watch(qemu_plugin_tb_get_insn(block, i));
}

__attribute__((visibility("default"))) int
qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	counters = calloc(SLOTS, sizeof(*counters));
	if (!out || !counters)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

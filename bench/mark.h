/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions that do nothing, and that nobody else would think of. */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

/* nopl 0x534c4f31(%rax) and nopl 0x534c4f30(%rax) */
#define MARK_START "\x0f\x1f\x80\x31\x4f\x4c\x53"
#define MARK_STOP "\x0f\x1f\x80\x30\x4f\x4c\x53"
#define MARK_SIZE 7

static inline void mark_start(void)
{
	__asm__ volatile("nopl 0x534c4f31(%%rax)" ::: "memory");
}

static inline void mark_stop(void)
{
	__asm__ volatile("nopl 0x534c4f30(%%rax)" ::: "memory");
}

#endif /* BENCH_MARK_H */

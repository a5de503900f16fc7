/* SPDX-License-Identifier: GPL-2.0 */
/* Where the module has been, by KCOV; into counters that libFuzzer looks at. */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

void coverage_begin(unsigned int thread);
void coverage_collect(void);
void coverage_outcome(unsigned int kind, long ret);
void coverage_note(const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the time goes. What the fuzzer does has parts, one within the other; a
 * moment counts for the innermost. Only the thread that runs inputs is looked at.
 */
#ifndef FUZZ_PACE_H
#define FUZZ_PACE_H

/**
 * enum pace_part - what time is spent on
 * @PACE_REST: libFuzzer: choosing an input, changing it, and looking at the counters
 * @PACE_RECORD: telling the host of the input
 * @PACE_BEGIN: opening what an input begins with
 * @PACE_TEXT: making the bytes of messages and comparing them
 * @PACE_SLEEP: calls that are there to wait until a signal comes or time is over
 * @PACE_EXPIRY: messages that are over soon
 * @PACE_FORK: children
 * @PACE_TOGETHER: inputs of several threads, whatever they do
 * @PACE_END: closing all, and looking at what is left
 * @PACE_COVERAGE: reading KCOV's traces
 * @PACE_ACT: other acts of a kind: this and its number
 */
enum pace_part {
	PACE_REST,
	PACE_RECORD,
	PACE_BEGIN,
	PACE_TEXT,
	PACE_SLEEP,
	PACE_EXPIRY,
	PACE_FORK,
	PACE_TOGETHER,
	PACE_END,
	PACE_COVERAGE,
	PACE_ACT,
	PACE_PARTS = PACE_ACT + 64,
};

void pace_start(void);
enum pace_part pace_enter(enum pace_part part);
void pace_leave(enum pace_part before);
void pace_note(const char *path);

#endif

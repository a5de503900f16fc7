// SPDX-License-Identifier: GPL-2.0
/*
 * How a mapped message is read (include/message_slot.h, "Mapped reads") while the
 * driver changes it. doc/model.md says how to read this; tests/model/run has spin
 * go through all that can happen, here and with every PLANT_ mistake.
 *
 * One process is the driver: all writers of the slot's channels, who take turns
 * with a lock. Another is a reader of channel 1. More readers would add nothing:
 * none of them stores anything that another one, or a writer, loads.
 *
 * Memory is that of a processor that orders only what it is told to. Stores
 * between two barriers become visible in any order: store() has a set of them, and
 * the reader may look in between. Loads that may be in any order are made in any:
 * load() has a set of these.
 *
 * A message is one or two words, each with the channel, the version and the size
 * that it was written for, so the reader can tell what it was given. Its size is
 * that of its version, 1, 2, 0 (none), 1, 2, 0 ...
 */

#ifndef WRAP
#define WRAP 4		/* where latch wraps; even, as 2^32 is */
#endif
#ifndef CHANGES
#define CHANGES 6	/* so many does the driver make */
#endif
#ifndef READS
#define READS 1		/* of the reader, one after the other */
#endif
#ifndef TRIES
#define TRIES 2		/* in the mapping before the call, and within the call */
#endif
#ifndef CHANNELS
#define CHANNELS 1	/* and so many cells */
#endif

#define MINE 1		/* the channel that is read */
#define CALL 4		/* in a size: MSG_SLOT_CELL_CALL */
#define SIZE(version) ((version) % 3)
#define TAG(channel, version) ((channel) * 64 + (version))

typedef memory {
	byte latch;
	byte high;
	byte id;
	byte size[2];
	byte word[4]	/* two for each half */
};

memory cell[CHANNELS];

/*
 * What is so, but can't be looked up. A message is the channel's from the moment
 * at which the latch is stepped.
 */
byte version[CHANNELS + 1];
short births[CHANNELS + 1];	/* the versions that it began with: no message */
byte place[CHANNELS + 1];	/* its cell + 1; 0: there is no such channel */
byte highest;			/* of all versions that were */
byte steps;			/* by which a reader may be overtaken */
bool locked;

#define HAS(channel, v) (births[channel] & (1 << (v)) -> 0 : SIZE(v))
#define WORD(channel, v, i) \
	(HAS(channel, v) > i -> TAG(channel, v) : 0)

/* Stores. */
#define FILL_SIZE	1
#define FILL_FIRST	2
#define FILL_SECOND	4
#define FILL		(FILL_SIZE | FILL_FIRST | FILL_SECOND)
#define STEP		8
#define RAISE		16	/* the upper half of the version */
#define WIPE_SIZE	32
#define WIPE_FIRST	64
#define WIPE_SECOND	128
#define WIPE		(WIPE_SIZE | WIPE_FIRST | WIPE_SECOND)
#define SET_LATCH	256
#define SET_HIGH	512
#define SET_ID		1024
#define CLEAR_ID	2048
#define BUSY		4096

#ifdef PLANT_BUSY
bool busy;
#endif
#if defined(PLANT_ONLY_FLAG)
#define FLAGS (v % WRAP == 0 -> CALL : 0)
#else
#define FLAGS 0
#endif

/* They become visible one by one in any order; the writer may stop for ever. */
inline store(these)
{
	todo = these;
	do
	:: atomic { todo & FILL_SIZE -> todo = todo - FILL_SIZE;
		cell[k].size[v & 1] = SIZE(v) | FLAGS }
	:: atomic { todo & FILL_FIRST -> todo = todo - FILL_FIRST;
		cell[k].word[(v & 1) * 2] = (SIZE(v) > 0 -> TAG(c, v) : 0) }
	:: atomic { todo & FILL_SECOND -> todo = todo - FILL_SECOND;
		cell[k].word[(v & 1) * 2 + 1] = (SIZE(v) > 1 -> TAG(c, v) : 0) }
	:: atomic { todo & STEP -> todo = todo - STEP;
		cell[k].latch = v % WRAP; version[c] = v; steps++;
		highest = (v > highest -> v : highest) }
	:: atomic { todo & RAISE -> todo = todo - RAISE;
		cell[k].high = v / WRAP }
	:: atomic { todo & WIPE_SIZE -> todo = todo - WIPE_SIZE;
		cell[k].size[1 - (v & 1)] = 0 }
	:: atomic { todo & WIPE_FIRST -> todo = todo - WIPE_FIRST;
		cell[k].word[2 - (v & 1) * 2] = 0 }
	:: atomic { todo & WIPE_SECOND -> todo = todo - WIPE_SECOND;
		cell[k].word[3 - (v & 1) * 2] = 0 }
#if CHANNELS > 1
	:: atomic { todo & SET_LATCH -> todo = todo - SET_LATCH;
		cell[k].latch = v % WRAP; steps++ }
	:: atomic { todo & SET_HIGH -> todo = todo - SET_HIGH;
		cell[k].high = v / WRAP }
	:: atomic { todo & SET_ID -> todo = todo - SET_ID;
		cell[k].id = c; version[c] = v; steps++;
		births[c] = births[c] | (1 << v) }
	:: atomic { todo & CLEAR_ID -> todo = todo - CLEAR_ID;
		cell[k].id = 0; steps++ }
#endif
#ifdef PLANT_BUSY
	:: atomic { todo & BUSY -> todo = todo - BUSY; busy = !busy }
#endif
	:: atomic { todo == 0 -> break }
	:: atomic { todo != 0 -> goto end_stopped }
	od
}

/* Nothing but the present message is in a cell. */
inline assert_blank(half)
{
	assert(cell[k].size[half] == 0 && cell[k].word[(half) * 2] == 0 &&
	       cell[k].word[(half) * 2 + 1] == 0)
}

inline change()
{
	atomic {
		locked = true;
		v = version[c] + 1;
		raise = (v % WRAP == 0 -> RAISE : 0);
		assert_blank(v & 1)
	}
#if defined(PLANT_STEP_FIRST)
	store(STEP);
	store(FILL);
	store(raise | WIPE);
#elif defined(PLANT_NO_RELEASE)
	store(FILL | STEP);
	store(raise | WIPE);
#elif defined(PLANT_NO_BARRIER)
	store(FILL);
	store(STEP | raise | WIPE);
#elif defined(PLANT_RAISE_FIRST)
	store(FILL);
	store(raise);
	store(STEP);
	store(WIPE);
#elif defined(PLANT_NO_WIPE)
	store(FILL);
	store(STEP);
	store(raise);
#elif defined(PLANT_BUSY)
	store(BUSY);
	store(FILL);
	store(STEP);
	store(raise | WIPE);
	store(BUSY);
#else
	store(FILL);
	store(STEP);		/* a barrier before it, and one behind it */
	store(raise | WIPE);
#endif
	locked = false
}

#if CHANNELS > 1
/* A channel that has no message goes; then its cell is free. */
inline remove()
{
	locked = true;
#ifndef PLANT_ID_STAYS
	store(CLEAR_ID);
#endif
	atomic { place[c] = 0; locked = false }
}

/* A channel in a free cell. Its versions go on where all others ended. */
inline create()
{
	atomic {
		if
		:: place[1] != 1 && place[2] != 1 -> k = 0
		:: place[1] != 2 && place[2] != 2 -> k = 1
		fi;
#ifdef PLANT_OLD_VERSION
		v = version[c];
#else
		v = highest;
#endif
		assert_blank(0);
		assert_blank(1)
	}
#ifdef PLANT_ID_EARLY
	store(SET_LATCH | SET_HIGH | SET_ID);
#else
	store(SET_LATCH | SET_HIGH);
	store(SET_ID);
#endif
	place[c] = k + 1
}
#endif

proctype driver()
{
	byte c, k, v, raise, done;
	short todo;

	do
	:: atomic { done < CHANGES -> done++;
		if
		:: c = 1
#if CHANNELS > 1
		:: c = 2
#endif
		fi;
		k = (place[c] -> place[c] - 1 : 0) }
		if
		:: place[c] -> change()
#if CHANNELS > 1
		:: place[c] && HAS(c, (version[c])) == 0 -> remove()
		:: !place[c] -> create()
#endif
		fi;
		atomic { c = 0; k = 0; v = 0; raise = 0 }
	:: break
	od;
end_stopped:
	atomic { todo = 0; c = 0; k = 0; v = 0; raise = 0; done = 0 }
}

/* Loads. */
#define LOAD_HIGH	1
#define LOAD_LATCH	2
#define LOAD_ID		4
#define LOAD_SIZE	8
#define LOAD_FIRST	16
#define LOAD_SECOND	32
#define AGAIN_LATCH	64
#define AGAIN_HIGH	128
#ifdef PLANT_NO_ID
#define LOAD_HALF	(LOAD_SIZE | LOAD_FIRST | LOAD_SECOND)
#else
#define LOAD_HALF	(LOAD_ID | LOAD_SIZE | LOAD_FIRST | LOAD_SECOND)
#endif

inline load(these)
{
	todo = these;
	do
	:: atomic { todo & LOAD_HIGH -> todo = todo - LOAD_HIGH;
		high = cell[k].high }
	:: atomic { todo & LOAD_LATCH -> todo = todo - LOAD_LATCH;
		latch = cell[k].latch }
	:: atomic { todo & LOAD_ID -> todo = todo - LOAD_ID;
		gone = cell[k].id != MINE }
	:: atomic { todo & LOAD_SIZE -> todo = todo - LOAD_SIZE;
		n = cell[k].size[latch & 1] }
	:: atomic { todo & LOAD_FIRST -> todo = todo - LOAD_FIRST;
		first = cell[k].word[(latch & 1) * 2] }
	:: atomic { todo & LOAD_SECOND -> todo = todo - LOAD_SECOND;
		second = cell[k].word[(latch & 1) * 2 + 1] }
	:: atomic { todo & AGAIN_LATCH -> todo = todo - AGAIN_LATCH;
		torn = torn || cell[k].latch != latch }
	:: atomic { todo & AGAIN_HIGH -> todo = todo - AGAIN_HIGH;
		torn = torn || cell[k].high != high }
	:: atomic { todo == 0 -> break }
	od
}

/* Once round the loop. */
inline try()
{
#ifdef PLANT_BUSY
	torn = busy;
#endif
#if defined(PLANT_HIGH_LATE)
	load(LOAD_LATCH);
	load(LOAD_HIGH | LOAD_HALF);
	load(AGAIN_LATCH | AGAIN_HIGH);
#elif defined(PLANT_NO_AGAIN)
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_HALF);
#elif defined(PLANT_NO_HIGH)
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_HALF);
	load(AGAIN_LATCH);
#elif defined(PLANT_NO_ACQUIRE)
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_HALF | AGAIN_LATCH);
	load(AGAIN_HIGH);
#elif defined(PLANT_END_ANY)
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_HALF);
	load(AGAIN_LATCH | AGAIN_HIGH);
#elif defined(PLANT_ID_LAST)
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_SIZE | LOAD_FIRST | LOAD_SECOND);
	load(AGAIN_LATCH);
	load(AGAIN_HIGH);
	load(LOAD_ID);
#else
	load(LOAD_HIGH);
	load(LOAD_LATCH);
	load(LOAD_HALF);	/* the acquire fence is behind it */
	load(AGAIN_LATCH);
	load(AGAIN_HIGH);
#endif
}

#if defined(PLANT_ZERO) || defined(PLANT_ONLY_FLAG)
#define MUST_CALL (gone || (n & CALL))
#else
#define MUST_CALL (gone || latch == 0 || (n & CALL))
#endif

inline forget()
{
	high = 0; latch = 0; gone = false; n = 0; first = 0; second = 0;
	torn = false; begun = 0; v = 0
}

/* It is a message of this channel, whole, and was the present one meanwhile. */
inline assert_right()
{
	v = high * WRAP + latch;
	assert(v >= floor);	/* no older than what was read or written before */
	assert(v <= version[MINE]);
	assert(n == HAS(MINE, v));
	assert(first == WORD(MINE, v, 0) && second == WORD(MINE, v, 1));
	seen = v
}

proctype reader()
{
	byte k, high, latch, n, first, second, v, floor, seen, begun, tries, reads;
	bool gone, torn;
	short todo;

	do
	:: reads < READS ->
		atomic { reads++;
			floor = (version[MINE] > seen -> version[MINE] : seen);
			if
			:: place[MINE] -> k = place[MINE] - 1
			:: CHANNELS > 1		/* still with its old one */
			fi }
again:
		begun = steps;
		try();
		if
		:: atomic { MUST_CALL -> forget(); tries = 0; goto call }
		:: atomic { !MUST_CALL && !torn -> assert_right(); forget() }
		:: atomic { !MUST_CALL && torn ->
			/* A writer that stands still has nobody go round. */
			assert(steps != begun);
			tries++; forget();
			if
			:: tries < TRIES -> goto again
			:: else -> tries = 0; goto call
			fi }
		fi;
		goto next;
call:
		/* The driver's own reading: overtaken each time, it queues. */
		begun = steps;
		if
		:: atomic { steps == begun -> seen = version[MINE] }
		:: atomic { steps != begun -> tries++;
			if
			:: tries < TRIES -> goto call
			:: else
			fi }
end_queued:
			atomic { !locked -> seen = version[MINE] }
		fi;
next:
		atomic { assert(seen >= floor); floor = 0; tries = 0; begun = 0; k = 0 }
	:: else -> break
	od
}

init {
	atomic {
#ifdef START
		highest = START;
#else
		if
		:: highest = 0
		:: highest = 1
		:: highest = 2
		:: highest = 3
		fi;
#endif
		version[MINE] = highest;
		births[MINE] = 1 << highest;
		cell[0].latch = highest;
		cell[0].id = MINE;
		place[MINE] = 1;
		run driver();
		run reader()
	}
}

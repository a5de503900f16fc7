// SPDX-License-Identifier: GPL-2.0
/*
 * How those who wait for a message in a lane are woken (include/message_slot.h,
 * "Lanes"; driver/channel/lane.c): whether one can sleep on while there is a newer
 * message than it has seen. doc/model.md says how to read this.
 *
 * One process is the owner, who puts and rings. Two wait and sleep; one reads by a
 * call and does not wait; one is a watch of some channels, which stays in the list
 * of listeners when it is told; one is a watch of the whole slot, which has the bell
 * set without the channel's lock when it begins.
 *
 * What is stored lies in the processor's store buffer, and becomes visible at any
 * moment, in any order, until a fence waits for it. Nobody's end is one in which
 * he sleeps and a newer message is there: spin calls that an invalid end state.
 */

#ifndef PUTS
#define PUTS 2
#endif
#ifndef LOOKS
#define LOOKS 1		/* of the reader by call */
#endif
#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef WATCHES
#define WATCHES 0	/* 1: of some channels; 2: and of the whole slot */
#endif

#define OWNER	0
#define FIRST	1	/* who waits */
#define SECOND	2
#define READER	3
#define SOME	4	/* watch of some channels */
#define WHOLE	5	/* watch of the whole slot */
#define ALL	6

/* In the page. */
byte latch;
bool bell;

/* In the store buffers: 0 is nothing. */
byte latch_stored;
byte bell_stored[ALL];	/* the bell + 1 */

bool locked;		/* channel->lock */
bool listened;		/* channel->listened */
bool list_locked;
bool joined[ALL];	/* in the list of listeners */
bool told[ALL];
bool watched;		/* slot->changes.watched */
byte copied;		/* up to which message the kernel has a copy */
byte puts;		/* so many has the owner begun */

/* They empty at any moment; in an end state they are empty. */
proctype memory()
{
	byte i;

end:	do
	:: atomic { latch_stored -> latch = latch_stored; latch_stored = 0 }
	:: atomic {
		if
		:: bell_stored[OWNER] -> i = OWNER
		:: bell_stored[FIRST] -> i = FIRST
		:: bell_stored[SECOND] -> i = SECOND
		:: bell_stored[READER] -> i = READER
		:: bell_stored[SOME] -> i = SOME
		:: bell_stored[WHOLE] -> i = WHOLE
		fi;
		bell = bell_stored[i] - 1; bell_stored[i] = 0; i = 0 }
	od
}

#define EMPTY(me) (!bell_stored[me] && (me != OWNER || !latch_stored))
#define FENCE(me) EMPTY(me)	/* waits for that */

#define LOCK atomic { !locked -> locked = true }
/* What was stored under the lock is seen by who has it next. */
#define UNLOCK(me) atomic { EMPTY(me) -> locked = false }
#define SET_BELL(me, it) bell_stored[me] = (it) + 1

inline copy()
{
	atomic {
		found = (latch_stored && me == OWNER -> latch_stored : latch);
		copied = (found > copied -> found : copied)
	}
}

/* lane_look(), with the lock. */
inline look(sets)
{
	if
	:: sets -> SET_BELL(me, 1);
#ifndef PLANT_NO_FENCE
		FENCE(me)
#endif
	:: else
	fi;
	copy()
}

/* slot_tell_listeners() */
inline tell_listeners()
{
	atomic { !list_locked -> list_locked = true }
	if
	:: atomic { joined[FIRST] || joined[SECOND] || joined[SOME] ->
		told[FIRST] = told[FIRST] || joined[FIRST];
		told[SECOND] = told[SECOND] || joined[SECOND];
		told[SOME] = told[SOME] || joined[SOME];
		joined[FIRST] = false; joined[SECOND] = false }
	:: else ->
		LOCK;
		atomic { listened = false; locked = false }
	fi;
	list_locked = false
}

inline tell()
{
	if
	:: to_watch -> told[WHOLE] = true
	:: else
	fi;
	if
	:: to_list -> tell_listeners()
	:: else
	fi
}

/* MSG_SLOT_RING */
inline ring()
{
#ifdef PLANT_WATCHED_FIRST
	to_watch = watched;
#endif
	LOCK;
	before = copied;
#ifndef PLANT_CLEAR_LATE
	SET_BELL(me, 0);
	FENCE(me);
#endif
	copy();
	/* The processor may look whether anybody listens before it unlocks. */
	if
	:: to_list = listened; UNLOCK(me)
	:: UNLOCK(me); to_list = listened
	fi;
#ifndef PLANT_WATCHED_FIRST
	to_watch = watched;
#endif
#ifdef PLANT_NEWER_ONLY
	if
	:: found > before -> tell()
	:: else
	fi;
#else
	tell();
#endif
#ifdef PLANT_CLEAR_LATE
	SET_BELL(me, 0);
	FENCE(me);
#endif
	atomic { to_list = false; to_watch = false; found = 0; before = 0 }
}

proctype owner()
{
	byte me = OWNER;
	byte found, before;
	bool to_list, to_watch;

	do
	:: atomic { puts < PUTS -> puts++; latch_stored = puts }
#ifndef PLANT_NO_OWNER_FENCE
		FENCE(me);
#endif
		if
		:: bell -> ring()
		:: else
		fi
	:: else -> break
	od
}

/* channel_settle() */
inline settle()
{
	LOCK;
	listened = true;
#ifdef PLANT_NO_BELL
	look(!again);
#else
	look(true);
#endif
	UNLOCK(me)
}

proctype waiter(byte me)
{
	byte found, seen;
	bool again;

	do
	:: seen < PUTS ->
		/* In the list, not woken yet: then look. */
		atomic { !list_locked -> told[me] = false; joined[me] = true }
		settle();
		if
		:: atomic { found > seen -> seen = found; found = 0 }
			atomic { !list_locked -> joined[me] = false }
		:: else ->
			atomic { told[me] -> found = 0 }	/* sleeps */
		fi;
		again = true
	:: break	/* waits no longer */
	od
}

proctype reader()
{
	byte me = READER;
	byte found, looks;

	do
	:: looks < LOOKS -> looks++;
		LOCK;
		look(listened || watched);
		UNLOCK(me);
		found = 0
	:: else -> break
	od
}

proctype watch_some()
{
	byte me = SOME;
	byte found, seen;
	bool again;

	if
	:: atomic { !list_locked -> joined[me] = true }
		settle();
		seen = found
	:: goto done	/* there is none */
	fi;
	do
	:: seen < PUTS ->
		atomic { told[me] -> told[me] = false }	/* sleeps */
		if
		:: goto done	/* its mark is there, and stays */
		:: LOCK; look(listened || watched); UNLOCK(me); seen = found
		fi
	:: else -> break
	od;
done:	skip
}

proctype watch_whole()
{
	byte me = WHOLE;
	byte found, seen;

	if
	:: watched = true;
		FENCE(me);
		SET_BELL(me, 1);	/* slot_ring_all(): no lock */
		/* From now on. What is begun now it need not be told. */
		atomic { EMPTY(me) -> seen = puts }
	:: goto done
	fi;
	do
	:: seen < PUTS ->
		atomic { told[me] -> told[me] = false }	/* sleeps */
		if
		:: goto done
		:: LOCK; look(listened || watched); UNLOCK(me); seen = found
		fi
	:: else -> break
	od;
done:	skip
}

init {
	atomic {
		run owner();
		run waiter(FIRST);
#if WAITERS > 1
		run waiter(SECOND);
#endif
#if LOOKS
		run reader();
#endif
#if WATCHES
		run watch_some();
#endif
#if WATCHES > 1
		run watch_whole();
#endif
		run memory()
	}
}

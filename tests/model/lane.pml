// SPDX-License-Identifier: GPL-2.0
/*
 * How a message in a lane is read (include/message_slot.h, "Lanes") while its owner
 * writes it, the kernel enters and leaves the lane, and gives the page to another.
 * doc/model.md says how to read this; memory is as in cell.pml.
 *
 * A lane is of channel 1. Its owner keeps to the rules, or stops at any step; with
 * HOSTILE_OWNER he steps to and fro for ever, with sizes that are wrong. As soon as the
 * claim has ended the page
 * is that of a hostile owner of channel 2: sooner than the driver does it, which gives
 * it to nobody while it is mapped. What the kernel does by itself (a time to live is
 * over, the claim ends) it does at any moment. A reader has the lane mapped, or with
 * CALLS reads by a call.
 *
 * A message is one or two words; each has the channel and the number of the message
 * that it was written for, whose size is 1, 2, 0 (none), 1, 2, 0 ... The channel's own
 * cell is read and changed as cell.pml has it, which shows that this is as good as at
 * one moment: so here it is. Only its latch and the upper half of the version are
 * looked at one by one, by who has the lane mapped.
 */

#ifndef WRAP
#define WRAP 64		/* where a latch wraps; even, as 2^32 is */
#endif
#ifndef PUTS
#define PUTS 3		/* so many does the owner make */
#endif
#ifndef TURNS
#define TURNS 1		/* so often does the kernel leave by itself, or end it */
#endif
#ifndef ATTACKS
#define ATTACKS 2	/* stores of the owner of channel 2 */
#endif
#ifndef READS
#define READS 2
#endif
#ifndef TRIES
#define TRIES 2		/* LANE_TRIES; those of who maps it, too */
#endif
#ifndef START
#define START 1		/* the channel's version */
#endif
#define VERSIONS 48
#define RANGE 3		/* MSG_SLOT_LANE_RANGE */
#define LANE_PUTS 1	/* MSG_SLOT_LANE_PUTS: less than half of it */

#define SIZE(message) ((message) % 3)
#define TAG(channel, message) ((channel) * 64 + (message))
#define CHANNEL(word) ((word) / 64)
#define CLAMP(size) ((size) > 2 -> 2 : (size))
#define AHEAD(latch, of) (((latch) + WRAP - (of) % WRAP) % WRAP)

typedef lane_page {
	byte latch;
	byte size[2];
	byte word[4]	/* two for each half */
};

/* The channel's own cell. */
byte cell_latch;
byte cell_high;
bool cell_in_lane;

lane_page lane;

/* The kernel's. */
byte version;		/* of the cell, whole */
byte counted;		/* lane->latch, as it was counted from */
bool entered;
bool frozen;		/* lane->mutex, and the page is not in the owner's mapping */
bool locked;		/* channel->lock */
bool ended;
bool bell;
bool given;		/* the page is channel 2's */

/* What is so, but can't be looked up. */
byte message;		/* in the lane's current half */
byte present;		/* the channel's version, as its readers see it */
byte what[VERSIONS];	/* which message + 1 had which version */
bool stepped;		/* since the reader began */

/* A version, once it is there, is above all before. */
inline publish(which, its_version)
{
#ifndef HOSTILE_OWNER
	if
	:: its_version == present -> assert(what[present] == which + 1)
	:: else ->
#ifndef PLANT_NO_STEP
		assert(its_version > present);
#endif
		present = its_version;
		what[present] = which + 1
	fi
#else
	present = its_version
#endif
}

/*
 * The kernel. Who has lane->mutex does this, one at a time. The cell's latch is stepped,
 * by @by, to a half that says where the lane is, or has message @which.
 */
inline step_cell(by, to_lane, which)
{
	atomic {
		version = version + by;
		cell_latch = version % WRAP;
		cell_in_lane = to_lane;
		stepped = true;
		if
		:: !to_lane -> publish(which, version)
		:: to_lane && cell_latch && AHEAD(lane.latch, version) <= RANGE ->
			publish(message, (version + AHEAD(lane.latch, version)))
		:: else	/* no reader trusts it */
		fi
	}
	cell_high = version / WRAP
}

#define FREEZE atomic { !frozen -> frozen = true }
#define LOCK atomic { !locked -> locked = true }

/* lane_count_from(): the half that is current stays so. */
inline count_from(its_version)
{
	atomic {
		counted = (its_version + ((its_version ^ lane.latch) & 1)) % WRAP;
		lane.latch = counted;
		stepped = true
	}
}

/* The latch is not to wrap while the channel is in the lane. */
inline make_way()
{
	if
	:: version % WRAP >= WRAP - 1 - RANGE - 1 ->
		if
		:: version % 2 == 0 -> step_cell(1, true, 0)
		:: else
		fi;
		step_cell((WRAP - version % WRAP), true, 0)
	:: else
	fi
}

inline enter()
{
	LOCK;
	make_way();
	bell = false;
#ifdef PLANT_COUNT_LATE
	step_cell(1, true, 0);
	count_from(version);
#else
	count_from((version + 1));
	step_cell(1, true, 0);
#endif
	atomic { entered = true; locked = false }
}

#ifdef PLANT_STEP_ONE
#define LEAVE_BY 1
#elif defined(PLANT_NO_STEP)
#define LEAVE_BY 0
#else
#define LEAVE_BY RANGE
#endif

inline leave()
{
	LOCK;
	make_way();
#ifdef PLANT_GIVEN_EARLY
	given = ended;
#endif
	step_cell(LEAVE_BY, false, message);
	count_from(version);
	atomic { entered = false; bell = true; locked = false }
}

#define HAS_PUT (lane.latch != counted)
#define PUT_AHEAD AHEAD(lane.latch, cell_latch)

/* MSG_SLOT_RING */
inline ring()
{
	if
	:: entered && PUT_AHEAD <= LANE_PUTS	/* looked at, and told */
	:: else ->
		FREEZE;
		if
		:: entered -> leave(); enter()
		:: !entered && HAS_PUT && !ended -> enter()
		:: else	/* there is nothing new, or no claim any more */
		fi;
		frozen = false
	fi
}

/* A put of the owner's by a call. */
inline put_by_call(which)
{
	FREEZE;
	if
	:: entered -> leave()
	:: else
	fi;
	LOCK;
	step_cell(1, false, which);
	atomic { locked = false; frozen = false }
}

/* The end of the claim, whatever the owner is about to do. */
inline end_claim()
{
	FREEZE;
	ended = true;
	if
	:: !entered && HAS_PUT -> enter()
	:: else
	fi;
	if
	:: entered -> leave()
	:: else
	fi;
	atomic { frozen = false; given = true }
}

proctype kernel()
{
	byte turns;

	do
	:: turns < TURNS && !ended -> turns++;
		if
		:: FREEZE;
			if
			:: entered -> leave()
			:: else
			fi;
			frozen = false
		:: end_claim()
		fi
	:: break
	od
}

/* The owner's stores. While the page is taken away they wait. */
#define OWN_SIZE	1
#define OWN_FIRST	2
#define OWN_SECOND	4
#define OWN_FILL	(OWN_SIZE | OWN_FIRST | OWN_SECOND)
#define OWN_STEP	8
#define OWN_NEXT	16	/* a word of the next message */

inline own_store(these)
{
	todo = these;
	do
	:: atomic { !frozen && !ended && (todo & OWN_SIZE) -> todo = todo - OWN_SIZE;
		lane.size[1 - half] = SIZE(m) }
	:: atomic { !frozen && !ended && (todo & OWN_FIRST) -> todo = todo - OWN_FIRST;
		lane.word[(1 - half) * 2] = TAG(1, m) }
	:: atomic { !frozen && !ended && (todo & OWN_SECOND) -> todo = todo - OWN_SECOND;
		lane.word[(1 - half) * 2 + 1] = TAG(1, m) }
	:: atomic { !frozen && !ended && (todo & OWN_STEP) -> todo = todo - OWN_STEP;
		lane.latch = latch; message = m; stepped = true;
		if
		:: entered -> publish(m, (version + PUT_AHEAD))
		:: else
		fi }
	:: atomic { !frozen && !ended && (todo & OWN_NEXT) -> todo = todo - OWN_NEXT;
		lane.word[half * 2] = TAG(1, m + 1) }
	:: atomic { todo == 0 -> break }
	:: atomic { todo != 0 -> goto end_stopped }	/* or SIGBUS */
	od
}

inline put_in_lane()
{
	atomic { !frozen && !ended -> half = lane.latch & 1;
		latch = (lane.latch + 1) % WRAP }
#if defined(PLANT_OWNER_NO_RELEASE)
	own_store(OWN_FILL | OWN_STEP);
#elif defined(PLANT_OWNER_NO_BARRIER)
	own_store(OWN_FILL);
	own_store(OWN_STEP | OWN_NEXT);
#else
	own_store(OWN_FILL);
	own_store(OWN_STEP);	/* a release before it, a fence behind it */
#endif
	left--;
	if
	:: bell || !left -> ring(); left = LANE_PUTS
	:: else
	fi
}

proctype owner()
{
	byte half, latch, m, left = LANE_PUTS;
	short todo;

	do
	:: m < PUTS && !ended -> m++;
		if
		:: put_in_lane()
		:: put_by_call(m)
		fi
	:: break
	od;
end_stopped:
	atomic { half = 0; latch = 0; m = 0; left = 0; todo = 0 }
}

/* Writes what it likes into the page: that it is channel 2's is all that a word can tell. */
inline set_latch()
{
	if
	:: lane.latch = (lane.latch + 1) % WRAP
	:: lane.latch = (lane.latch + WRAP - 1) % WRAP
	fi;
	stepped = true
}

inline attack()
{
	if
	:: lane.size[0] = 3
	:: lane.size[1] = 3
	:: lane.word[0] = TAG(2, 0)
	:: lane.word[1] = TAG(2, 0)
	:: lane.word[2] = TAG(2, 0)
	:: lane.word[3] = TAG(2, 0)
	:: set_latch()
	fi
}

/* Of channel 1, for ever. Its sizes are wrong from the beginning. */
proctype hostile_owner()
{
	atomic { lane.size[0] = 3; lane.size[1] = 3 }
	lane.latch = (lane.latch + 1) % WRAP;
	ring();
end_hostile:
	do
	:: atomic { !frozen && !ended -> set_latch() }
	od
}

/* Of channel 2. */
proctype stranger()
{
	byte attacks;

end_stranger:
	do
	:: given && attacks < ATTACKS -> attacks++; atomic { attack() }
	:: attacks == ATTACKS -> break
	od
}

/* The reader's loads. */
#define AGAIN_LATCH	1
#define AGAIN_HIGH	2
#define LANE_LATCH	4
#define LANE_SIZE	8
#define LANE_FIRST	16
#define LANE_SECOND	32
#define LANE_AGAIN	64
#define LANE_HALF	(LANE_SIZE | LANE_FIRST | LANE_SECOND)

inline load(these)
{
	todo = these;
	do
	:: atomic { todo & AGAIN_LATCH -> todo = todo - AGAIN_LATCH;
		left = left || cell_latch != latch }
	:: atomic { todo & AGAIN_HIGH -> todo = todo - AGAIN_HIGH;
		left = left || cell_high != high }
	:: atomic { todo & LANE_LATCH -> todo = todo - LANE_LATCH;
		own = lane.latch }
	:: atomic { todo & LANE_SIZE -> todo = todo - LANE_SIZE;
		n = CLAMP(lane.size[own & 1]) }
	:: atomic { todo & LANE_FIRST -> todo = todo - LANE_FIRST;
		first = lane.word[(own & 1) * 2] }
	:: atomic { todo & LANE_SECOND -> todo = todo - LANE_SECOND;
		second = lane.word[(own & 1) * 2 + 1] }
	:: atomic { todo & LANE_AGAIN -> todo = todo - LANE_AGAIN;
		torn = torn || lane.latch != own }
	:: atomic { todo == 0 -> break }
	od
}

/* Once round the loop. */
inline try_lane()
{
#if defined(PLANT_NO_LOOK)
	load(LANE_LATCH);
	load(LANE_HALF);
	load(LANE_AGAIN);
#elif defined(PLANT_LOOK_FIRST)
	load(AGAIN_LATCH);
	load(AGAIN_HIGH);
	load(LANE_LATCH);
	load(LANE_HALF);
	load(LANE_AGAIN);
#elif defined(PLANT_NO_LANE_AGAIN)
	load(LANE_LATCH);
	load(LANE_HALF);
	load(AGAIN_LATCH);
	load(AGAIN_HIGH);
#elif defined(PLANT_LANE_NO_ACQUIRE)
	load(LANE_LATCH);
	load(LANE_HALF | LANE_AGAIN | AGAIN_LATCH);
	load(AGAIN_HIGH);
#elif defined(PLANT_LANE_NO_HIGH)
	load(LANE_LATCH);
	load(LANE_HALF);
	load(LANE_AGAIN | AGAIN_LATCH);
#else
	load(LANE_LATCH);
	load(LANE_HALF);
	load(LANE_AGAIN | AGAIN_LATCH);
	load(AGAIN_HIGH);
#endif
}

inline forget()
{
	own = 0; n = 0; first = 0; second = 0; torn = false; left = false; v = 0
}

/* It is channel 1's, and with an honest owner a message, whole, and the present one. */
inline assert_right()
{
	assert(n < 1 || CHANNEL(first) != 2);	/* a new page is zeroes */
	assert(n < 2 || CHANNEL(second) != 2);
#if !defined(HOSTILE_OWNER) && !defined(PLANT_NO_STEP)
	assert(v >= floor);	/* no older than what was read or written before */
	assert(v <= present);
	assert(what[v] != 0);
	assert(n == SIZE(what[v] - 1));
	assert(n < 1 || first == TAG(1, what[v] - 1));
	assert(n < 2 || second == TAG(1, what[v] - 1));
#endif
	seen = v
}

/* Who has mapped it. What it knows of the lane it keeps from one read to the next. */
proctype mapped()
{
	byte high, latch, own, n, first, second, v, floor, seen, tries, rounds, reads;
	bool knows, fresh, torn, left;
	short todo;

	do
	:: reads < READS ->
		atomic { reads++; floor = (present > seen -> present : seen) }
again:
		/* It ends within its tries, whatever an owner does. */
		atomic { stepped = false; rounds++; assert(rounds <= TRIES) }
		if
		:: knows -> skip
		:: atomic { !knows && cell_in_lane && cell_latch ->
			latch = cell_latch; high = cell_high;
			/* Maps it. That it looks once more then adds nothing. */
			knows = true; fresh = true }
		:: atomic { !knows && !(cell_in_lane && cell_latch) ->
			seen = present; goto got }
		fi;
		try_lane();
		if
		:: atomic { !left && !torn && AHEAD(own, latch) <= RANGE ->
			v = high * WRAP + latch + AHEAD(own, latch);
			assert_right(); forget(); goto got }
		:: atomic { !left && !torn && AHEAD(own, latch) > RANGE ->
			goto call }
		:: atomic { left || torn ->
			/* An owner who stands still keeps nobody. */
			assert(stepped || (left && !fresh));
			knows = knows && !left;
			fresh = false;
			high = (knows -> high : 0);
			latch = (knows -> latch : 0);
			tries++;
			forget() }
		fi;
		if
		:: tries < TRIES -> goto again
#ifdef PLANT_NO_BOUND
		:: else -> tries = 0; goto again
#else
		:: else
#endif
		fi;
call:
		atomic { !locked -> forget(); seen = present };
got:
		atomic {
#ifndef HOSTILE_OWNER
			assert(seen >= floor);
#endif
			floor = 0; tries = 0; rounds = 0; fresh = false;
			stepped = false
		}
	:: else -> break
	od
}

/* Who reads by a call: some tries, and then with the page taken away. */
inline look()
{
	load(LANE_LATCH);
	load(LANE_HALF);
	load(LANE_AGAIN)
}

inline assert_copied()
{
	v = version + AHEAD(own, version);
	assert_right();
	forget()
}

proctype caller()
{
	byte high, latch, own, n, first, second, v, floor, seen, tries, rounds, reads;
	bool torn, left, done;
	short todo;

	do
	:: reads < READS ->
		atomic { reads++; floor = (present > seen -> present : seen) }
		LOCK;
again:
		atomic { rounds++; assert(rounds <= TRIES) }
		if
		:: atomic { !entered -> seen = version; done = true }
		:: else ->
			stepped = false;
			look();
			if
			:: atomic { !torn -> assert_copied(); done = true }
			:: atomic { torn -> assert(stepped); tries++;
				forget() }
			fi
		fi;
		if
		:: !done && tries < TRIES -> goto again
		:: else
		fi;
		locked = false;
		if
		:: !done ->
#ifndef PLANT_NO_FREEZE
			FREEZE;
#endif
			LOCK;
			if
			:: atomic { !entered -> seen = version }
			:: else -> look();
				assert(!torn);
				assert_copied()
			fi;
			locked = false;
#ifndef PLANT_NO_FREEZE
			frozen = false
#endif
		:: else
		fi;
		atomic {
#ifndef HOSTILE_OWNER
			assert(seen >= floor);
#endif
			done = false; tries = 0; rounds = 0; floor = 0;
			stepped = false
		}
	:: else -> break
	od
}

init {
	atomic {
		version = START;
		present = START;
		what[START] = 1;
		cell_latch = START % WRAP;
		cell_high = START / WRAP;
		count_from(version);
		bell = true;
#ifdef HOSTILE_OWNER
		run hostile_owner();
#else
		run owner();
#endif
		run kernel();
#if ATTACKS
		run stranger();
#endif
#ifdef CALLS
		run caller()
#else
		run mapped()
#endif
	}
}

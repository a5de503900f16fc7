// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"
#include "pace.h"

/* Long enough that a call which need not sleep is over, as a rule. */
#define SOON_NS 2000000

static __thread timer_t timer;
static __thread bool made;
static __thread enum pace_part before;

static void ignore(int number)
{
	(void)number;
}

static void make(void)
{
	struct sigaction action = { .sa_handler = ignore };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID,
				  .sigev_signo = SIGRTMIN };

	event._sigev_un._tid = syscall(SYS_gettid);
	if (sigaction(SIGRTMIN, &action, NULL) ||
	    timer_create(CLOCK_MONOTONIC, &event, &timer))
		abort();
	made = true;
}

/* Again and again, for the first one may come before the thread sleeps. */
void interrupt_begin(void)
{
	struct itimerspec time = { .it_value.tv_nsec = SOON_NS,
				   .it_interval.tv_nsec = SOON_NS };

	before = pace_enter(PACE_SLEEP);
	if (!made)
		make();
	timer_settime(timer, 0, &time, NULL);
}

void interrupt_end(void)
{
	struct itimerspec never = {};

	timer_settime(timer, 0, &never, NULL);
	pace_leave(before);
}

// SPDX-License-Identifier: GPL-2.0
#include "rates.h"

void rates_measure(struct rates *rates, const struct slot *slot, double seconds)
{
	struct msg_slot_counters before = rates->counted;
	const struct msg_slot_counters *now = &rates->counted;
	bool first = !rates->known;

	rates->known = !msgslot_counters(slot->fd, &rates->counted);
	if (first)
		before = rates->counted;
	rates->writes = (now->writes - before.writes) / seconds;
	rates->clears = (now->clears - before.clears) / seconds;
	rates->expiries = (now->expiries - before.expiries) / seconds;
}

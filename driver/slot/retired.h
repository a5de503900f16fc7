/* SPDX-License-Identifier: GPL-2.0 */
/* The end of slots: they are freed when nobody looks at their channels any more. */
#ifndef MESSAGE_SLOT_RETIRED_H
#define MESSAGE_SLOT_RETIRED_H

struct slot;

void slot_retire(struct slot *slot);
void retired_flush(void);
void retired_catch_up(void);

#endif /* MESSAGE_SLOT_RETIRED_H */

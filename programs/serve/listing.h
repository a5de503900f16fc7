/* SPDX-License-Identifier: GPL-2.0 */
/* What there is: the slots, and all messages of one, sent as they are read. */
#ifndef MSGSLOT_SERVE_LISTING_H
#define MSGSLOT_SERVE_LISTING_H

#include "request.h"

enum MHD_Result listing_answer_slots(struct request *request);
enum MHD_Result listing_answer_slot(struct request *request);
enum MHD_Result listing_answer_channels(struct request *request);

#endif /* MSGSLOT_SERVE_LISTING_H */

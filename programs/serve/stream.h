/* SPDX-License-Identifier: GPL-2.0 */
/* What changes in a slot, as server-sent events. */
#ifndef MSGSLOT_SERVE_STREAM_H
#define MSGSLOT_SERVE_STREAM_H

#include "request.h"

enum MHD_Result stream_answer(struct request *request);

/* Wakes those who have something to be told. Return: when to call it again. */
uint64_t stream_wake(uint64_t now);

#endif /* MSGSLOT_SERVE_STREAM_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What Prometheus asks for: of each slot, and of those channels that were named. */
#ifndef MSGSLOT_SERVE_METRICS_H
#define MSGSLOT_SERVE_METRICS_H

#include "request.h"

/* CHANNEL, or CHANNEL=NAME; ends the program if the name can't be that of a metric. */
void metrics_add_channel(char *text);

enum MHD_Result metrics_answer(struct request *request);

#endif /* MSGSLOT_SERVE_METRICS_H */

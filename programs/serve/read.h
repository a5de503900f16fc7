/* SPDX-License-Identifier: GPL-2.0 */
/* GET of a channel: its message, perhaps once there is a newer one. */
#ifndef MSGSLOT_SERVE_READ_H
#define MSGSLOT_SERVE_READ_H

#include "request.h"

/* Room for an entity tag, and its end. */
#define READ_ETAG 24

enum MHD_Result read_answer(struct request *request);

/* A version as an entity tag. */
void read_write_etag(uint64_t version, char etag[static READ_ETAG]);

#endif /* MSGSLOT_SERVE_READ_H */

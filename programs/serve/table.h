/* SPDX-License-Identifier: GPL-2.0 */
/* What the page shows: some rows of a slot's channels, and then those that change. */
#ifndef MSGSLOT_SERVE_TABLE_H
#define MSGSLOT_SERVE_TABLE_H

#include "request.h"

enum MHD_Result table_answer(struct request *request);

#endif /* MSGSLOT_SERVE_TABLE_H */

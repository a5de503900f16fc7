/* SPDX-License-Identifier: GPL-2.0 */
/* PUT and DELETE of a channel. */
#ifndef MSGSLOT_SERVE_CHANGE_H
#define MSGSLOT_SERVE_CHANGE_H

#include "request.h"

enum MHD_Result change_answer_put(struct request *request);
enum MHD_Result change_answer_delete(struct request *request);

#endif /* MSGSLOT_SERVE_CHANGE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The page, and the description of the interface: files that are in the program. */
#ifndef MSGSLOT_SERVE_PAGE_H
#define MSGSLOT_SERVE_PAGE_H

#include "request.h"

/* For the routes that are files. */
enum MHD_Result page_answer(struct request *request);

#endif /* MSGSLOT_SERVE_PAGE_H */

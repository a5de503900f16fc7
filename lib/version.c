// SPDX-License-Identifier: LGPL-2.1-or-later
#include "msgslot.h"

const char *msgslot_version(void)
{
	return VERSION;
}

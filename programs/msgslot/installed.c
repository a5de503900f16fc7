// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "installed.h"

/* Where users may not have it in their PATH. */
#define MODINFO "PATH=$PATH:/usr/sbin:/sbin modinfo -0 message_slot 2>/dev/null"

static void take(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	if (!*value && !strncmp(line, key, length))
		snprintf(value, size, "%s", line + length);
}

static void take_all(struct installed *module, const char *line)
{
	char file[PATH_MAX] = "";

	take(line, "filename:", file, sizeof(file));
	if (*file)
		snprintf(module->file, sizeof(module->file), "%s",
			 file + strspn(file, " "));
	take(line, "version=", module->version, sizeof(module->version));
	take(line, "srcversion=", module->srcversion,
	     sizeof(module->srcversion));
	take(line, "signer=", module->signer, sizeof(module->signer));
}

bool installed_find(struct installed *module)
{
	FILE *pipe = popen(MODINFO, "re");
	size_t room = 0;
	char *line = NULL;

	memset(module, 0, sizeof(*module));
	if (!pipe)
		return false;
	while (getdelim(&line, &room, '\0', pipe) > 0)
		take_all(module, line);
	free(line);
	pclose(pipe);
	return *module->file;
}

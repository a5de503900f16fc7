// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "fact.h"

bool fact_read(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool read = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (read)
		line[strcspn(line, "\n")] = '\0';
	return read;
}

bool fact_has(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	if (file)
		fclose(file);
	return found;
}

unsigned int fact_major(void)
{
	FILE *devices = fopen("/proc/devices", "re");
	unsigned int major, found = 0;
	char line[80], name[64];

	if (!devices)
		return 0;
	while (!found && fgets(line, sizeof(line), devices))
		if (sscanf(line, "%u %63s", &major, name) == 2 &&
		    !strcmp(name, "message_slot"))
			found = major;
	fclose(devices);
	return found;
}

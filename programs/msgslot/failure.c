// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "complaint.h"
#include "failure.h"

static void size_words(const struct failure *failure,
		       char words[static FAILURE_WORDS])
{
	static const char empty[] =
		"the message for channel %u is empty (msgslot clear takes one away)";
	static const char large[] =
		"the message for channel %u has %zu bytes, the slot takes %s";
	struct msg_slot_limits limits;
	char most[32] = "less";

	if (!failure->size) {
		snprintf(words, FAILURE_WORDS, empty, failure->channel);
		return;
	}
	if (!msgslot_limits(failure->slot->fd, &limits))
		snprintf(most, sizeof(most), "up to %u", limits.max_message);
	snprintf(words, FAILURE_WORDS, large, failure->channel, failure->size,
		 most);
}

static void channel_words(const struct failure *failure, const char *what,
			  char words[static FAILURE_WORDS])
{
	snprintf(words, FAILURE_WORDS, "channel %u %s", failure->channel, what);
}

/* Return: the major number of the module that is loaded, or 0. */
static unsigned int loaded_major(void)
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

/* A file that nothing answers for need not be a slot: a socket is such, too. */
static const char *unanswered_words(const struct slot *slot)
{
	static const char other[] =
		"is not a message slot: its major number is %u, that of slots %u";
	static char words[128];
	struct stat file;
	unsigned int slots;

	if (stat(slot->path, &file) || !S_ISCHR(file.st_mode))
		return "is not a message slot";
	slots = loaded_major();
	if (!slots)
		return "no module answers for it (modprobe message_slot)";
	snprintf(words, sizeof(words), other, major(file.st_rdev), slots);
	return words;
}

static const char *plain_words(const struct failure *failure)
{
	switch (-failure->error) {
	case ENOTTY:
		return "is not a message slot";
	case EINVAL:
		return "the module that is loaded does not know how to (is it older?)";
	case ENXIO:
	case ENODEV:
		return unanswered_words(failure->slot);
	case ENOSPC:
		return "is full: its limits have no room for the message or another channel";
	case EPERM:
		return "the descriptor was narrowed, and this is beyond what is left";
	default:
		return strerror(-failure->error);
	}
}

void failure_words(const struct failure *failure,
		   char words[static FAILURE_WORDS])
{
	switch (-failure->error) {
	case EBUSY:
		channel_words(failure, "is claimed by another", words);
		break;
	case EWOULDBLOCK:
		channel_words(failure, "has no message", words);
		break;
	case ETIMEDOUT:
		channel_words(failure, "had no message in time", words);
		break;
	case EMSGSIZE:
		size_words(failure, words);
		break;
	default:
		snprintf(words, FAILURE_WORDS, "%s", plain_words(failure));
	}
}

int failure_status(const struct failure *failure)
{
	switch (-failure->error) {
	case EWOULDBLOCK:
	case ETIMEDOUT:
		return STATUS_NOTHING;
	case EBUSY:
	case ESTALE:
		return STATUS_REFUSED;
	default:
		return STATUS_ERROR;
	}
}

void failure_die(const struct slot *slot, uint32_t channel, size_t size,
		 int error)
{
	exit(failure_complain(slot, channel, size, error));
}

void failure_die_slot(const struct slot *slot, int error)
{
	die(STATUS_ERROR, "%s: %s", slot->path,
	    plain_words(&(struct failure){ .slot = slot, .error = error }));
}

int failure_complain(const struct slot *slot, uint32_t channel, size_t size,
		     int error)
{
	struct failure failure = { slot, channel, size, error };
	char words[FAILURE_WORDS];

	failure_words(&failure, words);
	complain("%s: %s", slot->path, words);
	return failure_status(&failure);
}

int failure_complain_version(const struct slot *slot, uint32_t channel,
			     uint64_t wanted, uint64_t is)
{
	if (!is)
		complain("%s: channel %u has no message (version 0)",
			 slot->path, channel);
	else if (!wanted)
		complain("%s: channel %u has a message already (version %ju)",
			 slot->path, channel, (uintmax_t)is);
	else
		complain("%s: channel %u has version %ju, not %ju", slot->path,
			 channel, (uintmax_t)is, (uintmax_t)wanted);
	return STATUS_REFUSED;
}

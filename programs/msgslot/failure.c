// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "complaint.h"
#include "fact.h"
#include "failure.h"
#include "name.h"
#include "text.h"

#define NAME_COLUMNS 100

/* Return: the channel as a person calls it, for free(). */
static char *name_of(const struct slot *slot, uint32_t channel)
{
	return name_text(slot, channel, NAME_COLUMNS);
}

static void size_words(const struct failure *failure,
		       char words[static FAILURE_WORDS])
{
	static const char empty[] =
		"the message for channel %s is empty (msgslot clear takes one away)";
	static const char large[] =
		"the message for channel %s has %zu bytes, the slot takes %s";
	struct msg_slot_limits limits;
	char most[32] = "less";
	char *name = name_of(failure->slot, failure->channel);

	if (!msgslot_limits(failure->slot->fd, &limits))
		snprintf(most, sizeof(most), "up to %u", limits.max_message);
	if (failure->size)
		snprintf(words, FAILURE_WORDS, large, name, failure->size,
			 most);
	else
		snprintf(words, FAILURE_WORDS, empty, name);
	free(name);
}

static void channel_words(const struct failure *failure, const char *what,
			  char words[static FAILURE_WORDS])
{
	char *name = name_of(failure->slot, failure->channel);

	snprintf(words, FAILURE_WORDS, "channel %s %s", name, what);
	free(name);
}

/* A file that nothing answers for need not be a slot: a socket is such, too. */
static const char *unanswered_words(const struct slot *slot)
{
	static const char other[] =
		"is not a message slot: its major number is %u, that of slots %u";
	static char words[128];
	char path[PATH_MAX];
	struct stat file;
	unsigned int slots;

	if (msgslot_path(slot->path, path, sizeof(path)) || stat(path, &file) ||
	    !S_ISCHR(file.st_mode))
		return "is not a message slot";
	slots = fact_major();
	if (!slots)
		return "no module answers for it (modprobe message_slot)";
	snprintf(words, sizeof(words), other, major(file.st_rdev), slots);
	return words;
}

/* A word is a name: where it is looked for is to be told. */
static const char *absent_words(const struct slot *slot)
{
	static const char unmounted[] =
		"no slotfs is mounted at %s (mount -t slotfs -o mode=1777 none %s)";
	static const char absent[] =
		"there is no such slot in %s (mkdir %s/%s makes one)";
	static char words[FAILURE_WORDS];
	char path[PATH_MAX];
	size_t length;
	struct statfs fs;

	if (strchr(slot->path, '/') ||
	    msgslot_path(slot->path, path, sizeof(path)))
		return strerror(ENOENT);
	/* Without the slot's name, and the door's. */
	length = strlen(path) - strlen(slot->path) - strlen("//.slot");
	if (length >= sizeof(path))
		return strerror(ENOENT);
	path[length] = '\0';
	if (statfs(path, &fs) || fs.f_type != MSG_SLOT_FS_MAGIC)
		snprintf(words, sizeof(words), unmounted, path, path);
	else
		snprintf(words, sizeof(words), absent, path, path, slot->path);
	return words;
}

static const char *plain_words(const struct failure *failure)
{
	switch (-failure->error) {
	case ENOENT:
		return absent_words(failure->slot);
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

void failure_channel_words(const struct slot *slot, const char *channel,
			   int error, char words[static FAILURE_WORDS])
{
	static const char *const why[] = {
		[EINVAL] = "can't be the name of a channel",
		[EEXIST] = "is the number of a channel that has another name",
		[EISDIR] = "is a directory",
		[ENOENT] = "is the name of no channel there",
		[ENOSPC] = "is one name more than there may be (max_names)",
		[EPERM] = "is another channel than the one that you may use",
	};
	const char *reason = NULL;

	if ((size_t)-error < sizeof(why) / sizeof(*why))
		reason = why[-error];
	if (error == -EINVAL && !slot->has_names)
		reason = "is no channel (1 to 4294967295)";
	snprintf(words, FAILURE_WORDS, "'%.100s' %s%s", channel,
		 reason ? "" : "can't be used: ",
		 reason ? reason : strerror(-error));
}

int failure_complain_channel(const struct slot *slot, const char *channel,
			     int error)
{
	char words[FAILURE_WORDS];

	failure_channel_words(slot, channel, error, words);
	complain("%s: %s", slot->path, words);
	return error == -EINVAL ? STATUS_USAGE : STATUS_ERROR;
}

uint32_t failure_or_channel(const struct slot *slot, const char *channel)
{
	uint32_t id;
	int ret = slot_find(slot, channel, &id);

	if (ret)
		exit(failure_complain_channel(slot, channel, ret));
	return id;
}

static int complain_nothing(const struct slot *slot, const char *name)
{
	complain("%s: channel %s has no message (version 0)", slot->path, name);
	return STATUS_REFUSED;
}

int failure_complain_nothing(const struct slot *slot, const char *channel)
{
	char *name = text_escape((const unsigned char *)channel,
				 strlen(channel), NAME_COLUMNS);
	int status = complain_nothing(slot, name);

	free(name);
	return status;
}

int failure_complain_version(const struct slot *slot, uint32_t channel,
			     uint64_t wanted, uint64_t is)
{
	char *name = name_of(slot, channel);

	if (!is)
		complain_nothing(slot, name);
	else if (!wanted)
		complain("%s: channel %s has a message already (version %ju)",
			 slot->path, name, (uintmax_t)is);
	else
		complain("%s: channel %s has version %ju, not %ju", slot->path,
			 name, (uintmax_t)is, (uintmax_t)wanted);
	free(name);
	return STATUS_REFUSED;
}

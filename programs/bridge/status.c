// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/complaint.h"
#include "../msgslot/failure.h"
#include "../msgslot/slot.h"
#include "owner.h"
#include "status.h"

/**
 * struct status - where it is told
 * @slot: the slot, open if @open
 * @open: see there
 * @name: of the slot
 */
struct status {
	struct slot slot;
	bool open;
	const char *name;
};

struct status *status_open(const char *slot)
{
	struct status *status = must_realloc(NULL, 1, sizeof(*status));

	*status = (struct status){ .name = slot };
	return status;
}

void status_close(struct status *status)
{
	if (status->open)
		slot_close(&status->slot);
	free(status);
}

static bool try_to_open(struct status *status)
{
	if (!status->open)
		status->open = !slot_open(&status->slot, status->name, O_RDWR);
	return status->open;
}

/* The longest message there, which may be changed while this program runs. */
static size_t limit_of(const struct status *status)
{
	struct msg_slot_limits limits;

	if (msgslot_limits(status->slot.fd, &limits))
		return MSG_SLOT_MAX_MESSAGE;
	return limits.max_message;
}

static const char *owner_word(const struct link *link)
{
	if (link->rule->direction != RULE_IN)
		return owner_may_send(link, link_now()) ? "self" : "other";
	if (!link->owner.known || !link->server->up)
		return "unknown";
	return link->owner.dead ? "dead" : "alive";
}

static const char *link_word(const struct link *link)
{
	if (!link->server->up)
		return "down";
	return link->listed ? "up" : "starting";
}

static json_t *describe(const struct link *link, const char *error)
{
	json_int_t waiting = link->in_flight;

	waiting += link->first_left;
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:s}", "link",
			 link_word(link), "owner", owner_word(link), "sent",
			 (json_int_t)link->counts.sent, "got",
			 (json_int_t)link->counts.got, "refused",
			 (json_int_t)link->counts.refused, "waiting", waiting,
			 "error", error);
}

/* Return: for free(), or NULL if the error is no UTF-8, or without memory. */
static char *text_of(const struct link *link, const char *error)
{
	json_t *object = describe(link, error);
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	return text;
}

/* What has been cut somewhere may be no UTF-8 any more. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			*text = '?';
}

/* Takes so many bytes off the end, and the rest of a character that they are of. */
static void cut(char *text, size_t count)
{
	size_t length = strlen(text);

	length -= count < length ? count : length;
	while (length && (text[length] & 0xc0) == 0x80)
		length--;
	text[length] = '\0';
}

/* The error is cut where a message has no room for it. Return: as text_of() does. */
static char *fitting_text(const struct link *link, size_t limit)
{
	char error[LINK_ERROR];
	char *text;

	stpcpy(error, link->server->up ? link->error : link->server->error);
	text = text_of(link, error);
	if (!text) {
		make_plain(error);
		text = text_of(link, error);
	}
	while (text && strlen(text) > limit && *error) {
		cut(error, strlen(text) - limit);
		free(text);
		text = text_of(link, error);
	}
	return text;
}

void status_tell(struct status *status, uint32_t number,
		 const struct link *link)
{
	static struct message message;
	char *text;

	if (!try_to_open(status))
		return;
	text = fitting_text(link, limit_of(status));
	if (!text)
		return;
	if (slot_get(&status->slot, number, &message) ||
	    message.record.size != strlen(text) ||
	    memcmp(message.bytes, text, strlen(text))) {
		msgslot_claim(status->slot.fd, number, MSG_SLOT_END_CLEAR, NULL,
			      0);
		msgslot_put(status->slot.fd, number, text, strlen(text),
			    MSG_SLOT_FOREVER, NULL);
	}
	free(text);
}

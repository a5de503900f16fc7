/* SPDX-License-Identifier: GPL-2.0 */
/* A command that is run for an event. */
#ifndef MSGSLOT_EXEC_H
#define MSGSLOT_EXEC_H

#include "slot.h"

/**
 * exec_command() - have sh run a command, and wait until it has ended
 * @command: for sh -c
 * @slot: where it happened; MSGSLOT_SLOT
 * @event: its message is the command's standard input; of a frame that has been replaced
 *	by now it becomes what there is instead
 *
 * If the program is to end the command is told to by SIGTERM. If it fails that is
 * complained of.
 */
void exec_command(const char *command, const struct slot *slot,
		  struct message *event);

#endif /* MSGSLOT_EXEC_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A subcommand that is a program of its own, msgslot-NAME, so that msgslot does without
 * the libraries that it takes. Debian has it in a package message-slot-NAME.
 */
#ifndef MSGSLOT_COMPANION_H
#define MSGSLOT_COMPANION_H

#include "command.h"

/**
 * companion_run() - become the program of a subcommand
 * @command: the subcommand
 * @argv: as its run() has it
 *
 * It is looked for beside msgslot, in the folder libexec beside that one, and where the
 * shell would look. Without it --help tells what the subcommand is.
 *
 * Return: the exit status if there is none.
 */
int companion_run(const struct command *command, char **argv);

#endif /* MSGSLOT_COMPANION_H */

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argument.h"
#include "command.h"
#include "complaint.h"
#include "failure.h"

struct request {
	const char *channel;
	enum msg_slot_end end;
	const char *will;
	size_t will_size;
	char **command;
};

/* Shell scripts like to use the numbers below themselves. */
#define FIRST_FD 10

static const struct option options[] = { { "will", required_argument, NULL,
					   'w' },
					 { "keep", no_argument, NULL, 'k' },
					 { HELP_OPTION },
					 { END_OF_OPTIONS } };

static void choose_end(struct request *claim, enum msg_slot_end end)
{
	if (claim->end != MSG_SLOT_END_CLEAR)
		die(STATUS_USAGE, "--will and --keep exclude each other");
	claim->end = end;
}

static void parse_options(int argc, char **argv, struct request *claim)
{
	int option;

	while ((option = command_option(&claim_command, argc, argv, options)) !=
	       -1)
		switch (option) {
		case 'w':
			choose_end(claim, MSG_SLOT_END_WILL);
			claim->will = optarg;
			claim->will_size = strlen(optarg);
			break;
		case 'k':
			choose_end(claim, MSG_SLOT_END_KEEP);
			break;
		}
}

/*
 * SLOT CHANNEL -- COMMAND; and with -- before them, as scripts like it, another one
 * is where it was. Return: SLOT, CHANNEL and the command.
 */
static char **parse_operands(struct request *claim)
{
	char **operands = command_operands(&claim_command, 2, INT_MAX);
	int before = command_operands_before_dashes();

	if (before == 1)
		die(STATUS_USAGE, "CHANNEL is missing before --");
	argument_channel(operands[1]);
	claim->channel = operands[1];
	claim->command = operands + 2;
	if (!before && *claim->command) {
		if (strcmp(*claim->command, "--"))
			die(STATUS_USAGE,
			    "'%s' is where -- must be, before COMMAND",
			    *claim->command);
		claim->command++;
	}
	if (!*claim->command)
		die(STATUS_USAGE,
		    "COMMAND is missing (usage: msgslot claim %s)",
		    claim_command.synopsis);
	return operands;
}

/* Return: the channel's id. */
static uint32_t take_claim(struct slot *slot, const char *path,
			   const struct request *claim)
{
	int ret = slot_open_for(slot, path, claim->channel, O_WRONLY | O_CREAT);
	uint32_t channel;

	if (ret)
		failure_die_slot(slot, ret);
	ret = slot_make(slot, claim->channel, &channel);
	if (ret)
		exit(failure_complain_channel(slot, claim->channel, ret));
	ret = msgslot_claim(slot->fd, channel, claim->end, claim->will,
			    claim->will_size);
	if (ret == -EMSGSIZE && !claim->will_size)
		die(STATUS_ERROR,
		    "the will is empty (without --will the message is taken away)");
	if (ret)
		failure_die(slot, channel, claim->will_size, ret);
	return channel;
}

/*
 * The command gets the open file that holds the claim, or it could not write
 * itself. Ours goes with exec().
 */
static void pass_on(const struct slot *slot)
{
	int fd = fcntl(slot->fd, F_DUPFD, FIRST_FD);
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	if (fd < 0 || setenv(SLOT_CLAIMED_FD, text, 1))
		die(STATUS_ERROR, "%s", strerror(errno));
}

static _Noreturn void execute(const struct slot *slot, char **command,
			      pid_t parent, const sigset_t *mask)
{
	int error;

	/* If we are killed the claim must not go on unseen. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	pass_on(slot);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(command[0], command);
	error = errno;
	complain("%s: %s", command[0], strerror(error));
	_exit(error == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN);
}

/* What a terminal sends goes to the command too, without our help. */
static void forward(pid_t child, const siginfo_t *signal)
{
	if (signal->si_signo != SIGCHLD && signal->si_code <= 0)
		kill(child, signal->si_signo);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

/* Return: its exit status, as a shell has it. */
static int await(pid_t child, const sigset_t *signals)
{
	siginfo_t signal;
	int status;

	while (waitpid(child, &status, WNOHANG) != child)
		if (sigwaitinfo(signals, &signal) > 0)
			forward(child, &signal);
	return exit_status(status);
}

static int run_command(const struct slot *slot, char **command)
{
	pid_t parent = getpid();
	sigset_t signals, mask;
	pid_t child;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	/* Ignored, it would not come, and the child could not be waited for. */
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals, &mask);
	child = fork();
	if (child < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	if (!child)
		execute(slot, command, parent, &mask);
	return await(child, &signals);
}

static int run(int argc, char **argv)
{
	struct request claim = { .end = MSG_SLOT_END_CLEAR };
	struct slot slot;
	uint32_t channel;
	int status;

	parse_options(argc, argv, &claim);
	argv = parse_operands(&claim);
	channel = take_claim(&slot, argv[0], &claim);
	status = run_command(&slot, claim.command);
	/* What the command left running may have the open file still. */
	msgslot_release(slot.fd, channel);
	slot_close(&slot);
	return status;
}

const struct command claim_command = {
	.name = "claim",
	.synopsis =
		"[--will MESSAGE | --keep] SLOT CHANNEL -- COMMAND [ARG...]",
	.summary = "be the only one to write a channel while a command runs",
	.help = "Claims the channel, runs COMMAND, and ends the claim with it. Meanwhile only\n"
		"COMMAND can write the channel: by the descriptor whose number is in\n"
		"$MSGSLOT_FD, which msgslot, libmsgslot and Python's msgslot find by themselves.\n"
		"At the end the channel's message is taken away, unless an option says else.\n"
		"\n"
		"      --will MESSAGE  at the end, MESSAGE becomes the channel's message\n"
		"      --keep          at the end, the channel's message stays\n"
		"  -h, --help          print this\n"
		"\n"
		"Exit status: COMMAND's own, 128 and the signal's number if it was killed, 127\n"
		"if it was not found, 126 if it can't be run; 4 if another has the claim.\n",
	.operands = 2,
	.run = run,
};

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Retained messages of an MQTT broker, with mosquitto_pub and mosquitto_sub, found by PATH: a
 * program writes lines to one of them, and another reads them of the other. A line is a message.
 */
#ifndef BENCH_CLIENT_TOOLS_H
#define BENCH_CLIENT_TOOLS_H

#include <inttypes.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "client.h"

#define TOOLS_TOPIC "bench/tools"

static char tools_port[16];
static int tools_line;

static inline void tools_connect(const char *url)
{
	if (sscanf(url, "mqtt://127.0.0.1:%15[0-9]", tools_port) != 1)
		errx(EXIT_FAILURE, "tools: %s", url);
}

/* Return: the end that is left of a pipe whose other one is @stream of the program. */
static inline int tools_begin(const char *program, int stream,
			      const char *option, const char *more)
{
	int ends[2];

	must(pipe(ends), "pipe");
	if (must(fork(), "fork")) {
		close(ends[stream]);
		return ends[!stream];
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(ends[stream], stream);
	close(ends[0]);
	close(ends[1]);
	execlp(program, program, "-V", "5", "--nodelay", "-p", tools_port, "-q",
	       "1", "-t", TOOLS_TOPIC, option, more, NULL);
	fail(program);
	return -1;
}

static inline void tools_put(unsigned int key)
{
	uint64_t head[2];
	char line[sizeof(sent.bytes)];

	(void)key;
	if (!tools_line)
		tools_line =
			tools_begin("mosquitto_pub", STDIN_FILENO, "-l", "-r");
	memcpy(head, sent.bytes, sizeof(head));
	snprintf(line, size, "%0*" PRIu64 " %020" PRIu64, (int)size - 22,
		 head[0], head[1]);
	line[size - 1] = '\n';
	must(write(tools_line, line, size), "mosquitto_pub");
}

static inline void tools_listen(void (*take)(void))
{
	int fd = tools_begin("mosquitto_sub", STDOUT_FILENO, "-R", NULL);
	FILE *lines = fdopen(fd, "r");
	char line[sizeof(sent.bytes)];
	uint64_t head[2];

	while (lines && fgets(line, sizeof(line), lines)) {
		if (sscanf(line, "%" SCNu64 " %" SCNu64, &head[0], &head[1]) !=
		    2)
			errx(EXIT_FAILURE, "tools: another message came out");
		memcpy(got.bytes, head, sizeof(head));
		take();
	}
	errx(EXIT_FAILURE, "mosquitto_sub has ended");
}

static const struct client tools_client = {
	.name = "tools",
	.connect = tools_connect,
	.put = tools_put,
	.post = tools_put,
	.listen = tools_listen,
};

#endif /* BENCH_CLIENT_TOOLS_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * replay [FILE...]: runs the inputs in texts, of tests/fuzz/{corpus,findings} if
 * none are named, and tells of each file as a test does.
 *
 *   -w FOLDER FILE...  writes the inputs as bytes for the fuzzer, a file each
 *   -t FILE...         writes such files as text
 *   -l FILE            writes the last inputs of records as text
 */
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "record.h"
#include "run.h"

/* An input that hangs is a failure, too, but an emulated machine may be slow. */
#define MOST_SECONDS 300u
#define LAST 5u

static FILE *open_or_die(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	if (!file) {
		perror(path);
		exit(2);
	}
	return file;
}

static size_t read_all(const char *path, uint8_t **bytes)
{
	FILE *file = open_or_die(path, "re");
	size_t n;

	fseek(file, 0, SEEK_END);
	n = ftell(file);
	rewind(file);
	*bytes = malloc(n + 1);
	n = fread(*bytes, 1, n, file);
	fclose(file);
	return n;
}

static void write_bytes(const char *folder, const char *path)
{
	FILE *from = open_or_die(path, "re");
	const char *name = strrchr(path, '/');
	uint8_t bytes[INPUT_BYTES];
	char to[PATH_MAX];
	struct input input;

	for (unsigned int i = 0; input_read(&input, from); i++) {
		FILE *file;

		snprintf(to, sizeof(to), "%s/%s-%u", folder,
			 name ? name + 1 : path, i);
		file = open_or_die(to, "we");
		fwrite(bytes, 1, input_to_bytes(&input, bytes), file);
		fclose(file);
	}
	fclose(from);
}

static void write_text(const char *path)
{
	struct input input;
	uint8_t *bytes;
	size_t n = read_all(path, &bytes);

	input_from_bytes(&input, bytes, n);
	free(bytes);
	if (input.count)
		input_write(&input, stdout);
}

static void write_last(const char *path, unsigned int which)
{
	const struct record *record = record_open(path, which);
	struct input input;

	for (uint32_t i = LAST; i; i--) {
		if (!record_read(record, record->count - i, &input))
			continue;
		printf("# input %u of %u, of fuzzer %u\n",
		       record->count - i + 1, record->count, which);
		input_write(&input, stdout);
	}
}

/* In a process of its own: one that is wrong does not keep the others back. */
static bool replay(const char *path)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (!child) {
		FILE *file = open_or_die(path, "re");
		struct input input;

		while (input_read(&input, file)) {
			alarm(MOST_SECONDS);
			run_input(&input);
		}
		exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("# signal %d\n", WTERMSIG(status));
	return !status;
}

static int replay_all(char **paths, size_t count)
{
	size_t failed = 0;

	printf("TAP version 13\n1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		bool passed = replay(paths[i]);

		failed += !passed;
		printf("%sok %zu %s\n", passed ? "" : "not ", i + 1, paths[i]);
	}
	return failed || !count;
}

static int replay_everything(void)
{
	glob_t found = {};

	glob("tests/fuzz/corpus/*", 0, NULL, &found);
	glob("tests/fuzz/findings/*", GLOB_APPEND, NULL, &found);
	return replay_all(found.gl_pathv, found.gl_pathc);
}

int main(int count, char **words)
{
	int option = getopt(count, words, "w:t:l:h");

	switch (option) {
	case 'w':
		while (optind < count)
			write_bytes(optarg, words[optind++]);
		return 0;
	case 't':
		write_text(optarg);
		while (optind < count)
			write_text(words[optind++]);
		return 0;
	case 'l':
		for (unsigned int i = 0; i < RECORDS; i++)
			write_last(optarg, i);
		return 0;
	case -1:
		break;
	default:
		return 2;
	}
	if (optind == count)
		return replay_everything();
	return replay_all(words + optind, count - optind);
}

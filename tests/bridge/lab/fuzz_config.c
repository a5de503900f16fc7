// SPDX-License-Identifier: GPL-2.0
/*
 * What libFuzzer calls: whatever a file may have that is to be a configuration. Either it is
 * one, or it is said what is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "term.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
void __wrap_complain(const char *format, ...);

const struct engine_type nats_engine = { .name = "nats" };
const struct engine_type mqtt_engine = { .name = "mqtt" };

static unsigned int complaints;

/* In place of the program's, which would write each. */
void __wrap_complain(const char *format, ...)
{
	(void)format;
	complaints++;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool has_engine(const struct config *config, const char *name)
{
	size_t i = 0;

	while (i < config->engine_count &&
	       strcmp(config->engines[i].settings.name, name))
		i++;
	return i < config->engine_count;
}

static void look_at_rule(const struct config *config, size_t i)
{
	const struct rule *rule = &config->rules[i];
	size_t j;

	must(rule->slot && rule->bucket && rule->prefix && rule->text);
	must(has_engine(config, rule->engine));
	must(rule->lease && rule->lease <= TERM_LONGEST_LEASE);
	must(!rule->owner || rule->direction == RULE_IN);
	must((rule->stale == STALE_WILL) == !!rule->will);
	for (j = 0; j < i; j++)
		must(!rule_conflict(rule, &config->rules[j]));
	rule_has(rule, "7");
	rule_has(rule, "arm/left");
}

static void look_at(const struct config *config)
{
	size_t i;

	must(config->machine && *config->machine);
	for (i = 0; i < config->engine_count; i++) {
		must(config->engines[i].settings.type);
		must(config->engines[i].settings.urls[0]);
		must(config->engines[i].text);
	}
	for (i = 0; i < config->rule_count; i++)
		look_at_rule(config, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("config", 0);
	struct config *config;
	char name[32];

	must(write(fd, bytes, n) == (ssize_t)n);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	complaints = 0;
	config = config_read(name);
	must(!config == !!complaints);
	if (config) {
		look_at(config);
		config_free(config);
	}
	close(fd);
	return 0;
}

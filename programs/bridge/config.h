/* SPDX-License-Identifier: GPL-2.0 */
/* The configuration: a YAML file, as msgslot-bridge(5) has it. */
#ifndef BRIDGE_CONFIG_H
#define BRIDGE_CONFIG_H

#include "engine.h"
#include "rule.h"

/**
 * struct config_engine - an engine that rules name
 * @settings: how to reach it
 * @text: all of it, with what its files have, as one text
 */
struct config_engine {
	struct engine_settings settings;
	char *text;
};

/**
 * struct config - what a file says
 * @machine: this machine's name
 * @status: the slot for the status, or NULL
 * @lease: for rules that say nothing else, in ns
 * @engines: the engines
 * @engine_count: how many
 * @rules: the rules, in their order
 * @rule_count: how many
 */
struct config {
	char *machine;
	char *status;
	uint64_t lease;
	struct config_engine *engines;
	size_t engine_count;
	struct rule *rules;
	size_t rule_count;
};

/*
 * Tells all that is wrong. Return: what the file says, for config_free(), or NULL if anything
 * is wrong.
 */
struct config *config_read(const char *file);

void config_free(struct config *config);

#endif /* BRIDGE_CONFIG_H */

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "../msgslot/complaint.h"
#include "bridge.h"
#include "engine_queue.h"
#include "status.h"

/* The status is told so often. */
#define STATUS_TICK (1000 * LINK_MS)

/**
 * struct bridge - all of it
 * @instance: a number of this process's own
 * @config: the present configuration, or NULL
 * @servers: as many as it has engines
 * @links: as many as it has rules
 * @bases: of the machine, or NULL
 * @status: or NULL
 * @busy: a slot or an engine has more to tell
 * @tick_at: when time is next told to links
 * @status_at: when the status is next told
 */
struct bridge {
	uint64_t instance;
	struct config *config;
	struct server **servers;
	struct link **links;
	struct bases *bases;
	struct status *status;
	bool busy;
	uint64_t tick_at;
	uint64_t status_at;
};

struct bridge *bridge_open(void)
{
	struct bridge *bridge = must_realloc(NULL, 1, sizeof(*bridge));

	*bridge = (struct bridge){ 0 };
	if (getrandom(&bridge->instance, sizeof(bridge->instance), 0) !=
	    sizeof(bridge->instance))
		die(STATUS_ERROR, "no random number");
	return bridge;
}

static size_t server_count(const struct bridge *bridge)
{
	return bridge->config ? bridge->config->engine_count : 0;
}

static size_t link_count(const struct bridge *bridge)
{
	return bridge->config ? bridge->config->rule_count : 0;
}

/* Return: the server, or NULL and it was said why not. */
static struct server *open_server(const struct engine_settings *settings)
{
	struct server *server = must_realloc(NULL, 1, sizeof(*server));
	char *words = NULL;

	*server = (struct server){
		.settings = *settings,
		.queue = engine_queue_open(settings->type->has_threads),
	};
	stpcpy(server->error, "not connected yet");
	server->engine =
		settings->type->open(&server->settings, server->queue, &words);
	if (server->engine)
		return server;
	complain("%s", words);
	free(words);
	engine_queue_close(server->queue);
	free(server);
	return NULL;
}

static void close_server(struct server *server)
{
	server->settings.type->close(server->engine);
	engine_queue_close(server->queue);
	free(server);
}

/* Return: the place of an engine that is the same in the present configuration, or NULL. */
static struct server **find_server(struct bridge *bridge,
				   const struct config_engine *engine)
{
	const struct config_engine *present;
	size_t i;

	for (i = 0; i < server_count(bridge); i++) {
		present = &bridge->config->engines[i];
		if (bridge->servers[i] &&
		    !strcmp(present->settings.name, engine->settings.name) &&
		    !strcmp(present->text, engine->text))
			return &bridge->servers[i];
	}
	return NULL;
}

/* Likewise of a rule, whose server is @server. */
static struct link **find_link(struct bridge *bridge, const struct rule *rule,
			       const struct server *server)
{
	const struct rule *present;
	size_t i;

	for (i = 0; i < link_count(bridge); i++) {
		present = &bridge->config->rules[i];
		if (bridge->links[i] && bridge->links[i]->server == server &&
		    present->lease == rule->lease &&
		    !strcmp(present->text, rule->text))
			return &bridge->links[i];
	}
	return NULL;
}

static struct server *server_of(struct server **servers,
				const struct config *config,
				const struct rule *rule)
{
	size_t i = 0;

	while (strcmp(config->engines[i].settings.name, rule->engine))
		i++;
	return servers[i];
}

/* Opens the servers that are not there. Return: false if one can't be, and none is then. */
static bool open_servers(struct bridge *bridge, const struct config *config,
			 struct server **servers)
{
	size_t i;

	for (i = 0; i < config->engine_count; i++) {
		servers[i] = NULL;
		if (find_server(bridge, &config->engines[i]))
			continue;
		servers[i] = open_server(&config->engines[i].settings);
		if (!servers[i])
			break;
	}
	if (i == config->engine_count)
		return true;
	while (i--)
		if (servers[i])
			close_server(servers[i]);
	return false;
}

/* Servers that go on have their texts in the configuration before: they change places. */
static void take_servers(struct bridge *bridge, struct config *config,
			 struct server **servers)
{
	struct engine_settings settings;
	struct server **place;
	size_t i, j;

	for (i = 0; i < config->engine_count; i++) {
		place = servers[i] ? NULL :
				     find_server(bridge, &config->engines[i]);
		if (!place)
			continue;
		j = place - bridge->servers;
		servers[i] = *place;
		*place = NULL;
		settings = config->engines[i].settings;
		config->engines[i].settings =
			bridge->config->engines[j].settings;
		bridge->config->engines[j].settings = settings;
	}
}

static void take_links(struct bridge *bridge, struct config *config,
		       struct server **servers, struct link **links)
{
	bool same = bridge->config &&
		    !strcmp(bridge->config->machine, config->machine);
	struct link **place;
	struct rule *rule;
	size_t i;

	for (i = 0; i < config->rule_count; i++) {
		rule = &config->rules[i];
		place = same ? find_link(bridge, rule,
					 server_of(servers, config, rule)) :
			       NULL;
		links[i] = place ? *place : NULL;
		if (!place)
			continue;
		*place = NULL;
		links[i]->rule = rule;
		links[i]->machine = config->machine;
	}
}

static void close_all(struct bridge *bridge)
{
	size_t i;

	for (i = 0; i < link_count(bridge); i++)
		if (bridge->links[i])
			link_close(bridge->links[i]);
	for (i = 0; i < server_count(bridge); i++)
		if (bridge->servers[i])
			close_server(bridge->servers[i]);
	free(bridge->links);
	free(bridge->servers);
	if (bridge->status)
		status_close(bridge->status);
	bridge->status = NULL;
	if (bridge->config)
		config_free(bridge->config);
}

/* What is shared needs them. Links that go on have the same machine's. */
static void open_bases(struct bridge *bridge)
{
	const struct config *config = bridge->config;
	const char *words;
	size_t i;

	for (i = 0; i < config->rule_count && !bridge->bases; i++) {
		if (config->rules[i].direction != RULE_SHARED)
			continue;
		bridge->bases = bases_open(config->machine, &words);
		if (bridge->bases)
			return;
		complain("%s; a bridge that comes back will go by time alone",
			 words);
		return;
	}
}

bool bridge_configure(struct bridge *bridge, struct config *config)
{
	struct server **servers =
		must_realloc(NULL, config->engine_count + 1, sizeof(*servers));
	struct link **links =
		must_realloc(NULL, config->rule_count + 1, sizeof(*links));
	bool same;
	size_t i;

	if (!open_servers(bridge, config, servers)) {
		free(servers);
		free(links);
		config_free(config);
		return false;
	}
	take_servers(bridge, config, servers);
	take_links(bridge, config, servers, links);
	same = bridge->config &&
	       !strcmp(bridge->config->machine, config->machine);
	close_all(bridge);
	if (!same) {
		bases_close(bridge->bases);
		bridge->bases = NULL;
	}
	bridge->config = config;
	open_bases(bridge);
	bridge->servers = servers;
	bridge->links = links;
	for (i = 0; i < config->rule_count; i++)
		if (!links[i])
			links[i] = link_open(&config->rules[i], config->machine,
					     bridge->instance, bridge->bases,
					     server_of(servers, config,
						       &config->rules[i]));
	if (config->status)
		bridge->status = status_open(config->status);
	return true;
}

void bridge_close(struct bridge *bridge)
{
	close_all(bridge);
	bases_close(bridge->bases);
	free(bridge);
}

size_t bridge_fd_count(const struct bridge *bridge)
{
	return 2 * server_count(bridge) + link_count(bridge);
}

int bridge_fds(const struct bridge *bridge, struct pollfd *polled)
{
	int patience = bridge->busy ? 0 : LINK_TICK / LINK_MS, most;
	struct server *server;
	size_t i;

	for (i = 0; i < server_count(bridge); i++) {
		server = bridge->servers[i];
		*polled++ = (struct pollfd){
			.fd = engine_queue_fd(server->queue),
			.events = POLLIN,
		};
		most = server->settings.type->poll(server->engine, polled++);
		if (most >= 0 && most < patience)
			patience = most;
	}
	for (i = 0; i < link_count(bridge); i++)
		*polled++ = (struct pollfd){
			.fd = link_fd(bridge->links[i]),
			.events = POLLIN,
		};
	return patience;
}

static void take_server_event(struct bridge *bridge, struct server *server,
			      struct engine_event *event)
{
	size_t i;

	server->up = event->kind == ENGINE_UP;
	if (event->words && strcmp(event->words, server->error))
		complain("%s: %s", server->settings.name, event->words);
	snprintf(server->error, sizeof(server->error), "%s",
		 event->words ? event->words : "");
	for (i = 0; i < link_count(bridge); i++)
		if (bridge->links[i]->server == server)
			link_server_changed(bridge->links[i]);
	engine_event_free(event);
}

static struct link *link_of(struct bridge *bridge, const struct store *store)
{
	size_t i;

	for (i = 0; i < link_count(bridge); i++)
		if (bridge->links[i]->store == store)
			return bridge->links[i];
	return NULL;
}

/* So many at a time, that the slots have their turn. */
#define EVENTS 1024

static void run_engine(struct server *server, short events)
{
	server->settings.type->run(server->engine, events);
}

static void take_events(struct bridge *bridge, struct server *server)
{
	struct engine_event *event;
	struct link *link;
	int left = EVENTS;

	while (left-- && (event = engine_queue_take(server->queue))) {
		if (!event->store) {
			take_server_event(bridge, server, event);
			continue;
		}
		link = link_of(bridge, event->store);
		if (link)
			link_take(link, event);
		else
			engine_event_free(event);
	}
}

void bridge_run(struct bridge *bridge, const struct pollfd *polled)
{
	uint64_t now = link_now();
	bool tick = now >= bridge->tick_at, was_busy = bridge->busy;
	size_t i;

	for (i = 0; i < server_count(bridge); i++) {
		run_engine(bridge->servers[i], polled[1].revents);
		take_events(bridge, bridge->servers[i]);
		polled += 2;
	}
	bridge->busy = false;
	for (i = 0; i < link_count(bridge); i++) {
		if (link_run(bridge->links[i], polled++->revents || was_busy))
			bridge->busy = true;
		if (tick)
			link_tick(bridge->links[i]);
	}
	for (i = 0; i < server_count(bridge); i++) {
		run_engine(bridge->servers[i], 0);
		if (engine_queue_has_events(bridge->servers[i]->queue))
			bridge->busy = true;
	}
	if (tick)
		bridge->tick_at = now + LINK_TICK;
	if (!bridge->status || now < bridge->status_at)
		return;
	for (i = 0; i < link_count(bridge); i++)
		status_tell(bridge->status, i + 1, bridge->links[i]);
	bridge->status_at = now + STATUS_TICK;
}

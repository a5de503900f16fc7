// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "../msgslot/complaint.h"
#include "../msgslot/duration.h"
#include "../msgslot/number.h"
#include "config.h"
#include "envelope.h"
#include "key.h"
#include "problem.h"
#include "term.h"

#define MS 1000000ULL
#define LEASE (3000 * MS)
#define SHORTEST_LEASE (500 * MS)
#define REPLICAS 5
/* For the first line of a file. */
#define SECRET_ROOM 4096
/* A list in a mapping. An alias may lead back to where it is. */
#define DEEPEST 2

/**
 * struct reader - a file that is being read
 * @document: what libyaml made of it
 * @problems: what is wrong with it
 */
struct reader {
	yaml_document_t *document;
	struct problems problems;
};

/**
 * struct field - a key of a mapping
 * @name: the key
 * @offset: where in the structure its value goes
 * @take: takes it
 * @needed: it must be there
 */
struct field {
	const char *name;
	size_t offset;
	void (*take)(struct reader *reader, const yaml_node_t *node,
		     void *into);
	bool needed;
};

#define FIELD(type, member, take)                            \
	{                                                    \
#member, offsetof(type, member), take, false \
	}
#define NEEDED(type, member, take)                          \
	{                                                   \
#member, offsetof(type, member), take, true \
	}
#define END_OF_FIELDS                \
	{                            \
		NULL, 0, NULL, false \
	}

static void __attribute__((format(printf, 3, 4)))
tell(struct reader *reader, const yaml_node_t *node, const char *format, ...)
{
	va_list arguments;
	char text[400];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	problem_tell(&reader->problems, node->start_mark.line,
		     node->start_mark.column, "%s", text);
}

static yaml_node_t *node_of(struct reader *reader, int index)
{
	return yaml_document_get_node(reader->document, index);
}

/* Return: the text of a scalar, or NULL and it is told that it is none. */
static const char *scalar(struct reader *reader, const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE) {
		tell(reader, node, "a single value is wanted here");
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (!*text || strlen(text) != node->data.scalar.length) {
		tell(reader, node, "the value is empty, or has a zero byte");
		return NULL;
	}
	return text;
}

static void take_text(struct reader *reader, const yaml_node_t *node,
		      void *into)
{
	const char *text = scalar(reader, node);

	if (text)
		*(char **)into = must_copy(text);
}

static void take_name(struct reader *reader, const yaml_node_t *node,
		      void *into)
{
	const char *text = scalar(reader, node);
	size_t length = text ? strlen(text) : 0;

	if (!text)
		return;
	if (length > ENVELOPE_ORIGIN || strspn(text, ENVELOPE_NAME) != length) {
		tell(reader, node,
		     "'%s' is no name: letters, digits, _ and -, up to %d",
		     text, ENVELOPE_ORIGIN);
		return;
	}
	*(char **)into = must_copy(text);
}

static void take_prefix(struct reader *reader, const yaml_node_t *node,
			void *into)
{
	const char *text = scalar(reader, node);

	if (!text)
		return;
	if (!key_is_prefix(text) || strlen(text) > KEY_LONGEST)
		tell(reader, node,
		     "'%s' is no prefix: letters, digits, _, - and /, with a / at its end",
		     text);
	else
		*(char **)into = must_copy(text);
}

static void take_lease(struct reader *reader, const yaml_node_t *node,
		       void *into)
{
	const char *text = scalar(reader, node);
	uint64_t duration;

	if (!text)
		return;
	if (duration_parse(text, &duration) != DURATION_IS_ONE)
		tell(reader, node, "'%s' is no duration, such as 3s", text);
	else if (duration < SHORTEST_LEASE)
		tell(reader, node, "a lease of %s is below 500ms", text);
	else if (duration > TERM_LONGEST_LEASE)
		tell(reader, node, "a lease of %s is above 1h", text);
	else
		*(uint64_t *)into = duration;
}

static void take_replicas(struct reader *reader, const yaml_node_t *node,
			  void *into)
{
	const char *text = scalar(reader, node);
	uint64_t number;

	if (!text)
		return;
	if (!number_parse(text, REPLICAS, &number) || !number)
		tell(reader, node, "'%s' is no number from 1 to %d", text,
		     REPLICAS);
	else
		*(unsigned int *)into = number;
}

/* Return: which of the words, told if none. */
static int choose(struct reader *reader, const yaml_node_t *node,
		  const char *const *words)
{
	const char *text = scalar(reader, node);
	char known[128] = "";
	int i;

	if (!text)
		return 0;
	for (i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
		snprintf(known + strlen(known), sizeof(known) - strlen(known),
			 "%s%s", i ? ", " : "", words[i]);
	}
	tell(reader, node, "'%s' is none of: %s", text, known);
	return 0;
}

static void take_direction(struct reader *reader, const yaml_node_t *node,
			   void *into)
{
	static const char *const words[] = {
		[RULE_OUT] = "out",
		[RULE_IN] = "in",
		[RULE_SHARED] = "shared",
		NULL,
	};

	*(enum rule_direction *)into = choose(reader, node, words);
}

static void take_foreign(struct reader *reader, const yaml_node_t *node,
			 void *into)
{
	static const char *const words[] = {
		[FOREIGN_REFUSE] = "refuse",
		[FOREIGN_PLAIN] = "plain",
		NULL,
	};

	*(enum rule_foreign *)into = choose(reader, node, words);
}

static void take_stale(struct reader *reader, const yaml_node_t *node,
		       void *into)
{
	static const char *const words[] = {
		[STALE_KEEP] = "keep",
		[STALE_CLEAR] = "clear",
		[STALE_WILL] = "will",
		NULL,
	};

	*(enum rule_stale *)into = choose(reader, node, words);
}

static void take_file(struct reader *reader, const yaml_node_t *node,
		      void *into)
{
	const char *path = scalar(reader, node);

	if (path && access(path, R_OK))
		tell(reader, node, "%s: %s", path, strerror(errno));
	else if (path)
		*(char **)into = must_copy(path);
}

/* The first line of a file. */
static void take_secret(struct reader *reader, const yaml_node_t *node,
			void *into)
{
	const char *path = scalar(reader, node);
	FILE *file = path ? fopen(path, "re") : NULL;
	char line[SECRET_ROOM] = "";

	if (!path)
		return;
	if (!file) {
		tell(reader, node, "%s: %s", path, strerror(errno));
		return;
	}
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	if (strlen(line) == sizeof(line) - 1)
		tell(reader, node, "%s: its first line is too long", path);
	line[strcspn(line, "\r\n")] = '\0';
	if (*line)
		*(char **)into = must_copy(line);
	else
		tell(reader, node, "%s: its first line is empty", path);
}

/* A list of texts, or one text. */
static void take_list(struct reader *reader, const yaml_node_t *node,
		      void *into)
{
	const yaml_node_item_t *item;
	char **list;
	size_t count = 0;

	if (node->type != YAML_SEQUENCE_NODE) {
		list = must_realloc(NULL, 2, sizeof(*list));
		list[0] = NULL;
		take_text(reader, node, &list[0]);
		list[1] = NULL;
		*(char ***)into = list;
		return;
	}
	list = must_realloc(NULL,
			    node->data.sequence.items.top -
				    node->data.sequence.items.start + 1,
			    sizeof(*list));
	for (item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		list[count] = NULL;
		take_text(reader, node_of(reader, *item), &list[count]);
		if (list[count])
			count++;
	}
	list[count] = NULL;
	if (!count)
		tell(reader, node, "the list is empty");
	*(char ***)into = list;
}

static void take_channels(struct reader *reader, const yaml_node_t *node,
			  void *into)
{
	char **text;

	take_list(reader, node, into);
	for (text = *(char ***)into; *text; text++)
		if (!rule_pattern(*text))
			tell(reader, node, "'%s' is no channel, nor pattern",
			     *text);
}

static const struct field *find_field(const struct field *fields,
				      const char *name)
{
	while (fields->name && strcmp(fields->name, name))
		fields++;
	return fields->name ? fields : NULL;
}

static bool is_map(struct reader *reader, const yaml_node_t *node)
{
	if (node->type == YAML_MAPPING_NODE)
		return true;
	tell(reader, node, "\"key: value\" is wanted here");
	return false;
}

/* Whether the pair before this one in its mapping has another key. */
static bool is_first(struct reader *reader, const yaml_node_t *map,
		     const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = node_of(reader, pair->key), *other;
	const yaml_node_pair_t *before;

	for (before = map->data.mapping.pairs.start; before < pair; before++) {
		other = node_of(reader, before->key);
		if (other->type == YAML_SCALAR_NODE &&
		    !strcmp((char *)other->data.scalar.value,
			    (char *)key->data.scalar.value))
			return false;
	}
	return true;
}

/* Return: the key of a pair, or NULL and what is wrong with it was told. */
static const char *key_of(struct reader *reader, const yaml_node_t *map,
			  const yaml_node_pair_t *pair)
{
	const yaml_node_t *node = node_of(reader, pair->key);
	const char *key = scalar(reader, node);

	if (key && !is_first(reader, map, pair)) {
		tell(reader, node, "'%s' is there twice", key);
		return NULL;
	}
	return key;
}

static void tell_unknown(struct reader *reader, const yaml_node_t *node,
			 const char *key, const struct field *fields)
{
	char known[300] = "";
	const struct field *field;

	for (field = fields; field->name; field++)
		snprintf(known + strlen(known), sizeof(known) - strlen(known),
			 "%s%s", field == fields ? "" : ", ", field->name);
	tell(reader, node, "'%s' is unknown here; known are: %s", key, known);
}

static const yaml_node_t *find_value(struct reader *reader,
				     const yaml_node_t *map, const char *key)
{
	const yaml_node_pair_t *pair;
	const yaml_node_t *node;

	for (pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		node = node_of(reader, pair->key);
		if (node->type == YAML_SCALAR_NODE &&
		    !strcmp((char *)node->data.scalar.value, key))
			return node_of(reader, pair->value);
	}
	return NULL;
}

static void read_map(struct reader *reader, const yaml_node_t *map,
		     const struct field *fields, void *into)
{
	const yaml_node_pair_t *pair;
	const struct field *field;
	const char *key;

	if (!is_map(reader, map))
		return;
	for (pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		key = key_of(reader, map, pair);
		field = key ? find_field(fields, key) : NULL;
		if (field)
			field->take(reader, node_of(reader, pair->value),
				    (char *)into + field->offset);
		else if (key)
			tell_unknown(reader, node_of(reader, pair->key), key,
				     fields);
	}
	for (field = fields; field->name; field++)
		if (field->needed && !find_value(reader, map, field->name))
			tell(reader, map, "'%s' is missing", field->name);
}

/* Appends to a text what is below a node, as deep as anything is that means something. */
static void describe(struct reader *reader, const yaml_node_t *node, int depth,
		     FILE *out)
{
	const yaml_node_item_t *item;
	const yaml_node_pair_t *pair;

	if (depth > DEEPEST)
		return;
	switch (node->type) {
	case YAML_SCALAR_NODE:
		fprintf(out, "%zu:%s", node->data.scalar.length,
			(const char *)node->data.scalar.value);
		break;
	case YAML_SEQUENCE_NODE:
		fputc('[', out);
		for (item = node->data.sequence.items.start;
		     item < node->data.sequence.items.top; item++)
			describe(reader, node_of(reader, *item), depth + 1,
				 out);
		fputc(']', out);
		break;
	case YAML_MAPPING_NODE:
		fputc('{', out);
		for (pair = node->data.mapping.pairs.start;
		     pair < node->data.mapping.pairs.top; pair++) {
			describe(reader, node_of(reader, pair->key), depth + 1,
				 out);
			describe(reader, node_of(reader, pair->value),
				 depth + 1, out);
		}
		fputc('}', out);
		break;
	default:
		break;
	}
}

static char *description(struct reader *reader, const yaml_node_t *node,
			 const char *more)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		describe(reader, node, 0, out);
		fprintf(out, " %s", more);
	}
	if (!out || fclose(out))
		die(STATUS_ERROR, "%s", strerror(errno));
	return text;
}

/**
 * struct urls - the servers of an engine, by its type
 */
struct urls {
	char **nats;
	char **mqtt;
};

/**
 * struct engine_map - the mapping of an engine
 * @settings: what is the same for each type
 * @urls: see there
 */
struct engine_map {
	struct engine_settings settings;
	struct urls urls;
};

static const struct field engine_fields[] = {
	{ "nats", offsetof(struct engine_map, urls.nats), take_list, false },
	{ "mqtt", offsetof(struct engine_map, urls.mqtt), take_list, false },
	{ "user", offsetof(struct engine_map, settings.user), take_text,
	  false },
	{ "password_file", offsetof(struct engine_map, settings.password),
	  take_secret, false },
	{ "token_file", offsetof(struct engine_map, settings.token),
	  take_secret, false },
	{ "ca", offsetof(struct engine_map, settings.ca), take_file, false },
	{ "cert", offsetof(struct engine_map, settings.certificate), take_file,
	  false },
	{ "key", offsetof(struct engine_map, settings.key), take_file, false },
	{ "replicas", offsetof(struct engine_map, settings.replicas),
	  take_replicas, false },
	END_OF_FIELDS
};

static void check_urls(struct reader *reader, const yaml_node_t *node,
		       char **urls, const char *const *schemes)
{
	const char *const *scheme;
	char **url;

	for (url = urls; *url; url++) {
		for (scheme = schemes; *scheme; scheme++)
			if (!strncmp(*url, *scheme, strlen(*scheme)) &&
			    (*url)[strlen(*scheme)])
				break;
		if (!*scheme)
			tell(reader, node, "'%s' is no address: %sHOST:PORT",
			     *url, schemes[0]);
	}
}

static void choose_type(struct reader *reader, const yaml_node_t *node,
			struct engine_map *map)
{
	static const char *const nats[] = { "nats://", "tls://", NULL };
	static const char *const mqtt[] = { "mqtt://", "mqtts://", NULL };
	const char *type = map->urls.nats ? "nats" : "mqtt";

	if (!map->urls.nats == !map->urls.mqtt) {
		tell(reader, node,
		     "'nats' or 'mqtt' is wanted, and one of them");
		rule_free_list(map->urls.mqtt);
		map->settings.urls = map->urls.nats;
		return;
	}
	map->settings.urls = map->urls.nats ? map->urls.nats : map->urls.mqtt;
	check_urls(reader, find_value(reader, node, type), map->settings.urls,
		   map->urls.nats ? nats : mqtt);
	map->settings.type = engine_type_find(type);
	if (!map->settings.type)
		tell(reader, node, "'%s': this program was built without it",
		     type);
}

static void check_credentials(struct reader *reader, const yaml_node_t *node,
			      const struct engine_settings *settings)
{
	if (!settings->certificate != !settings->key)
		tell(reader, node, "of 'cert' and 'key' one is missing");
	if (settings->password && !settings->user)
		tell(reader, node, "'password_file' is without 'user'");
	if (settings->token && settings->user)
		tell(reader, node,
		     "'token_file' and 'user' exclude each other");
}

static void take_engine(struct reader *reader, const yaml_node_t *node,
			const char *name, struct config_engine *engine)
{
	struct engine_map map = { .settings.replicas = 1 };
	char more[512];

	map.settings.name = must_copy(name);
	if (is_map(reader, node)) {
		read_map(reader, node, engine_fields, &map);
		choose_type(reader, node, &map);
		check_credentials(reader, node, &map.settings);
	}
	engine->settings = map.settings;
	snprintf(more, sizeof(more), "%s %s",
		 map.settings.password ? map.settings.password : "",
		 map.settings.token ? map.settings.token : "");
	engine->text = description(reader, node, more);
}

static void take_engines(struct reader *reader, const yaml_node_t *node,
			 void *into)
{
	struct config *config =
		(void *)((char *)into - offsetof(struct config, engines));
	const yaml_node_pair_t *pair;
	const char *name;

	if (!is_map(reader, node))
		return;
	config->engines =
		must_realloc(NULL,
			     node->data.mapping.pairs.top -
				     node->data.mapping.pairs.start + 1,
			     sizeof(*config->engines));
	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		name = key_of(reader, node, pair);
		if (name)
			take_engine(reader, node_of(reader, pair->value), name,
				    &config->engines[config->engine_count++]);
	}
}

static const struct field rule_fields[] = {
	NEEDED(struct rule, slot, take_text),
	FIELD(struct rule, channels, take_channels),
	NEEDED(struct rule, engine, take_text),
	NEEDED(struct rule, bucket, take_name),
	FIELD(struct rule, prefix, take_prefix),
	NEEDED(struct rule, direction, take_direction),
	FIELD(struct rule, owner, take_name),
	FIELD(struct rule, foreign, take_foreign),
	FIELD(struct rule, stale, take_stale),
	FIELD(struct rule, will, take_text),
	FIELD(struct rule, lease, take_lease),
	END_OF_FIELDS
};

static void check_rule(struct reader *reader, const yaml_node_t *node,
		       const struct rule *rule)
{
	bool has_will = rule->will, is_used = rule->stale == STALE_WILL;

	if (rule->owner && rule->direction != RULE_IN)
		tell(reader, node, "'owner' is for direction in");
	if ((rule->stale || rule->will) && rule->direction != RULE_IN)
		tell(reader, node, "'stale' and 'will' are for direction in");
	if (has_will != is_used)
		tell(reader, node, "'stale: will' and 'will' need each other");
	if (rule->foreign == FOREIGN_PLAIN && rule->direction == RULE_OUT)
		tell(reader, node, "'foreign' is not for direction out");
}

static void take_rules(struct reader *reader, const yaml_node_t *node,
		       void *into)
{
	struct config *config =
		(void *)((char *)into - offsetof(struct config, rules));
	const yaml_node_item_t *item;
	const yaml_node_t *map;
	struct rule *rule;

	if (node->type != YAML_SEQUENCE_NODE) {
		tell(reader, node, "a list of rules is wanted here");
		return;
	}
	config->rules =
		must_realloc(NULL,
			     node->data.sequence.items.top -
				     node->data.sequence.items.start + 1,
			     sizeof(*config->rules));
	for (item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		map = node_of(reader, *item);
		rule = &config->rules[config->rule_count++];
		*rule = (struct rule){
			.line = map->start_mark.line,
			.column = map->start_mark.column,
		};
		read_map(reader, map, rule_fields, rule);
		if (!rule->prefix)
			rule->prefix = must_copy("");
		check_rule(reader, map, rule);
		rule->text = description(reader, map, "");
	}
}

static const struct field config_fields[] = {
	FIELD(struct config, machine, take_name),
	FIELD(struct config, status, take_text),
	FIELD(struct config, lease, take_lease),
	NEEDED(struct config, engines, take_engines),
	NEEDED(struct config, rules, take_rules),
	END_OF_FIELDS
};

static bool has_engine(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->engine_count; i++)
		if (!strcmp(config->engines[i].settings.name, name))
			return true;
	return false;
}

static void tell_rule(struct reader *reader, const struct rule *rule,
		      const char *text, const char *what)
{
	problem_tell(&reader->problems, rule->line, rule->column, text, what);
}

static void check_pair(struct reader *reader, const struct rule *rule,
		       const struct rule *before)
{
	const char *words = rule_conflict(rule, before);
	char text[400];

	if (!words)
		return;
	snprintf(text, sizeof(text), "%s, as the rule in line %zu has", words,
		 before->line + 1);
	tell_rule(reader, rule, "it has %s", text);
}

/* What only several rules together can have wrong; they are whole. */
static void check_rules(struct reader *reader, struct config *config)
{
	struct rule *rule;
	size_t i, j;

	for (i = 0; i < config->rule_count; i++) {
		rule = &config->rules[i];
		if (!rule->lease)
			rule->lease = config->lease;
		if (!has_engine(config, rule->engine))
			tell_rule(reader, rule, "there is no engine '%s'",
				  rule->engine);
		if (rule->owner && config->machine &&
		    !strcmp(rule->owner, config->machine))
			tell_rule(reader, rule,
				  "owner '%s' is this machine itself",
				  rule->owner);
		for (j = 0; j < i; j++)
			check_pair(reader, rule, &config->rules[j]);
	}
}

static void take_hostname(struct reader *reader, struct config *config)
{
	char name[HOST_NAME_MAX + 1] = "";
	yaml_node_t node = { .type = YAML_SCALAR_NODE };

	gethostname(name, sizeof(name) - 1);
	name[strcspn(name, ".")] = '\0';
	node.data.scalar.value = (yaml_char_t *)name;
	node.data.scalar.length = strlen(name);
	take_name(reader, &node, &config->machine);
}

static void read_document(struct reader *reader, struct config *config)
{
	const yaml_node_t *root = yaml_document_get_root_node(reader->document);

	if (!root) {
		problem_tell(&reader->problems, 0, 0, "the file is empty");
		return;
	}
	read_map(reader, root, config_fields, config);
	if (!config->machine)
		take_hostname(reader, config);
	if (!reader->problems.count)
		check_rules(reader, config);
}

static void tell_syntax(struct problems *problems, const yaml_parser_t *parser)
{
	const yaml_mark_t *mark = &parser->problem_mark;

	problem_tell(problems, mark->line, mark->column, "%s%s%s",
		     parser->problem ? parser->problem : "no YAML",
		     parser->context ? ", " : "",
		     parser->context ? parser->context : "");
}

/* Return: whether all was well. */
static bool parse(struct config *config, const char *name, FILE *file)
{
	struct reader reader = { .problems.file = name };
	yaml_document_t document;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		die(STATUS_ERROR, "%s", strerror(ENOMEM));
	yaml_parser_set_input_file(&parser, file);
	if (yaml_parser_load(&parser, &document)) {
		reader.document = &document;
		read_document(&reader, config);
		yaml_document_delete(&document);
	} else {
		tell_syntax(&reader.problems, &parser);
	}
	yaml_parser_delete(&parser);
	return !reader.problems.count;
}

struct config *config_read(const char *name)
{
	FILE *file = fopen(name, "re");
	struct config *config;
	bool good;

	if (!file) {
		complain("%s: %s", name, strerror(errno));
		return NULL;
	}
	config = must_realloc(NULL, 1, sizeof(*config));
	*config = (struct config){ .lease = LEASE };
	good = parse(config, name, file);
	fclose(file);
	if (good)
		return config;
	config_free(config);
	return NULL;
}

static void free_engine(struct config_engine *engine)
{
	free(engine->settings.name);
	rule_free_list(engine->settings.urls);
	free(engine->settings.user);
	free(engine->settings.password);
	free(engine->settings.token);
	free(engine->settings.ca);
	free(engine->settings.certificate);
	free(engine->settings.key);
	free(engine->text);
}

void config_free(struct config *config)
{
	size_t i;

	for (i = 0; i < config->engine_count; i++)
		free_engine(&config->engines[i]);
	for (i = 0; i < config->rule_count; i++)
		rule_free(&config->rules[i]);
	free(config->engines);
	free(config->rules);
	free(config->machine);
	free(config->status);
	free(config);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * MQTT 5: a store is what is below a topic, and a value is a retained message. A broker has
 * no revisions: the last message that arrives stays.
 *
 * Each connection is a client of its own. libmosquitto keeps what could not be sent, and
 * sends it over a later connection, then also over what is newer, and without its retain
 * flag if there was no connection before. So a client that has lost its connection goes,
 * with all that it kept, and nothing is given to one before it has its connection.
 *
 * What is erased is a retained message, too, that says so and goes by itself after a time:
 * an empty one is told only to who is there.
 *
 * That all has been told which was there is nothing that a broker says. A message of one's
 * own comes back behind it.
 *
 * A broker sends to a client what that has put itself, too, which for who owns all keys is half
 * of the traffic. So an owner subscribes without its own messages (MQTT 5's "no local"), and
 * once more to the one key that is to come back; marks take that way as well.
 *
 * All is done in the main loop but the beginning of a connection, in which libmosquitto may
 * wait for the name of a broker.
 */
#include <errno.h>
#include <mosquitto.h>
/* From 2.1 on it is part of that. */
#if LIBMOSQUITTO_VERSION_NUMBER < 2001000
#include <mqtt_protocol.h>
#endif
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../msgslot/complaint.h"
#include "../msgslot/timestamp.h"
#include "engine_queue.h"
#include "mqtt_address.h"

#define MS 1000000ULL
/* After how many seconds of silence a connection is tried, and given up: the least. */
#define KEEPALIVE 5
/* How often a connection is looked after where nothing comes. */
#define LOOK (250 * MS)
/* How long it may take, in milliseconds, until one that begins hears that it is to end. */
#define BEGIN_LOOK 50
/* So many packets at a time, that others have their turn. */
#define PACKETS 256
/* How long to wait before the next attempt to connect: at first, and at most. */
#define PAUSE_FIRST (100 * MS)
#define PAUSE_LONGEST (2000 * MS)
/* When a mark that has not come back is sent again. */
#define MARK_PATIENCE (2000 * MS)
/* The largest packet that MQTT has, and what a key, and all but it and the value, may take. */
#define PACKET_LARGEST 268435455
#define PACKET_HEAD 320
/* How long it is said that something was erased, in seconds: a day. */
#define ERASED_FOR 86400
/* The type of what says so, and all that it has in it. */
#define ERASED_TYPE "message-slot/erased"
#define ERASED_VALUE "-"
/* How the names of marks begin: as no key does. */
#define MARK '!'
#define MARK_ROOM 48
/* The longest reason that is told. */
#define REASON_ROOM 128

/**
 * struct put - what is on its way
 * @next: the one after it
 * @store: whose it is
 * @number: the caller's
 * @revision: what came before it, if nobody tells otherwise
 * @id: libmosquitto's
 */
struct put {
	struct put *next;
	struct store *store;
	uint64_t number;
	uint64_t revision;
	int id;
};

/**
 * enum phase - of a link to a broker
 * @PAUSE: there is no client
 * @BEGINNING: a thread of its own has the client, which may wait for a broker's name
 * @CONNECTION: there is one
 */
enum phase {
	PAUSE,
	BEGINNING,
	CONNECTION,
};

/**
 * struct engine - a link to a broker
 * @settings: the caller's
 * @queue: the caller's
 * @addresses: where brokers are
 * @count: how many
 * @next: which one is tried next
 * @phase: what it is at
 * @pause: how long the next one is, or this one
 * @pause_end: when it is over
 * @thread: of the beginning: all below up to @largest is its own meanwhile
 * @closing: it is to end
 * @begun: an eventfd: it is done
 * @status: what libmosquitto said then
 * @error: and errno
 * @answered: the broker has said whether it takes the client
 * @client: of this connection, or NULL
 * @refusal: why a broker would not have it, or a certificate was not believed, or ""
 * @largest: the largest packet that the broker takes
 * @look_at: when it is looked after next
 * @told: what was said last of why there is no connection, or ""
 * @first: what is on its way, the oldest first
 * @end: where the next one is linked to
 * @stores: all of them
 */
struct engine {
	const struct engine_settings *settings;
	struct engine_queue *queue;
	struct mqtt_address *addresses;
	size_t count;
	size_t next;
	enum phase phase;
	uint64_t pause;
	uint64_t pause_end;
	pthread_t thread;
	atomic_bool closing;
	int begun;
	int status;
	int error;
	bool answered;
	struct mosquitto *client;
	char refusal[REASON_ROOM];
	size_t largest;
	uint64_t look_at;
	char told[REASON_ROOM];
	struct put *first;
	struct put **end;
	struct store *stores;
};

/**
 * struct store - what is below a topic
 * @next: of the engine's
 * @engine: whose it is
 * @base: what all topics begin with that are its keys'
 * @filter: for a subscription to all of them, and maybe others
 * @echoed: the topic of the only key whose puts come back; NULL if all do
 * @number: of the watch, or 0
 * @subscription: libmosquitto's number of the last one
 * @echo: and of that to @echoed, or 0
 * @subscribed: the broker has all of them
 * @listed: it was said that all was told
 * @mark: what is to come back behind it
 * @marked: when it was sent
 * @revision: how many changes of it were seen
 */
struct store {
	struct store *next;
	struct engine *engine;
	char *base;
	char *filter;
	char *echoed;
	uint64_t number;
	int subscription;
	int echo;
	bool subscribed;
	bool listed;
	char mark[MARK_ROOM];
	uint64_t marked;
	uint64_t revision;
};

static char *join(const char *one, const char *two)
{
	char *text = must_realloc(NULL, strlen(one) + strlen(two) + 1, 1);

	stpcpy(stpcpy(text, one), two);
	return text;
}

static bool is_up(const struct engine *engine)
{
	return engine->phase == CONNECTION;
}

static void tell_link(struct engine *engine, enum engine_event_kind kind,
		      const char *words)
{
	struct engine_event event = { .kind = kind, .words = (char *)words };

	engine_queue_post(engine->queue, &event);
}

/*
 * What is on its way comes back as an entry, and so does what others put there meanwhile: each
 * has a higher revision than the result, so that the last of them counts.
 */
static void tell_result(const struct put *put, enum engine_verdict verdict,
			const char *words)
{
	struct engine_event event = {
		.kind = ENGINE_RESULT,
		.verdict = verdict,
		.store = put->store,
		.number = put->number,
		.revision = put->revision,
		.words = (char *)words,
	};

	engine_queue_post(put->store->engine->queue, &event);
}

/* Marks that are sent anew are others, lest an old one is taken for it. */
static void send_mark(struct store *store)
{
	static unsigned int last;
	char *topic;

	snprintf(store->mark, sizeof(store->mark), "%c%08lx-%u", MARK,
		 random() & 0xffffffff, ++last);
	store->marked = timestamp_now(CLOCK_MONOTONIC);
	topic = store->echoed ? join(store->echoed, "") :
				join(store->base, store->mark);
	mosquitto_publish(store->engine->client, NULL, topic,
			  (int)strlen(store->mark), store->mark, 1, false);
	free(topic);
}

static bool is_mark(const struct store *store,
		    const struct mosquitto_message *message)
{
	size_t size = strlen(store->mark);

	return size && !message->retain && message->payloadlen == (int)size &&
	       !memcmp(message->payload, store->mark, size);
}

/* Return: libmosquitto's number. */
static int subscribe_to(const struct store *store, const char *filter,
			int options)
{
	int id = 0;

	options |= MQTT_SUB_OPT_RETAIN_AS_PUBLISHED |
		   MQTT_SUB_OPT_SEND_RETAIN_ALWAYS;
	mosquitto_subscribe_v5(store->engine->client, &id, filter, 1, options,
			       NULL);
	return id;
}

/* Retained messages come again with each subscription. */
static void subscribe(struct store *store)
{
	int options = store->echoed ? MQTT_SUB_OPT_NO_LOCAL : 0;

	store->subscribed = false;
	store->listed = false;
	store->mark[0] = '\0';
	store->subscription = subscribe_to(store, store->filter, options);
	if (store->echoed)
		store->echo = subscribe_to(store, store->echoed, 0);
}

static bool keeps_messages(const mosquitto_property *properties)
{
	uint8_t available = 1;

	mosquitto_property_read_byte(properties, MQTT_PROP_RETAIN_AVAILABLE,
				     &available, false);
	return available;
}

static void set_refusal(struct engine *engine, const char *words)
{
	snprintf(engine->refusal, sizeof(engine->refusal), "%s", words);
}

static void on_connect(struct mosquitto *client, void *data, int reason,
		       int flags, const mosquitto_property *properties)
{
	struct engine *engine = data;
	uint32_t largest = PACKET_LARGEST;

	(void)client;
	(void)flags;
	mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE,
				      &largest, false);
	engine->answered = true;
	engine->largest = largest;
	if (reason)
		set_refusal(engine, mosquitto_reason_string(reason));
	else if (!keeps_messages(properties))
		set_refusal(engine, "the broker keeps no retained messages");
	else
		set_refusal(engine, "");
}

/*
 * libmosquitto's own status says only that TLS failed, and its log that a certificate was not
 * believed, but not why; OpenSSL says so. Of what follows only the first counts.
 */
static void on_log(struct mosquitto *client, void *data, int level,
		   const char *text)
{
	struct engine *engine = data;
	const SSL *tls = mosquitto_ssl_get(client);
	long result = tls ? SSL_get_verify_result(tls) : X509_V_OK;
	const char *last = strrchr(text, ':');

	last = last ? last + 1 + strspn(last + 1, " ") : text;
	if (level != MOSQ_LOG_ERR || *engine->refusal)
		return;
	if (result != X509_V_OK)
		set_refusal(engine, X509_verify_cert_error_string(result));
	else
		set_refusal(engine, last);
}

static void watch_lost(struct store *store, const char *words)
{
	struct engine_event event = {
		.kind = ENGINE_WATCH_LOST,
		.store = store,
		.number = store->number,
		.words = (char *)words,
	};

	store->number = 0;
	store->subscribed = false;
	engine_queue_post(store->engine->queue, &event);
}

static void on_subscribe(struct mosquitto *client, void *data, int id,
			 int count, const int *granted,
			 const mosquitto_property *properties)
{
	struct engine *engine = data;
	struct store *store;

	(void)client;
	(void)properties;
	for (store = engine->stores; store; store = store->next) {
		if (!store->number ||
		    (store->subscription != id && store->echo != id))
			continue;
		if (!count || granted[0] >= MQTT_RC_UNSPECIFIED) {
			watch_lost(store, "the broker refuses to tell of it");
		} else if (!store->echoed || store->echo == id) {
			store->subscribed = true;
			send_mark(store);
		}
	}
}

static bool says_erased(const struct mosquitto_message *message,
			const mosquitto_property *properties)
{
	char *type = NULL;
	bool erased;

	if (!message->payloadlen)
		return true;
	mosquitto_property_read_string(properties, MQTT_PROP_CONTENT_TYPE,
				       &type, false);
	erased = type && !strcmp(type, ERASED_TYPE);
	free(type);
	return erased;
}

/* What is not retained is no value. */
static void take(struct store *store, const char *key,
		 const struct mosquitto_message *message,
		 const mosquitto_property *properties)
{
	struct engine_event event = {
		.store = store,
		.number = store->number,
	};

	if (is_mark(store, message)) {
		store->mark[0] = '\0';
		store->listed = true;
		event.kind = ENGINE_LISTED;
		engine_queue_post(store->engine->queue, &event);
	} else if (message->retain && *key) {
		event.kind = ENGINE_ENTRY;
		event.key = (char *)key;
		event.revision = ++store->revision;
		mosquitto_property_read_int32(properties,
					      MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
					      &event.expiry, false);
		if (!says_erased(message, properties)) {
			event.value = message->payload;
			event.size = message->payloadlen;
		}
		engine_queue_post(store->engine->queue, &event);
	}
}

static void on_message(struct mosquitto *client, void *data,
		       const struct mosquitto_message *message,
		       const mosquitto_property *properties)
{
	struct engine *engine = data;
	struct store *store;

	(void)client;
	for (store = engine->stores; store; store = store->next) {
		size_t length = strlen(store->base);

		if (store->number &&
		    !strncmp(message->topic, store->base, length))
			take(store, message->topic + length, message,
			     properties);
	}
}

/* Return: for free(), or NULL if it is not on its way. */
static struct put *take_put(struct engine *engine, int id)
{
	struct put **at = &engine->first, *put;

	while ((put = *at) && put->id != id)
		at = &put->next;
	if (!put)
		return NULL;
	*at = put->next;
	if (!*at)
		engine->end = at;
	return put;
}

static void on_publish(struct mosquitto *client, void *data, int id, int reason,
		       const mosquitto_property *properties)
{
	struct engine *engine = data;
	struct put *put;

	(void)client;
	(void)properties;
	put = take_put(engine, id);
	if (put && reason < MQTT_RC_UNSPECIFIED)
		tell_result(put, ENGINE_ACKED, NULL);
	else if (put && reason == MQTT_RC_PACKET_TOO_LARGE)
		tell_result(put, ENGINE_TOO_LARGE,
			    mosquitto_reason_string(reason));
	else if (put)
		tell_result(put, ENGINE_FAILED,
			    mosquitto_reason_string(reason));
	free(put);
}

static int secure(struct mosquitto *client,
		  const struct engine_settings *settings)
{
	const char *folder = settings->ca ? NULL : "/etc/ssl/certs";

	return mosquitto_tls_set(client, settings->ca, folder,
				 settings->certificate, settings->key, NULL);
}

static int begin(struct engine *engine, struct mosquitto *client,
		 const struct mqtt_address *address)
{
	const struct engine_settings *settings = engine->settings;
	int status = mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
					  MQTT_PROTOCOL_V5);

	/* Nothing is sent but by mosquitto_loop_write(), which says what went wrong. */
	mosquitto_threaded_set(client, true);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, 65535);
	mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, 65535);
	mosquitto_connect_v5_callback_set(client, on_connect);
	mosquitto_subscribe_v5_callback_set(client, on_subscribe);
	mosquitto_message_v5_callback_set(client, on_message);
	mosquitto_publish_v5_callback_set(client, on_publish);
	mosquitto_log_callback_set(client, on_log);
	if (status == MOSQ_ERR_SUCCESS && settings->user)
		status = mosquitto_username_pw_set(client, settings->user,
						   settings->password);
	if (status == MOSQ_ERR_SUCCESS && address->tls)
		status = secure(client, settings);
	if (status == MOSQ_ERR_SUCCESS)
		status = mosquitto_connect_async(client, address->host,
						 address->port, KEEPALIVE);
	return status;
}

/* Marks may get lost, where a broker has more to tell than it keeps. */
static void look_after_marks(struct engine *engine, uint64_t now)
{
	struct store *store;

	for (store = engine->stores; store; store = store->next)
		if (store->number && store->subscribed && !store->listed &&
		    now - store->marked >= MARK_PATIENCE)
			send_mark(store);
}

/* What it kept goes, and nobody knows what of it has arrived. */
static void end_client(struct engine *engine, const char *words)
{
	struct store *store;
	struct put *put;

	mosquitto_destroy(engine->client);
	engine->client = NULL;
	while ((put = engine->first)) {
		engine->first = put->next;
		tell_result(put, ENGINE_UNKNOWN, words);
		free(put);
	}
	engine->end = &engine->first;
	for (store = engine->stores; store; store = store->next)
		if (store->number)
			watch_lost(store, words);
}

static const char *reason_of(const struct engine *engine, int status, int error)
{
	if (*engine->refusal)
		return engine->refusal;
	if (status == MOSQ_ERR_ERRNO && error)
		return strerror(error);
	if (status == MOSQ_ERR_ERRNO)
		return mosquitto_strerror(MOSQ_ERR_CONN_LOST);
	if (status == MOSQ_ERR_KEEPALIVE)
		return "the broker is silent";
	return mosquitto_strerror(status);
}

/*
 * libmosquitto does not see that nobody takes the connection where it is to be one of TLS.
 * OpenSSL may have asked for the error before: it is in @error then.
 */
static bool is_turned_away(struct mosquitto *client, bool *reached, int *error)
{
	struct pollfd polled = { .fd = mosquitto_socket(client) };
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	int pending = 0;

	if (!*reached)
		*reached = !getpeername(polled.fd, (struct sockaddr *)&peer,
					&size);
	if (*reached || poll(&polled, 1, 0) != 1 || !(polled.revents & POLLHUP))
		return false;
	size = sizeof(pending);
	getsockopt(polled.fd, SOL_SOCKET, SO_ERROR, &pending, &size);
	if (pending)
		*error = pending;
	return true;
}

static void *begin_in_thread(void *data)
{
	struct engine *engine = data;
	bool reached = false;
	uint64_t one = 1;
	ssize_t written;

	engine->status =
		begin(engine, engine->client, &engine->addresses[engine->next]);
	engine->error = errno;
	while (engine->status == MOSQ_ERR_SUCCESS && !engine->answered &&
	       !engine->closing) {
		if (is_turned_away(engine->client, &reached, &engine->error)) {
			engine->status = MOSQ_ERR_ERRNO;
			break;
		}
		engine->status = mosquitto_loop(engine->client, BEGIN_LOOK, 1);
		engine->error = errno;
	}
	written = write(engine->begun, &one, sizeof(one));
	(void)written;
	return NULL;
}

static void end_connection(struct engine *engine, int status, int error)
{
	const char *words = reason_of(engine, status, error);

	if (strcmp(engine->told, words))
		tell_link(engine, ENGINE_DOWN, words);
	snprintf(engine->told, sizeof(engine->told), "%s", words);
	end_client(engine, words);
	engine->phase = PAUSE;
	engine->pause_end = timestamp_now(CLOCK_MONOTONIC) + engine->pause;
	engine->pause *= 2;
	if (engine->pause > PAUSE_LONGEST)
		engine->pause = PAUSE_LONGEST;
}

static void begin_connection(struct engine *engine)
{
	int error;

	engine->client = mosquitto_new(NULL, true, engine);
	if (!engine->client)
		die(STATUS_ERROR, "%s", strerror(errno));
	*engine->refusal = '\0';
	engine->answered = false;
	error = pthread_create(&engine->thread, NULL, begin_in_thread, engine);
	if (error)
		end_connection(engine, MOSQ_ERR_ERRNO, error);
	else
		engine->phase = BEGINNING;
}

static void take_connection(struct engine *engine)
{
	struct store *store;
	uint64_t count;

	if (read(engine->begun, &count, sizeof(count)) != sizeof(count))
		return;
	pthread_join(engine->thread, NULL);
	engine->next = (engine->next + 1) % engine->count;
	if (engine->status != MOSQ_ERR_SUCCESS || *engine->refusal) {
		end_connection(engine, engine->status, engine->error);
		return;
	}
	engine->phase = CONNECTION;
	engine->pause = PAUSE_FIRST;
	/* libmosquitto has a text for each packet, which it makes only for who listens. */
	mosquitto_log_callback_set(engine->client, NULL);
	*engine->told = '\0';
	tell_link(engine, ENGINE_UP, NULL);
	for (store = engine->stores; store; store = store->next)
		if (store->number)
			subscribe(store);
}

/* Return: libmosquitto's status. That there is no more to read it says by errno alone. */
static int read_packets(struct mosquitto *client)
{
	int status, left = PACKETS;

	do {
		errno = 0;
		status = mosquitto_loop_read(client, 1);
	} while (status == MOSQ_ERR_SUCCESS && errno != EAGAIN && --left);
	return status;
}

/* Return: libmosquitto's status. */
static int look_after(struct engine *engine, uint64_t now)
{
	engine->look_at = now + LOOK;
	look_after_marks(engine, now);
	return mosquitto_loop_misc(engine->client);
}

/* What has come is read first; acknowledgements may wait until slots have it. */
static void go_on(struct engine *engine, short events)
{
	uint64_t now = timestamp_now(CLOCK_MONOTONIC);
	int status = MOSQ_ERR_SUCCESS;

	if (events & ~POLLOUT)
		status = read_packets(engine->client);
	else if (now >= engine->look_at)
		status = look_after(engine, now);
	if (status == MOSQ_ERR_SUCCESS && !(events & ~POLLOUT) &&
	    mosquitto_want_write(engine->client))
		status = mosquitto_loop_write(engine->client, 1);
	if (status != MOSQ_ERR_SUCCESS)
		end_connection(engine, status, errno);
}

static void run(struct engine *engine, short events)
{
	switch (engine->phase) {
	case PAUSE:
		if (timestamp_now(CLOCK_MONOTONIC) >= engine->pause_end)
			begin_connection(engine);
		break;
	case BEGINNING:
		take_connection(engine);
		break;
	case CONNECTION:
		go_on(engine, events);
		break;
	}
}

static int wait_for(struct engine *engine, struct pollfd *polled)
{
	*polled = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (engine->phase == BEGINNING)
		polled->fd = engine->begun;
	else if (engine->phase == CONNECTION)
		polled->fd = mosquitto_socket(engine->client);
	if (engine->phase == CONNECTION && mosquitto_want_write(engine->client))
		polled->events |= POLLOUT;
	return -1;
}

static void free_engine(struct engine *engine)
{
	while (engine->count)
		free(engine->addresses[--engine->count].host);
	free(engine->addresses);
	close(engine->begun);
	free(engine);
	mosquitto_lib_cleanup();
}

/* Return: NULL, or what can't be right. */
static const char *find_addresses(struct engine *engine)
{
	const struct engine_settings *settings = engine->settings;
	struct mqtt_address address;
	size_t i;

	if (settings->token)
		return "MQTT has no tokens";
	if (settings->certificate && !settings->key)
		return "a certificate needs its key";
	for (i = 0; settings->urls[i]; i++) {
		if (!mqtt_address_parse(settings->urls[i], &address))
			return "an address is mqtt://HOST:PORT, or mqtts://";
		engine->addresses =
			must_realloc(engine->addresses, i + 1, sizeof(address));
		engine->addresses[i] = address;
		engine->count = i + 1;
	}
	return i ? NULL : "an address is missing";
}

static struct engine *open_engine(const struct engine_settings *settings,
				  struct engine_queue *queue, char **words)
{
	struct engine *engine = must_realloc(NULL, 1, sizeof(*engine));
	const char *reason;

	*engine = (struct engine){
		.settings = settings,
		.queue = queue,
		.pause = PAUSE_FIRST,
		.begun = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.end = &engine->first,
	};
	if (engine->begun < 0)
		die(STATUS_ERROR, "%s", strerror(errno));
	mosquitto_lib_init();
	reason = find_addresses(engine);
	if (!reason)
		return engine;
	*words = join(reason, "");
	free_engine(engine);
	return NULL;
}

/* Topics are subscribed to by whole levels. */
static char *filter_of(const char *base)
{
	const char *slash = strrchr(base, '/');
	size_t length = slash ? slash + 1 - base : 0;
	char *filter = must_realloc(NULL, length + 2, 1);

	snprintf(filter, length + 2, "%.*s#", (int)length, base);
	return filter;
}

static struct store *open_store(struct engine *engine, const char *bucket,
				const char *prefix, const char *echoed)
{
	struct store *store = must_realloc(NULL, 1, sizeof(*store));
	char *folder = join(bucket ? bucket : "", bucket && *bucket ? "/" : "");

	*store = (struct store){
		.engine = engine,
		.base = join(folder, prefix),
	};
	store->filter = filter_of(store->base);
	if (echoed)
		store->echoed = join(store->base, echoed);
	free(folder);
	store->next = engine->stores;
	engine->stores = store;
	return store;
}

/* What is on its way of it is nobody's. */
static void forget_puts(struct store *store)
{
	struct engine *engine = store->engine;
	struct put **at = &engine->first, *put;

	while ((put = *at)) {
		if (put->store == store) {
			*at = put->next;
			free(put);
		} else {
			at = &put->next;
		}
	}
	engine->end = at;
}

static void close_store(struct store *store)
{
	struct engine *engine = store->engine;
	struct store **at = &engine->stores;

	while (*at != store)
		at = &(*at)->next;
	*at = store->next;
	forget_puts(store);
	if (is_up(engine) && store->number) {
		mosquitto_unsubscribe(engine->client, NULL, store->filter);
		if (store->echoed)
			mosquitto_unsubscribe(engine->client, NULL,
					      store->echoed);
	}
	engine_queue_forget(engine->queue, store);
	free(store->base);
	free(store->filter);
	free(store->echoed);
	free(store);
}

static void close_engine(struct engine *engine)
{
	struct store *store, *next;

	for (store = engine->stores; store; store = next) {
		next = store->next;
		close_store(store);
	}
	engine->closing = true;
	if (engine->phase == BEGINNING)
		pthread_join(engine->thread, NULL);
	if (is_up(engine) &&
	    mosquitto_disconnect(engine->client) == MOSQ_ERR_SUCCESS)
		mosquitto_loop_write(engine->client, 1);
	if (engine->client)
		mosquitto_destroy(engine->client);
	free_engine(engine);
}

static void begin_watch(struct store *store, uint64_t number)
{
	struct engine *engine = store->engine;

	store->number = number;
	if (is_up(engine))
		subscribe(store);
}

/* What goes with a message; for mosquitto_property_free_all(). */
static mosquitto_property *properties_of(bool erased, uint32_t expiry)
{
	const int interval = MQTT_PROP_MESSAGE_EXPIRY_INTERVAL;
	mosquitto_property *all = NULL;

	if (expiry)
		mosquitto_property_add_int32(&all, interval, expiry);
	if (erased)
		mosquitto_property_add_string(&all, MQTT_PROP_CONTENT_TYPE,
					      ERASED_TYPE);
	return all;
}

/* Return: libmosquitto's status. */
static int publish(struct store *store, const char *key, const void *value,
		   size_t size, uint32_t expiry, int *id)
{
	struct mosquitto *client = store->engine->client;
	mosquitto_property *properties =
		properties_of(!value, value ? expiry : ERASED_FOR);
	char *topic = join(store->base, key);
	int status;

	if (!value) {
		value = ERASED_VALUE;
		size = strlen(ERASED_VALUE);
	}
	status = mosquitto_publish_v5(client, id, topic, (int)size, value, 1,
				      true, properties);
	mosquitto_property_free_all(&properties);
	free(topic);
	return status;
}

static enum engine_verdict verdict_of(int status)
{
	if (status == MOSQ_ERR_OVERSIZE_PACKET ||
	    status == MOSQ_ERR_PAYLOAD_SIZE)
		return ENGINE_TOO_LARGE;
	return ENGINE_FAILED;
}

static void begin_put(struct store *store, const char *key, const void *value,
		      size_t size, uint64_t revision, uint32_t expiry,
		      uint64_t number)
{
	struct engine *engine = store->engine;
	struct put *put = must_realloc(NULL, 1, sizeof(*put));
	int status = MOSQ_ERR_NO_CONN;

	(void)revision;
	*put = (struct put){
		.store = store,
		.number = number,
		.revision = store->revision,
	};
	if (size > PACKET_LARGEST)
		status = MOSQ_ERR_OVERSIZE_PACKET;
	else if (is_up(engine))
		status = publish(store, key, value, size, expiry, &put->id);
	if (status == MOSQ_ERR_SUCCESS) {
		*engine->end = put;
		engine->end = &put->next;
	} else {
		tell_result(put, verdict_of(status),
			    mosquitto_strerror(status));
		free(put);
	}
}

static size_t largest_value(const struct store *store)
{
	size_t spare = strlen(store->base) + PACKET_HEAD;
	size_t largest = store->engine->largest;

	if (!largest)
		return 0;
	return largest > spare ? largest - spare : 1;
}

const struct engine_type mqtt_engine = {
	.name = "mqtt",
	.open = open_engine,
	.close = close_engine,
	.store = open_store,
	.store_close = close_store,
	.watch = begin_watch,
	.put = begin_put,
	.limit = largest_value,
	.poll = wait_for,
	.run = run,
};

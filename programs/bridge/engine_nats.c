// SPDX-License-Identifier: GPL-2.0
/*
 * NATS JetStream: a store is a bucket of its key-value stores. What is put goes by messages
 * of the form that such a bucket has, each with the revision that it replaces, so that
 * many can be on their way; libnats itself would wait for each. They are sent, and what servers
 * tell is taken, in the main loop; a thread connects, and one for each store has its watch
 * begin and end, where libnats waits for servers.
 */
#include <jansson.h>
#include <nats/nats.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../msgslot/complaint.h"
#include "../msgslot/timestamp.h"
#include "engine_queue.h"
#include "nats_socket.h"

#define MS 1000000ULL
/* How long a server may take to answer. */
#define PATIENCE (2000 * MS)
/* How often what waits looks whether it is to go on. */
#define LOOK (100 * MS)
/* So long a bucket keeps what it has of a key that it dropped: those do not come back. */
#define MARKER (365 * 24 * 3600 * 1000ULL * MS)
/* How much there is to tell is said by the first of it. */
#define NOT_KNOWN UINT64_MAX
/* Room that headers take, which servers count. */
#define HEADERS 256

/* What servers say was wrong: error codes of JetStream's. */
enum {
	WRONG_REVISION = 10071,
	WRONG_REVISION_TOO = 10164,
	MESSAGE_TOO_LARGE = 10054,
};

/**
 * struct put - what is on its way
 * @next: the one after it
 * @number: the caller's
 * @deadline: when nobody waits for it any more
 */
struct put {
	struct put *next;
	uint64_t number;
	uint64_t deadline;
};

/**
 * struct session - a connection, with what is made of it
 * @next: the one before it
 * @connection: libnats's, as all below
 * @stream: for JetStream
 * @answers: the subject that answers to puts come to
 * @listener: the subscription to that
 */
struct session {
	struct session *next;
	natsConnection *connection;
	jsCtx *stream;
	natsInbox *answers;
	natsSubscription *listener;
};

/**
 * struct engine - a link to servers
 * @settings: the caller's
 * @queue: the caller's
 * @socket: of the connection
 * @options: of libnats
 * @thread: connects for the first time, and where libnats has given up
 * @lock: for all below, and what is said to be so in the stores
 * @session: the last one, and those before it, which others may still use; NULL at first
 * @up: whether the connection is there
 * @lost: libnats has given it up for good, as it does when servers refuse its credentials
 * @closing: the threads are to end
 * @closed: no call of libnats's comes any more
 * @stores: all of them
 */
struct engine {
	const struct engine_settings *settings;
	struct engine_queue *queue;
	struct nats_socket socket;
	natsOptions *options;
	pthread_t thread;
	pthread_mutex_t lock;
	struct session *session;
	bool up;
	bool lost;
	bool closing;
	bool closed;
	struct store *stores;
};

/**
 * struct store - a bucket, or some of its keys
 * @next: of the engine's
 * @engine: whose it is
 * @id: what its answers' subjects have
 * @bucket: its name
 * @folder: what the subjects of all keys begin with
 * @thread: has watches begin and end
 * @wanted: the number of the watch that is to be (locked)
 * @watch: what it is told by, or NULL (locked)
 * @watched: the number of that (locked)
 * @status: of that, NATS_OK while it goes on (locked)
 * @left: how much is still to be told of what was there when it began, or NOT_KNOWN (locked)
 * @closing: the thread is to end (locked)
 * @limit: the largest value, or 0 (locked)
 * @expires: it drops what has a time to live, and tells that (locked)
 * @first: what is on its way, the oldest first (locked)
 * @end: where the next one is linked to (locked)
 */
struct store {
	struct store *next;
	struct engine *engine;
	unsigned int id;
	char *bucket;
	char *folder;
	pthread_t thread;
	uint64_t wanted;
	natsSubscription *watch;
	uint64_t watched;
	natsStatus status;
	uint64_t left;
	bool closing;
	size_t limit;
	bool expires;
	struct put *first;
	struct put **end;
};

static void translate(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

static char *join(const char *one, const char *two, const char *three)
{
	size_t size = strlen(one) + strlen(two) + strlen(three) + 1;
	char *text = must_realloc(NULL, size, 1);

	stpcpy(stpcpy(stpcpy(text, one), two), three);
	return text;
}

/*
 * What libnats says of the last error in this thread, without the place in its source that it
 * puts before it; or what the status says.
 */
static const char *reason_of(natsStatus status)
{
	const char *words = nats_GetLastError(NULL), *end;

	if (!words || !*words)
		return natsStatus_GetText(status);
	end = *words == '(' ? strstr(words, "): ") : NULL;
	return end ? end + strlen("): ") : words;
}

static void pause_a_little(void)
{
	struct timespec time = { .tv_nsec = LOOK };

	nanosleep(&time, NULL);
}

static void tell_link(struct engine *engine, bool up, const char *words)
{
	struct engine_event event = {
		.kind = up ? ENGINE_UP : ENGINE_DOWN,
		.words = (char *)words,
	};

	engine_queue_post(engine->queue, &event);
}

static void tell_result(struct store *store, uint64_t number,
			enum engine_verdict verdict, uint64_t revision,
			const char *words)
{
	struct engine_event event = {
		.kind = ENGINE_RESULT,
		.verdict = verdict,
		.store = store,
		.number = number,
		.revision = revision,
		.words = (char *)words,
	};

	engine_queue_post(store->engine->queue, &event);
}

/* Locked. Return: whether it was on its way. */
static bool take_put(struct store *store, uint64_t number)
{
	struct put **at = &store->first, *put;

	while ((put = *at) && put->number != number)
		at = &put->next;
	if (!put)
		return false;
	*at = put->next;
	if (!*at)
		store->end = at;
	free(put);
	return true;
}

/* Locked: nobody knows any more of what should have been answered by @now. */
static void give_up(struct store *store, uint64_t now)
{
	struct put *put;
	uint64_t number;

	while ((put = store->first) && put->deadline <= now) {
		number = put->number;
		take_put(store, number);
		tell_result(store, number, ENGINE_UNKNOWN, 0, "no answer");
	}
}

static void take_refusal(struct store *store, uint64_t number,
			 const json_t *error)
{
	json_int_t code =
		json_integer_value(json_object_get(error, "err_code"));
	const char *text =
		json_string_value(json_object_get(error, "description"));
	enum engine_verdict verdict = ENGINE_FAILED;

	if (code == WRONG_REVISION || code == WRONG_REVISION_TOO)
		verdict = ENGINE_REFUSED;
	else if (code == MESSAGE_TOO_LARGE)
		verdict = ENGINE_TOO_LARGE;
	tell_result(store, number, verdict, 0,
		    text && *text ? text : "refused without a reason");
}

static void take_answer(struct store *store, uint64_t number, natsMsg *message)
{
	json_t *answer = json_loadb(natsMsg_GetData(message),
				    natsMsg_GetDataLength(message), 0, NULL);
	const json_t *error = json_object_get(answer, "error");
	const json_t *revision = json_object_get(answer, "seq");

	if (error)
		take_refusal(store, number, error);
	else if (json_is_integer(revision))
		tell_result(store, number, ENGINE_ACKED,
			    json_integer_value(revision), NULL);
	else
		/* 503, no responders. */
		tell_result(store, number, ENGINE_FAILED, 0,
			    "the bucket is not there, or has no leader");
	json_decref(answer);
}

/* Locked. */
static struct store *find_store(struct engine *engine, unsigned int id)
{
	struct store *store = engine->stores;

	while (store && store->id != id)
		store = store->next;
	return store;
}

/* Locked. */
static void answered(struct engine *engine, natsMsg *message)
{
	const char *subject = natsMsg_GetSubject(message);
	const char *text = subject + strlen(engine->session->answers) + 1;
	struct store *store;
	uint64_t number;
	char *end;

	store = find_store(engine, strtoul(text, &end, 10));
	if (*end != '-')
		return;
	number = strtoul(end + 1, NULL, 10);
	if (store && take_put(store, number))
		take_answer(store, number, message);
}

/* Locked. */
static void take_answers(struct engine *engine)
{
	natsMsg *message;

	while (engine->session &&
	       natsSubscription_NextMsg(&message, engine->session->listener,
					0) == NATS_OK) {
		answered(engine, message);
		natsMsg_Destroy(message);
	}
}

static void connected(struct engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->up = true;
	pthread_mutex_unlock(&engine->lock);
	tell_link(engine, true, NULL);
}

static void connected_again(natsConnection *connection, void *closure)
{
	(void)connection;
	connected(closure);
}

static void disconnected(natsConnection *connection, void *closure)
{
	struct engine *engine = closure;
	const char *words = NULL;
	struct store *store;

	natsConnection_GetLastError(connection, &words);
	pthread_mutex_lock(&engine->lock);
	engine->up = false;
	for (store = engine->stores; store; store = store->next)
		give_up(store, UINT64_MAX);
	pthread_mutex_unlock(&engine->lock);
	tell_link(engine, false,
		  words && *words ? words : "the connection is lost");
}

static void closed(natsConnection *connection, void *closure)
{
	struct engine *engine = closure;

	(void)connection;
	pthread_mutex_lock(&engine->lock);
	if (engine->closing)
		engine->closed = true;
	else
		engine->lost = true;
	pthread_mutex_unlock(&engine->lock);
}

static bool is_closed(struct engine *engine)
{
	bool is;

	pthread_mutex_lock(&engine->lock);
	is = engine->closed;
	pthread_mutex_unlock(&engine->lock);
	return is;
}

static bool is_closing(struct engine *engine)
{
	bool closing;

	pthread_mutex_lock(&engine->lock);
	closing = engine->closing;
	pthread_mutex_unlock(&engine->lock);
	return closing;
}

/* Locked: what is needed of a connection that is there for the first time. */
static natsStatus set_up(struct engine *engine, natsConnection *connection)
{
	struct session *session = must_realloc(NULL, 1, sizeof(*session));
	jsOptions options;
	natsStatus status;
	char *subject;

	*session = (struct session){
		.next = engine->session,
		.connection = connection,
	};
	engine->session = session;
	jsOptions_Init(&options);
	options.Wait = PATIENCE / MS;
	status = natsConnection_JetStream(&session->stream, connection,
					  &options);
	if (status == NATS_OK)
		status = natsInbox_Create(&session->answers);
	if (status != NATS_OK)
		return status;
	subject = join(session->answers, ".*", "");
	status = natsConnection_SubscribeSync(&session->listener, connection,
					      subject);
	free(subject);
	if (status == NATS_OK)
		status = natsSubscription_SetPendingLimits(session->listener,
							   -1, -1);
	return status;
}

static void set_lost(struct engine *engine, bool lost)
{
	pthread_mutex_lock(&engine->lock);
	engine->lost = lost;
	pthread_mutex_unlock(&engine->lock);
}

/* Return: whether it is there; it may be lost again. */
static bool try_to_connect(struct engine *engine)
{
	natsConnection *connection;
	natsStatus status;

	set_lost(engine, false);
	status = natsConnection_Connect(&connection, engine->options);
	if (status != NATS_OK) {
		set_lost(engine, true);
		tell_link(engine, false, reason_of(status));
		return false;
	}
	pthread_mutex_lock(&engine->lock);
	status = set_up(engine, connection);
	pthread_mutex_unlock(&engine->lock);
	if (status != NATS_OK) {
		tell_link(engine, false, reason_of(status));
		/* That it is lost is told when it is closed. */
		natsConnection_Close(connection);
		return false;
	}
	connected(engine);
	return true;
}

static bool is_lost(struct engine *engine)
{
	bool lost;

	pthread_mutex_lock(&engine->lock);
	lost = engine->lost;
	pthread_mutex_unlock(&engine->lock);
	return lost;
}

/* While libnats itself connects again: why it has not succeeded, where that is told. */
static void look_for_reason(struct engine *engine)
{
	natsConnection *connection = NULL;
	const char *words = NULL;

	pthread_mutex_lock(&engine->lock);
	if (engine->session && !engine->up)
		connection = engine->session->connection;
	pthread_mutex_unlock(&engine->lock);
	if (connection)
		natsConnection_GetLastError(connection, &words);
	if (words && *words)
		tell_link(engine, false, words);
}

/* While it is not lost libnats itself connects again. */
static void *keep_connected(void *closure)
{
	struct engine *engine = closure;
	int wait;

	while (!is_closing(engine)) {
		wait = 1;
		if (is_lost(engine))
			wait = try_to_connect(engine) ? 1 : 10;
		else
			look_for_reason(engine);
		while (wait-- && !is_closing(engine))
			pause_a_little();
	}
	return NULL;
}

static int count_urls(const struct engine_settings *settings)
{
	int count = 0;

	while (settings->urls[count])
		count++;
	return count;
}

static natsStatus set_credentials(natsOptions *options,
				  const struct engine_settings *settings)
{
	const char *password = settings->password ? settings->password : "";
	const char *own = settings->certificate, *key = settings->key;
	natsStatus status = NATS_OK;

	if (settings->user)
		status = natsOptions_SetUserInfo(options, settings->user,
						 password);
	if (status == NATS_OK && settings->token)
		status = natsOptions_SetToken(options, settings->token);
	if (status == NATS_OK && settings->ca)
		status = natsOptions_SetSecure(options, true);
	if (status == NATS_OK && settings->ca)
		status = natsOptions_LoadCATrustedCertificates(options,
							       settings->ca);
	if (status == NATS_OK && own)
		status = natsOptions_LoadCertificatesChain(options, own, key);
	return status;
}

/*
 * Without libnats's buffer, from which what nobody waits for any more would be sent, and
 * without its wait of a millisecond for more that could go with what is put.
 */
static natsStatus set_options(struct engine *engine)
{
	const struct engine_settings *settings = engine->settings;
	natsOptions *options = engine->options;
	const char **urls = (const char **)settings->urls;
	int count = count_urls(settings);
	natsStatus status = natsOptions_SetServers(options, urls, count);

	if (status == NATS_OK)
		status = natsOptions_SetReconnectBufSize(options, 0);
	if (status == NATS_OK)
		status = natsOptions_SetSendAsap(options, true);
	if (status == NATS_OK)
		status = natsOptions_SetTimeout(options, PATIENCE / MS);
	if (status == NATS_OK)
		status = natsOptions_SetMaxReconnect(options, -1);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectWait(options, 250);
	if (status == NATS_OK)
		status = natsOptions_SetPingInterval(options, 1000);
	if (status == NATS_OK)
		status = nats_socket_set(options, &engine->socket);
	if (status == NATS_OK)
		status = natsOptions_SetDisconnectedCB(options, disconnected,
						       engine);
	if (status == NATS_OK)
		status = natsOptions_SetReconnectedCB(options, connected_again,
						      engine);
	if (status == NATS_OK)
		status = natsOptions_SetClosedCB(options, closed, engine);
	if (status == NATS_OK)
		status = set_credentials(options, settings);
	return status;
}

/*
 * libnats frees each message in a thread of its own, which it wakes for each. As a batch that
 * thread does not take the processor from who wakes it, and frees many at a time. Threads
 * have what the thread had that made them.
 */
static void open_library(void)
{
	struct sched_param parameters;
	int policy = sched_getscheduler(0);

	if (policy == SCHED_OTHER && !sched_getparam(0, &parameters) &&
	    !sched_setscheduler(0, SCHED_BATCH, &parameters)) {
		nats_Open(-1);
		sched_setscheduler(0, policy, &parameters);
	}
}

static struct engine *open_engine(const struct engine_settings *settings,
				  struct engine_queue *queue, char **words)
{
	struct engine *engine = must_realloc(NULL, 1, sizeof(*engine));
	natsStatus status;

	*engine = (struct engine){
		.settings = settings,
		.queue = queue,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.lost = true,
	};
	open_library();
	nats_socket_init(&engine->socket, queue);
	status = natsOptions_Create(&engine->options);
	if (status == NATS_OK)
		status = set_options(engine);
	if (status == NATS_OK &&
	    !pthread_create(&engine->thread, NULL, keep_connected, engine))
		return engine;
	*words = join(settings->name, ": ", natsStatus_GetText(status));
	natsOptions_Destroy(engine->options);
	free(engine);
	return NULL;
}

static void free_sessions(struct engine *engine)
{
	struct session *session;

	while ((session = engine->session)) {
		engine->session = session->next;
		natsSubscription_Destroy(session->listener);
		jsCtx_Destroy(session->stream);
		natsConnection_Destroy(session->connection);
		natsInbox_Destroy(session->answers);
		free(session);
	}
}

/* It may wait for a server's answer, which the main loop takes. */
static void await_end(struct engine *engine, pthread_t thread)
{
	while (pthread_tryjoin_np(thread, NULL))
		nats_socket_turn(&engine->socket, 10);
}

/* What was put last, if the socket takes it at once. */
static void send_the_rest(struct engine *engine)
{
	uint64_t end = timestamp_now(CLOCK_MONOTONIC) + LOOK;

	while (engine->socket.has_output &&
	       timestamp_now(CLOCK_MONOTONIC) < end)
		nats_socket_turn(&engine->socket, 10);
}

static void close_engine(struct engine *engine)
{
	pthread_mutex_lock(&engine->lock);
	engine->closing = true;
	pthread_mutex_unlock(&engine->lock);
	await_end(engine, engine->thread);
	send_the_rest(engine);
	if (!engine->lost) {
		natsConnection_Close(engine->session->connection);
		while (!is_closed(engine))
			pause_a_little();
	}
	free_sessions(engine);
	natsOptions_Destroy(engine->options);
	free(engine);
}

/* It stays as long as the engine does. */
static const struct session *session_of(struct engine *engine)
{
	const struct session *session;

	pthread_mutex_lock(&engine->lock);
	session = engine->session;
	pthread_mutex_unlock(&engine->lock);
	return session;
}

/* Whether a watch has not failed, and is still the one that is to be. */
static bool goes_on(struct store *store, uint64_t number)
{
	struct engine *engine = store->engine;
	bool wanted;

	pthread_mutex_lock(&engine->lock);
	give_up(store, timestamp_now(CLOCK_MONOTONIC));
	wanted = store->wanted == number && !store->closing &&
		 store->status == NATS_OK;
	pthread_mutex_unlock(&engine->lock);
	return wanted;
}

static void tell_watch(struct store *store, enum engine_event_kind kind,
		       uint64_t number, const char *words)
{
	struct engine_event event = {
		.kind = kind,
		.store = store,
		.number = number,
		.words = (char *)words,
	};

	engine_queue_post(store->engine->queue, &event);
}

/* Whether a message of a bucket erases its key; servers of 2.11 on tell of expiry by another. */
static bool erases(natsMsg *message)
{
	const char *value;

	if (natsMsgHeader_Get(message, "Nats-Marker-Reason", &value) == NATS_OK)
		return true;
	return natsMsgHeader_Get(message, "KV-Operation", &value) == NATS_OK &&
	       (!strcmp(value, "DEL") || !strcmp(value, "PURGE"));
}

static void tell_entry(struct store *store, natsMsg *message,
		       const jsMsgMetaData *data)
{
	const char *subject = natsMsg_GetSubject(message);
	struct engine_event event = {
		.kind = ENGINE_ENTRY,
		.store = store,
		.number = store->wanted,
		.revision = data->Sequence.Stream,
		.time = data->Timestamp,
	};

	event.key = join(subject + strlen(store->folder), "", "");
	/* A / is in no key of a bridge's, and must not become one here. */
	translate(event.key, '/', '!');
	translate(event.key, '.', '/');
	if (!erases(message)) {
		event.value = (unsigned char *)natsMsg_GetData(message);
		event.size = natsMsg_GetDataLength(message);
		if (!event.value)
			event.value = (unsigned char *)"";
	}
	engine_queue_post(store->engine->queue, &event);
	free(event.key);
}

/* Locked: the watch has told of an entry, behind which so many others waited then. */
static void count_entry(struct store *store, uint64_t pending)
{
	if (!store->left)
		return;
	if (store->left == NOT_KNOWN || !pending)
		store->left = pending;
	else
		store->left--;
	if (!store->left)
		tell_watch(store, ENGINE_LISTED, store->wanted, NULL);
}

/* Locked. */
static natsStatus take_entry(struct store *store)
{
	jsMsgMetaData *data;
	natsMsg *message;
	natsStatus status = natsSubscription_NextMsg(&message, store->watch, 0);

	if (status != NATS_OK)
		return status;
	status = natsMsg_GetMetaData(&data, message);
	if (status == NATS_OK) {
		tell_entry(store, message, data);
		count_entry(store, data->NumPending);
		jsMsgMetaData_Destroy(data);
	}
	natsMsg_Destroy(message);
	return status;
}

/* Locked: takes what the watch has told. */
static void take_entries(struct store *store)
{
	natsStatus status = NATS_OK;

	if (!store->watch || store->watched != store->wanted ||
	    store->status != NATS_OK)
		return;
	while (status == NATS_OK)
		status = take_entry(store);
	if (status != NATS_TIMEOUT)
		store->status = status;
}

static natsStatus make_bucket(struct store *store,
			      const struct session *session, kvStore **bucket)
{
	kvConfig config;

	kvConfig_Init(&config);
	config.Bucket = store->bucket;
	config.History = 1;
	config.Replicas = (int)store->engine->settings->replicas;
#if NATS_VERSION_NUMBER >= 0x030e00
	/* Servers from 2.11 on can. */
	config.LimitMarkerTTL = MARKER;
	if (js_CreateKeyValue(bucket, session->stream, &config) == NATS_OK)
		return NATS_OK;
	config.LimitMarkerTTL = 0;
#endif
	return js_CreateKeyValue(bucket, session->stream, &config);
}

static bool drops_in_time(const jsStreamConfig *config)
{
#if NATS_VERSION_NUMBER >= 0x030b00
	return config->AllowMsgTTL && config->SubjectDeleteMarkerTTL > 0;
#else
	(void)config;
	return false;
#endif
}

/* The bucket's limit may be lower than the connection's. */
static void learn_limits(struct store *store, const struct session *session)
{
	struct engine *engine = store->engine;
	int64_t limit = natsConnection_GetMaxPayload(session->connection);
	char *name = join("KV_", store->bucket, "");
	jsStreamInfo *info = NULL;
	bool expires = false;

	if (js_GetStreamInfo(&info, session->stream, name, NULL, NULL) ==
	    NATS_OK) {
		if (info->Config->MaxMsgSize > 0 &&
		    info->Config->MaxMsgSize < limit)
			limit = info->Config->MaxMsgSize;
		expires = drops_in_time(info->Config);
	}
	jsStreamInfo_Destroy(info);
	free(name);
	pthread_mutex_lock(&engine->lock);
	store->limit = limit > HEADERS ? limit - HEADERS : 1;
	store->expires = expires;
	pthread_mutex_unlock(&engine->lock);
}

/* Return: in @empty, whether there is nothing to tell yet. */
static natsStatus subscribe(struct store *store, const struct session *session,
			    natsSubscription **watch, bool *empty)
{
	char *stream = join("KV_", store->bucket, "");
	char *keys = join(store->folder, ">", "");
	jsConsumerInfo *info = NULL;
	jsSubOptions options;
	natsStatus status;

	jsSubOptions_Init(&options);
	options.Stream = stream;
	options.Ordered = true;
	options.Config.DeliverPolicy = js_DeliverLastPerSubject;
	status = js_SubscribeSync(watch, session->stream, keys, NULL, &options,
				  NULL);
	if (status == NATS_OK)
		status = natsSubscription_SetPendingLimits(*watch, -1, -1);
	if (status == NATS_OK)
		status = natsSubscription_GetConsumerInfo(&info, *watch, NULL,
							  NULL);
	if (status == NATS_OK)
		*empty = !info->NumPending && !info->Delivered.Consumer;
	jsConsumerInfo_Destroy(info);
	free(keys);
	free(stream);
	return status;
}

static natsStatus open_watch(struct store *store, const struct session *session,
			     natsSubscription **watch, bool *empty)
{
	kvStore *bucket = NULL;
	natsStatus status =
		js_KeyValue(&bucket, session->stream, store->bucket);

	if (status == NATS_NOT_FOUND)
		status = make_bucket(store, session, &bucket);
	kvStore_Destroy(bucket);
	if (status != NATS_OK)
		return status;
	learn_limits(store, session);
	return subscribe(store, session, watch, empty);
}

/* Has the main loop take what it tells; NULL for no more. */
static void set_watch(struct store *store, uint64_t number,
		      natsSubscription *watch, bool empty)
{
	struct engine *engine = store->engine;

	pthread_mutex_lock(&engine->lock);
	store->watch = watch;
	store->watched = number;
	store->status = NATS_OK;
	store->left = empty ? 0 : NOT_KNOWN;
	if (empty)
		tell_watch(store, ENGINE_LISTED, number, NULL);
	pthread_mutex_unlock(&engine->lock);
	engine_queue_wake(engine->queue);
}

/* Until it is not wanted any more, or fails. */
static natsStatus follow(struct store *store, uint64_t number,
			 natsSubscription *watch, bool empty)
{
	struct engine *engine = store->engine;
	natsStatus status;

	set_watch(store, number, watch, empty);
	while (goes_on(store, number))
		pause_a_little();
	pthread_mutex_lock(&engine->lock);
	status = store->status;
	pthread_mutex_unlock(&engine->lock);
	set_watch(store, number, NULL, false);
	return status;
}

/*
 * libnats before 3.6.1 goes on with a message whose subscription was destroyed meanwhile, and
 * aborts. What the server answers comes behind all messages; where it does not, the
 * connection has nothing to read, or soon has not.
 */
static void close_watch(const struct session *session, natsSubscription *watch)
{
	if (!watch)
		return;
	natsSubscription_Unsubscribe(watch);
	if (natsConnection_FlushTimeout(session->connection, PATIENCE / MS) !=
	    NATS_OK)
		nats_Sleep(1000);
	natsSubscription_Destroy(watch);
}

static void watch_once(struct store *store, uint64_t number)
{
	const struct session *session = session_of(store->engine);
	natsSubscription *watch = NULL;
	bool empty = false;
	natsStatus status = open_watch(store, session, &watch, &empty);

	if (status == NATS_OK)
		status = follow(store, number, watch, empty);
	close_watch(session, watch);
	if (status != NATS_OK)
		tell_watch(store, ENGINE_WATCH_LOST, number,
			   natsStatus_GetText(status));
}

/**
 * wanted_watch() - what the thread of a store has to do
 * @store: the store
 * @number: the last watch, and the one that is wanted instead, or the same
 *
 * Return: false if it is to end.
 */
static bool wanted_watch(struct store *store, uint64_t *number)
{
	struct engine *engine = store->engine;
	bool closing;

	pthread_mutex_lock(&engine->lock);
	give_up(store, timestamp_now(CLOCK_MONOTONIC));
	closing = store->closing;
	if (engine->session)
		*number = store->wanted;
	pthread_mutex_unlock(&engine->lock);
	return !closing;
}

static void *watch_store(void *closure)
{
	struct store *store = closure;
	uint64_t done = 0, number = 0;

	while (wanted_watch(store, &number)) {
		if (number == done) {
			pause_a_little();
			continue;
		}
		done = number;
		watch_once(store, number);
	}
	return NULL;
}

static struct store *open_store(struct engine *engine, const char *bucket,
				const char *prefix, const char *echoed)
{
	static unsigned int last_id;
	struct store *store = must_realloc(NULL, 1, sizeof(*store));
	char *start = join("$KV.", bucket, ".");

	/* A server has no way to leave anything out. */
	(void)echoed;
	*store = (struct store){
		.engine = engine,
		.id = ++last_id,
		.bucket = join(bucket, "", ""),
		.folder = join(start, prefix, ""),
		.end = &store->first,
	};
	translate(store->folder + strlen(start), '/', '.');
	free(start);
	pthread_mutex_lock(&engine->lock);
	store->next = engine->stores;
	engine->stores = store;
	pthread_mutex_unlock(&engine->lock);
	if (pthread_create(&store->thread, NULL, watch_store, store))
		die(STATUS_ERROR, "a thread could not begin");
	return store;
}

static void close_store(struct store *store)
{
	struct engine *engine = store->engine;
	struct store **at = &engine->stores;

	pthread_mutex_lock(&engine->lock);
	store->closing = true;
	pthread_mutex_unlock(&engine->lock);
	await_end(engine, store->thread);
	pthread_mutex_lock(&engine->lock);
	while (*at != store)
		at = &(*at)->next;
	*at = store->next;
	give_up(store, UINT64_MAX);
	pthread_mutex_unlock(&engine->lock);
	engine_queue_forget(engine->queue, store);
	free(store->bucket);
	free(store->folder);
	free(store);
}

static void begin_watch(struct store *store, uint64_t number)
{
	pthread_mutex_lock(&store->engine->lock);
	store->wanted = number;
	pthread_mutex_unlock(&store->engine->lock);
}

static natsMsg *make_message(struct store *store, const struct session *session,
			     const char *key, const void *value, size_t size,
			     uint64_t revision, uint32_t expiry,
			     uint64_t number)
{
	char *subject = join(store->folder, key, "");
	char reply[128], text[24];
	natsMsg *message = NULL;

	translate(subject + strlen(store->folder), '/', '.');
	snprintf(reply, sizeof(reply), "%s.%u-%lu", session->answers, store->id,
		 number);
	snprintf(text, sizeof(text), "%lu", revision);
	if (natsMsg_Create(&message, subject, reply, value, (int)size) ==
	    NATS_OK) {
		natsMsgHeader_Set(message,
				  "Nats-Expected-Last-Subject-Sequence", text);
		if (!value)
			natsMsgHeader_Set(message, "KV-Operation", "DEL");
		if (expiry) {
			snprintf(text, sizeof(text), "%us", expiry);
			natsMsgHeader_Set(message, "Nats-TTL", text);
		}
	}
	free(subject);
	return message;
}

/* Locked. */
static void expect(struct store *store, uint64_t number)
{
	struct put *put = must_realloc(NULL, 1, sizeof(*put));

	*put = (struct put){
		.number = number,
		.deadline = timestamp_now(CLOCK_MONOTONIC) + PATIENCE,
	};
	*store->end = put;
	store->end = &put->next;
}

/* Servers before 2.11 have an expiry of whole buckets only. */
static void put(struct store *store, const char *key, const void *value,
		size_t size, uint64_t revision, uint32_t expiry,
		uint64_t number)
{
	struct engine *engine = store->engine;
	natsStatus status = NATS_CONNECTION_DISCONNECTED;
	const struct session *session = NULL;
	natsMsg *message;

	pthread_mutex_lock(&engine->lock);
	if (!store->expires)
		expiry = 0;
	if (engine->up && nats_socket_is_open(&engine->socket)) {
		expect(store, number);
		session = engine->session;
	}
	pthread_mutex_unlock(&engine->lock);
	if (!session) {
		tell_result(store, number, ENGINE_UNKNOWN, 0, "no connection");
		return;
	}
	message = make_message(store, session, key, value, size, revision,
			       expiry, number);
	if (message)
		status =
			natsConnection_PublishMsg(session->connection, message);
	natsMsg_Destroy(message);
	if (status == NATS_OK)
		return;
	pthread_mutex_lock(&engine->lock);
	if (take_put(store, number))
		tell_result(store, number,
			    status == NATS_MAX_PAYLOAD ? ENGINE_TOO_LARGE :
							 ENGINE_UNKNOWN,
			    0, natsStatus_GetText(status));
	pthread_mutex_unlock(&engine->lock);
}

static size_t limit(const struct store *store)
{
	size_t size;

	pthread_mutex_lock(&store->engine->lock);
	size = store->limit;
	pthread_mutex_unlock(&store->engine->lock);
	return size;
}

static int poll_engine(struct engine *engine, struct pollfd *polled)
{
	return nats_socket_poll(&engine->socket, polled);
}

static void run_engine(struct engine *engine, short events)
{
	struct store *store;

	nats_socket_run(&engine->socket, events);
	pthread_mutex_lock(&engine->lock);
	take_answers(engine);
	for (store = engine->stores; store; store = store->next)
		take_entries(store);
	pthread_mutex_unlock(&engine->lock);
}

const struct engine_type nats_engine = {
	.name = "nats",
	.has_revisions = true,
	.has_threads = true,
	.open = open_engine,
	.close = close_engine,
	.store = open_store,
	.store_close = close_store,
	.watch = begin_watch,
	.put = put,
	.limit = limit,
	.poll = poll_engine,
	.run = run_engine,
};

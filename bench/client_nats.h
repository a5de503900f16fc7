/* SPDX-License-Identifier: GPL-2.0 */
/* A bucket of NATS JetStream's key-value store, with libnats. */
#ifndef BENCH_CLIENT_NATS_H
#define BENCH_CLIENT_NATS_H

#include <err.h>
#include <nats/nats.h>
#include <stdio.h>

#include "client.h"

/* The one that the bridges use, whose rules have another prefix. */
#define BUCKET "bench"
#define PREFIX "client."
/* The most keys that may be put over their revisions. */
#define PREPARED 1000

static jsCtx *stream;
static kvStore *bucket;

static inline void must_nats(natsStatus status, const char *what)
{
	if (status != NATS_OK)
		errx(EXIT_FAILURE, "%s: %s", what, natsStatus_GetText(status));
}

static inline void nats_connect(const char *url)
{
	natsConnection *connection;

	must_nats(natsConnection_ConnectTo(&connection, url), url);
	must_nats(natsConnection_JetStream(&stream, connection, NULL),
		  "JetStream");
	must_nats(js_KeyValue(&bucket, stream, BUCKET), "the bucket");
}

static inline void nats_put(unsigned int key)
{
	char name[64];

	snprintf(name, sizeof(name), PREFIX "%u", key);
	must_nats(kvStore_Put(NULL, bucket, name, sent.bytes, (int)size),
		  "put");
}

/* As kvStore_Put() and kvStore_Update() have it, which have no way not to wait. */
static inline void nats_publish(unsigned int key, jsPubOptions *options)
{
	char subject[64];

	snprintf(subject, sizeof(subject), "$KV." BUCKET "." PREFIX "%u", key);
	must_nats(js_PublishAsync(stream, subject, sent.bytes, (int)size,
				  options),
		  "post");
}

static inline void nats_post(unsigned int key)
{
	nats_publish(key, NULL);
}

static inline void nats_settle(void)
{
	must_nats(js_PublishAsyncComplete(stream, NULL), "acknowledgements");
}

static inline void nats_listen(void (*take)(void))
{
	kvWatcher *watcher;
	natsStatus status;
	kvEntry *entry;

	must_nats(kvStore_Watch(&watcher, bucket, PREFIX ">", NULL), "watch");
	for (;;) {
		status = kvWatcher_Next(&entry, watcher, 1000);
		/* NULL says that all was told which was there before. */
		if (status == NATS_TIMEOUT || (status == NATS_OK && !entry))
			continue;
		must_nats(status, "the next value");
		if (kvEntry_ValueLen(entry) != (int)size)
			errx(EXIT_FAILURE, "nats: another message came out");
		memcpy(got.bytes, kvEntry_Value(entry), size);
		kvEntry_Destroy(entry);
		take();
	}
}

static const struct client nats_client = {
	.name = "nats",
	.connect = nats_connect,
	.put = nats_put,
	.post = nats_post,
	.settle = nats_settle,
	.listen = nats_listen,
};

/* Over the revision that each key has, as the bridge puts, and as who must not lose anything. */
static uint64_t revisions[PREPARED + 1];

static inline void update_prepare(unsigned int count)
{
	natsStatus status;
	kvEntry *entry;
	char name[64];
	unsigned int i;

	for (i = 1; i <= count; i++) {
		snprintf(name, sizeof(name), PREFIX "%u", i);
		status = kvStore_Get(&entry, bucket, name);
		revisions[i] = 0;
		if (status == NATS_NOT_FOUND)
			continue;
		must_nats(status, "revision");
		revisions[i] = kvEntry_Revision(entry);
		kvEntry_Destroy(entry);
	}
}

static inline void update_put(unsigned int key)
{
	char name[64];

	snprintf(name, sizeof(name), PREFIX "%u", key);
	must_nats(kvStore_Update(NULL, bucket, name, sent.bytes, (int)size,
				 revisions[key]),
		  "update");
}

static inline void update_post(unsigned int key)
{
	jsPubOptions options;

	jsPubOptions_Init(&options);
	options.ExpectLastSubjectSeq = revisions[key];
	options.ExpectNoMessage = !revisions[key];
	nats_publish(key, &options);
}

static const struct client update_client = {
	.name = "update",
	.connect = nats_connect,
	.put = update_put,
	.post = update_post,
	.prepare = update_prepare,
	.settle = nats_settle,
	.listen = nats_listen,
};

#endif /* BENCH_CLIENT_NATS_H */

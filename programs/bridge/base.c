// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <lmdb.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../msgslot/complaint.h"
#include "base.h"

/* Of addresses, not of memory: a base takes some 200 bytes. */
#define MOST_BYTES ((size_t)256 << 20)
#define FOLDER "msgslot-bridge"

/**
 * struct bases - all of a machine
 * @env: the file
 * @table: the only one of it
 */
struct bases {
	MDB_env *env;
	MDB_dbi table;
};

static void digest(const void *bytes, size_t size, uint8_t to[BASE_DIGEST])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size, bytes);
	sha256_digest(&context, BASE_DIGEST, to);
}

/* Where what lives as long as this machine does is kept. Return: 0 or -errno. */
static int find_file(const char *machine, char *path, size_t room)
{
	const char *run = getenv("RUNTIME_DIRECTORY");
	const char *user = geteuid() ? getenv("XDG_RUNTIME_DIR") : "/run";

	if (run && *run && !strchr(run, ':')) {
		snprintf(path, room, "%s/%s.mdb", run, machine);
		return 0;
	}
	if (!user || !*user)
		return -ENOENT;
	snprintf(path, room, "%s/" FOLDER, user);
	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	snprintf(path, room, "%s/" FOLDER "/%s.mdb", user, machine);
	return 0;
}

static int open_table(struct bases *bases)
{
	MDB_txn *txn;
	int ret = mdb_txn_begin(bases->env, NULL, 0, &txn);

	if (ret)
		return ret;
	ret = mdb_dbi_open(txn, NULL, 0, &bases->table);
	if (!ret)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ret;
}

/* Nothing is to be there after the machine went down, so nothing waits for a disk. */
static int open_file(struct bases *bases, const char *path)
{
	int ret = mdb_env_create(&bases->env), dead;

	if (ret)
		return ret;
	ret = mdb_env_set_mapsize(bases->env, MOST_BYTES);
	if (!ret)
		ret = mdb_env_open(bases->env, path, MDB_NOSUBDIR | MDB_NOSYNC,
				   0600);
	if (!ret)
		ret = mdb_reader_check(bases->env, &dead);
	if (!ret)
		ret = open_table(bases);
	if (ret)
		mdb_env_close(bases->env);
	return ret;
}

struct bases *bases_open(const char *machine, const char **words)
{
	struct bases *bases = must_realloc(NULL, 1, sizeof(*bases));
	char path[4096] = "XDG_RUNTIME_DIR";
	int ret = -find_file(machine, path, sizeof(path));
	static char text[256];

	if (!ret)
		ret = open_file(bases, path);
	if (!ret)
		return bases;
	snprintf(text, sizeof(text), "%.160s: %s", path, mdb_strerror(ret));
	*words = text;
	free(bases);
	return NULL;
}

void bases_close(struct bases *bases)
{
	if (!bases)
		return;
	mdb_env_close(bases->env);
	free(bases);
}

/* Both are of any length, and what names a record is not. */
static MDB_val name_of(const char *where, const char *key,
		       uint8_t name[static SHA256_DIGEST_SIZE])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, strlen(where) + 1, (const uint8_t *)where);
	sha256_update(&context, strlen(key), (const uint8_t *)key);
	sha256_digest(&context, SHA256_DIGEST_SIZE, name);
	return (MDB_val){ SHA256_DIGEST_SIZE, name };
}

struct base bases_find(struct bases *bases, const char *where, const char *key)
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	MDB_val name = name_of(where, key, bytes), found;
	struct base base = { 0 };
	MDB_txn *txn;

	if (mdb_txn_begin(bases->env, NULL, MDB_RDONLY, &txn))
		return base;
	if (!mdb_get(txn, bases->table, &name, &found) &&
	    found.mv_size == sizeof(base))
		memcpy(&base, found.mv_data, sizeof(base));
	mdb_txn_abort(txn);
	return base;
}

const char *bases_keep(struct bases *bases, const char *where, const char *key,
		       const struct base *base)
{
	uint8_t bytes[SHA256_DIGEST_SIZE];
	MDB_val name = name_of(where, key, bytes);
	MDB_val value = { sizeof(*base), (void *)base };
	MDB_txn *txn;
	int ret;

	if (!bases)
		return NULL;
	ret = mdb_txn_begin(bases->env, NULL, 0, &txn);
	if (ret)
		return mdb_strerror(ret);
	ret = mdb_put(txn, bases->table, &name, &value, 0);
	if (!ret)
		ret = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return ret ? mdb_strerror(ret) : NULL;
}

void base_move(struct base *base, uint64_t term, uint64_t sent)
{
	base->known = true;
	base->term = term;
	base->sent = sent;
}

void base_begin(struct base *base, const void *bytes, size_t size)
{
	base->coming = true;
	digest(bytes, size, base->next);
}

void base_end(struct base *base, uint64_t version, uint64_t term, uint64_t sent)
{
	base_move(base, term, sent);
	base->version = version;
	base->coming = false;
	memcpy(base->digest, base->next, sizeof(base->digest));
}

bool base_is(const struct base *base, uint64_t version, const void *bytes,
	     size_t size)
{
	uint8_t here[BASE_DIGEST];

	digest(bytes, size, here);
	if (base->coming && !memcmp(base->next, here, sizeof(here)))
		return true;
	return base->known && base->version == version &&
	       !memcmp(base->digest, here, sizeof(here));
}

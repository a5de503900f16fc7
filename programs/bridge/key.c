// SPDX-License-Identifier: GPL-2.0
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "../msgslot/complaint.h"
#include "key.h"

static const char digits[] = "0123456789abcdef";

static bool is_plain(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

/* A slash at the end of a level that is not empty, and not the last. */
static bool is_border(const char *name, const char *at)
{
	return *at == '/' && at != name && at[-1] != '/' && at[1];
}

char *key_escape(const char *name)
{
	char *text = must_realloc(NULL, strlen(name) + 1, 3), *to = text;
	const char *from;

	for (from = name; *from; from++) {
		if (is_plain(*from) || is_border(name, from)) {
			*to++ = *from;
			continue;
		}
		*to++ = '=';
		*to++ = digits[(unsigned char)*from >> 4];
		*to++ = digits[*from & 15];
	}
	*to = '\0';
	return text;
}

static void digest(const char *name, char *key)
{
	uint8_t sum[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;
	size_t i;

	sha256_init(&context);
	sha256_update(&context, strlen(name), (const uint8_t *)name);
	sha256_digest(&context, sizeof(sum), sum);
	key = stpcpy(key, "=_");
	for (i = 0; i < sizeof(sum); i++) {
		*key++ = digits[sum[i] >> 4];
		*key++ = digits[sum[i] & 15];
	}
	*key = '\0';
}

void key_of_name(const char *name, char key[static KEY_ROOM])
{
	char *text = key_escape(name);

	if (strlen(text) > KEY_LONGEST)
		digest(name, key);
	else
		stpcpy(key, text);
	free(text);
}

bool key_is_of(const char *key, const char *name)
{
	char own[KEY_ROOM];

	key_of_name(name, own);
	return !strcmp(key, own);
}

static int value_of(char digit)
{
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? at - digits : -1;
}

/* Return: whether each = has two digits behind it that are no zero byte. */
static bool unescape(const char *from, const char *end, char *to)
{
	int high, low;

	for (; from < end; from++) {
		if (*from != '=') {
			*to++ = *from;
			continue;
		}
		high = end - from < 3 ? -1 : value_of(from[1]);
		low = high < 0 ? -1 : value_of(from[2]);
		if (high < 0 || low < 0)
			return false;
		*to++ = (char)(16 * high + low);
		from += 2;
	}
	*to = '\0';
	return true;
}

/* There is one text for each name: it is right if the name has that one. */
char *key_unescape(const char *text, size_t size)
{
	char *name = must_realloc(NULL, size + 1, 1);
	char *again = NULL;
	bool right;

	right = size && unescape(text, text + size, name);
	if (right) {
		again = key_escape(name);
		right = strlen(again) == size && !memcmp(again, text, size);
	}
	free(again);
	if (right)
		return name;
	free(name);
	return NULL;
}

bool key_is_prefix(const char *text)
{
	const char *at;

	for (at = text; *at; at++)
		if (!is_plain(*at) && *at != '/')
			return false;
	return !*text || (*text != '/' && at[-1] == '/' && !strstr(text, "//"));
}

// SPDX-License-Identifier: GPL-2.0
/* What libFuzzer calls: whatever a store may have, as a value, as an owner and as a key. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envelope.h"
#include "key.h"
#include "term.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool same(const void *one, size_t size, const void *other, size_t n)
{
	return size == n && !memcmp(one, other, n);
}

/* What is taken is inside of the value, and comes back the same. */
static void try_envelope(const uint8_t *bytes, size_t n)
{
	struct envelope envelope, again;
	unsigned char *value;
	size_t size;

	if (!envelope_read(&envelope, bytes, n))
		return;
	must(envelope.bytes + envelope.size == bytes + n);
	must((const uint8_t *)envelope.name + envelope.name_size + 1 ==
	     envelope.bytes);
	must(envelope.ttl && envelope.size && *envelope.origin);
	must(!envelope.origin[strspn(envelope.origin, ENVELOPE_NAME)]);
	value = envelope_write(&envelope, &size);
	must(envelope_read(&again, value, size));
	must(!strcmp(envelope.origin, again.origin));
	must(envelope.term == again.term && envelope.version == again.version);
	must(envelope.age == again.age && envelope.ttl == again.ttl);
	must(envelope.uid == again.uid && envelope.gid == again.gid &&
	     envelope.pid == again.pid);
	must(same(envelope.name, envelope.name_size, again.name,
		  again.name_size));
	must(same(envelope.bytes, envelope.size, again.bytes, again.size));
	free(value);
}

static void try_term(const uint8_t *bytes, size_t n)
{
	char text[TERM_TEXT];
	struct term term;

	if (!term_read(&term, bytes, n))
		return;
	must(term.lease <= TERM_LONGEST_LEASE);
	term_write(&term, text);
	must(same(text, strlen(text), bytes, n));
}

static void try_key(const uint8_t *bytes, size_t n)
{
	char *name = key_unescape((const char *)bytes, n), *text;

	if (!name)
		return;
	text = key_escape(name);
	must(same(text, strlen(text), bytes, n));
	must(strlen(text) > KEY_LONGEST || key_is_of(text, name));
	free(text);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	try_envelope(bytes, n);
	try_term(bytes, n);
	try_key(bytes, n);
	return 0;
}

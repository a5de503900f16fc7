// SPDX-License-Identifier: GPL-2.0
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "complaint.h"
#include "diagnosis.h"

struct finding {
	enum finding_state state;
	const char *name;
	char *text;
	char *advice;
};

static struct finding *findings;
static size_t count;

static char *format_text(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		die(STATUS_ERROR, "not enough memory");
	return text;
}

void diagnosis_add(enum finding_state state, const char *name,
		   const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = format_text(format, arguments);
	va_end(arguments);
	findings = must_realloc(findings, count + 1, sizeof(*findings));
	findings[count++] = (struct finding){ state, name, text, NULL };
}

void diagnosis_advise(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	findings[count - 1].advice = format_text(format, arguments);
	va_end(arguments);
}

static const char *state_word(enum finding_state state)
{
	static const char *const words[] = {
		[FINDING_GOOD] = "good",
		[FINDING_NOTE] = "note",
		[FINDING_BAD] = "bad",
	};

	return words[state];
}

static void print_text(bool works)
{
	size_t i;

	for (i = 0; i < count; i++) {
		printf("%-4s  %-9s  %s\n", state_word(findings[i].state),
		       findings[i].name, findings[i].text);
		if (findings[i].advice)
			printf("%*s%s\n", 17, "", findings[i].advice);
	}
	puts(works ? "Slots work here: one was written and read." :
		     "No slot could be written and read.");
}

/* Paths may be of any bytes; JSON is of characters. */
static json_t *string_or_null(const char *text)
{
	json_t *string = text ? json_string(text) : NULL;

	return string ? string : json_null();
}

static json_t *finding_object(const struct finding *finding)
{
	return json_pack("{sssssoso}", "name", finding->name, "state",
			 state_word(finding->state), "text",
			 string_or_null(finding->text), "advice",
			 string_or_null(finding->advice));
}

static void print_json(bool works)
{
	json_t *list = json_array(), *object;
	size_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, finding_object(&findings[i]));
	object = json_pack("{sbso}", "works", works, "findings", list);
	if (!object || json_array_size(list) != count)
		die(STATUS_ERROR, "not enough memory");
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

void diagnosis_print(bool json, bool works)
{
	if (json)
		print_json(works);
	else
		print_text(works);
	while (count) {
		count--;
		free(findings[count].text);
		free(findings[count].advice);
	}
	free(findings);
}

/* Messages as text and back. */
#include "codec_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct type types[] = {
	{"HELLO", HELLO, true, false}, {"READY", READY, false, true}, {"IDENTITY", IDENTITY, true, false},
	{"OK", OK, false, true}, {"ERROR", ERROR, true, true}, {"EXEC", EXEC, true, false}, {"PUT", PUT, true, false},
	{"GET", GET, true, false}, {"LIST", LIST, true, false}, {"CONNECT", CONNECT, true, false},
	{"LIMITS", LIMITS, true, false}, {"SEAL", SEAL, true, false}, {"DATA", DATA, true, true}, {"END", END, true, true},
	{"CREDIT", CREDIT, true, true}, {"RESET", RESET, true, true}, {"SIGNAL", SIGNAL, true, false},
	{"RESIZE", RESIZE, true, false}, {"EXIT", EXIT, false, true}, {"OUTWARD", OUTWARD, false, true},
	{"EVENT", EVENT, false, true}, {"POWEROFF", POWEROFF, true, false}, {"PROGRAM", PROGRAM, false, true},
	{"LOOKUP", LOOKUP, false, true}, {"WITNESS", WITNESS, true, false},
};

const struct type *type_named(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static void number(struct fields *fields, const char *name, uint64_t value)
{
	fields->names[fields->count] = name;
	snprintf(fields->values[fields->count++], VALUE_MOST, "%" PRIu64, value);
}

static char *hex(char *at, struct slice slice)
{
	for (uint32_t i = 0; i < slice.length; i++)
		at += sprintf(at, "%02x", slice.at[i]);
	*at = 0;
	return at;
}

static void string(struct fields *fields, const char *name, struct slice slice)
{
	fields->names[fields->count] = name;
	hex(fields->values[fields->count++], slice);
}

static void strings(struct fields *fields, const char *name, struct list list)
{
	struct reader reader = reader_of(list.wire.at, list.wire.length);
	char *at = fields->values[fields->count];
	fields->names[fields->count++] = name;
	*at = 0;
	for (unsigned i = 0; i < list.count; i++) {
		if (i)
			*at++ = ',';
		at = hex(at, read_string(&reader));
	}
}

void describe(uint8_t type, const union request *request, struct fields *fields)
{
	fields->count = 0;
	switch (type) {
	case HELLO:
		number(fields, "oldest", request->hello.oldest);
		number(fields, "newest", request->hello.newest);
		break;
	case IDENTITY:
		number(fields, "realtime", request->identity.realtime);
		string(fields, "hostname", request->identity.hostname);
		string(fields, "machineId", request->identity.machine_id);
		string(fields, "bootId", request->identity.boot_id);
		string(fields, "entropy", request->identity.entropy);
		break;
	case ERROR:
		number(fields, "code", request->error.code);
		number(fields, "errno", request->error.error);
		string(fields, "message", request->error.message);
		break;
	case EXEC:
		number(fields, "stderrStream", request->exec.error_stream);
		number(fields, "flags", request->exec.flags);
		number(fields, "rows", request->exec.rows);
		number(fields, "columns", request->exec.columns);
		string(fields, "user", request->exec.user);
		string(fields, "cwd", request->exec.cwd);
		strings(fields, "argv", request->exec.arguments);
		strings(fields, "env", request->exec.environment);
		break;
	case PUT:
		number(fields, "mode", request->put.mode);
		number(fields, "flags", request->put.flags);
		string(fields, "owner", request->put.owner);
		string(fields, "path", request->put.path);
		break;
	case GET:
		string(fields, "path", request->get.path);
		break;
	case SEAL:
		string(fields, "path", request->seal.path);
		break;
	case LIST:
		number(fields, "entries", request->list.entries);
		number(fields, "depth", request->list.depth);
		string(fields, "path", request->list.path);
		break;
	case CONNECT:
		number(fields, "kind", request->connect.kind);
		number(fields, "port", request->connect.port);
		string(fields, "path", request->connect.path);
		break;
	case LIMITS:
		number(fields, "memory", request->limits.memory);
		number(fields, "processes", request->limits.processes);
		break;
	case DATA:
		string(fields, "bytes", request->data.bytes);
		break;
	case CREDIT:
		number(fields, "bytes", request->credit.bytes);
		break;
	case RESET:
		number(fields, "code", request->reset.code);
		break;
	case WITNESS:
		for (unsigned i = 0; i < 4; i++)
			number(fields, ((const char *const[]){"execs", "lives", "files", "calls"})[i], request->witness.most[i]);
		break;
	case SIGNAL:
		number(fields, "signal", request->signal.number);
		break;
	case RESIZE:
		number(fields, "rows", request->resize.rows);
		number(fields, "columns", request->resize.columns);
		break;
	default:
		break;
	}
}

static uint64_t to_number(const char *text)
{
	return strtoull(text, NULL, 10);
}

/* In place: hex is longer than what it stands for. */
static size_t unhex(char *text)
{
	size_t length = strlen(text) / 2;
	for (size_t i = 0; i < length; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], 0};
		text[i] = (char)strtoul(pair, NULL, 16);
	}
	text[length] = 0;
	return length;
}

static bool has_text(uint8_t type)
{
	return type == READY || type == ERROR || type == DATA || type == OUTWARD || type == PROGRAM || type == LOOKUP;
}

bool encode_from(struct header header, char *values[], unsigned count, struct buffer *out)
{
	uint64_t first = count ? to_number(values[0]) : 0, second = count > 1 ? to_number(values[1]) : 0;
	char *text = count && has_text(header.type) ? values[count - 1] : NULL;
	size_t length = text ? unhex(text) : 0;
	if (header.type == READY && count == 2)
		encode_ready(out, (uint16_t)first, text);
	else if (header.type == ERROR && count == 3)
		encode_error(out, header.stream, (uint16_t)first, (uint16_t)second, text);
	else if (header.type == OUTWARD && count == 2)
		encode_outward(out, header.stream, (uint16_t)first, text);
	else if (header.type == PROGRAM && count == 2)
		encode_program(out, header.stream, (uint32_t)first, text);
	else if (header.type == LOOKUP && count == 2)
		encode_lookup(out, (uint16_t)first, text);
	else if (header.type == EXIT && count == 2)
		encode_exit(out, header.stream, (uint8_t)first, (uint8_t)second);
	else if (header.type == EVENT && count == 2)
		encode_event(out, (uint8_t)first, (uint32_t)second);
	else if (header.type == CREDIT && count == 1)
		encode_credit(out, header.stream, (uint32_t)first);
	else if (header.type == RESET && count == 1)
		encode_reset(out, header.stream, (uint16_t)first);
	else if ((header.type == OK || header.type == END) && count == 0)
		encode_bare(out, header.stream, header.type);
	else if (header.type == DATA && count == 1) {
		size_t begun = frame_begin(out, header.stream, DATA);
		buffer_append(out, text, length);
		frame_end(out, begun);
	} else
		return false;
	return true;
}

/* The golden vectors (see `run` for their format), then decoders fed with rubbish. */
#include "codec_test.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned failures, decoded, encoded;

/* What the codec calls in the agent. */
_Noreturn void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	abort();
}

static size_t load(const char *directory, const char *name, const char *suffix, uint8_t *bytes, size_t size)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s%s", directory, name, suffix);
	FILE *file = fopen(path, "rb");
	if (!file) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	size_t length = fread(bytes, 1, size - 1, file);
	fclose(file);
	bytes[length] = 0;
	return length;
}

/* The values of a .txt, in order, without their names. */
static unsigned values_of(char *text, char *values[], unsigned most)
{
	unsigned count = 0;
	for (char *line; count < most && (line = strsep(&text, "\n"));) {
		char *equals = strchr(line, '=');
		if (equals)
			values[count++] = equals + 1;
	}
	return count;
}

static void fail(const char *name, const char *why)
{
	fprintf(stderr, "FAIL %s: %s\n", name, why);
	failures++;
}

static void check_decoding(const char *name, struct header header, const uint8_t *payload, char *values[], unsigned count)
{
	union request request;
	static struct fields fields;
	if (!request_decode(header, payload, &request)) {
		fail(name, "not decoded");
		return;
	}
	describe(header.type, &request, &fields);
	decoded++;
	if (fields.count != count) {
		fail(name, "another number of fields");
		return;
	}
	for (unsigned i = 0; i < count; i++)
		if (strcmp(fields.values[i], values[i]) != 0) {
			fprintf(stderr, "FAIL %s: %s is %.80s, expected %.80s\n", name, fields.names[i], fields.values[i], values[i]);
			failures++;
		}
}

static void check_encoding(const char *name, struct header header, const uint8_t *frame, size_t length, char *values[],
			   unsigned count)
{
	struct buffer out = {0};
	if (!encode_from(header, values, count, &out))
		fail(name, "cannot be encoded from its fields");
	else if (buffer_length(&out) != length || memcmp(buffer_head(&out), frame, length) != 0)
		fail(name, "encoded to other bytes");
	encoded++;
	buffer_clear(&out);
}

static void check_vector(const char *directory, const char *name, const char *type_name, uint32_t stream)
{
	static uint8_t frame[HEADER_SIZE + PAYLOAD_MOST + 1], text[1024 * 1024];
	char *values[16];
	size_t length = load(directory, name, ".bin", frame, sizeof frame);
	load(directory, name, ".txt", text, sizeof text);
	unsigned count = values_of((char *)text, values, 16);
	struct header header;
	const struct type *type = type_named(type_name);
	if (!type || length < HEADER_SIZE || !header_decode(frame, &header) || header.type != type->number ||
	    header.stream != stream || length != HEADER_SIZE + header.length) {
		fail(name, "its header is not as the index says");
		return;
	}
	/* A copy of just this size, for the address sanitizer to see a read past its end. */
	uint8_t *payload = malloc(header.length ? header.length : 1);
	if (!payload)
		abort();
	memcpy(payload, frame + HEADER_SIZE, header.length);
	if (type->from_host)
		check_decoding(name, header, payload, values, count);
	if (type->from_guest)
		check_encoding(name, header, frame, length, values, count);
	free(payload);
}

static void check_vectors(const char *directory)
{
	char path[1024], line[256], name[128], type[32];
	unsigned stream;
	snprintf(path, sizeof path, "%s/index.txt", directory);
	FILE *index = fopen(path, "r");
	if (!index) {
		fail(path, "cannot be read");
		return;
	}
	while (fgets(line, sizeof line, index)) {
		if (line[0] == '\n' || line[0] == '#')
			continue;
		if (sscanf(line, "%127s %31s %u", name, type, &stream) != 3)
			fail(line, "not a line of an index");
		else
			check_vector(directory, name, type, stream);
	}
	fclose(index);
	if (!decoded || !encoded)
		fail(path, "no vectors of one of the directions");
}

int main(int count, char **arguments)
{
	if (count != 2) {
		fprintf(stderr, "usage: codec_test DIRECTORY\n");
		return 2;
	}
	check_vectors(arguments[1]);
	unsigned accepted = fuzz(200000);
	failures += check_dns(300000);
	failures += check_witness(arguments[1]);
	printf("vectors: %u decoded, %u encoded; fuzzing: 200000 frames, %u of them valid; %u failures\n", decoded, encoded,
	       accepted, failures);
	return failures ? 1 : 0;
}

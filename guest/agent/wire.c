#include "wire.h"

#include <string.h>

static uint64_t little_endian(const uint8_t *bytes, unsigned count)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < count; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static void to_little_endian(uint8_t *bytes, uint64_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

bool header_decode(const uint8_t bytes[HEADER_SIZE], struct header *header)
{
	header->length = (uint32_t)little_endian(bytes, 4);
	header->stream = (uint32_t)little_endian(bytes + 4, 4);
	header->type = bytes[8];
	return header->length <= PAYLOAD_MOST && header->stream < 0x80000000u && !bytes[9] && !bytes[10] && !bytes[11];
}

void header_encode(uint8_t bytes[HEADER_SIZE], struct header header)
{
	to_little_endian(bytes, header.length, 4);
	to_little_endian(bytes + 4, header.stream, 4);
	to_little_endian(bytes + 8, header.type, 4);
}

struct reader reader_of(const uint8_t *bytes, size_t length)
{
	return (struct reader){.at = bytes, .end = bytes + length};
}

/* The next `count` bytes, or NULL and a bad reader. */
static const uint8_t *take(struct reader *reader, size_t count)
{
	if (reader->bad || (size_t)(reader->end - reader->at) < count) {
		reader->bad = true;
		return NULL;
	}
	const uint8_t *taken = reader->at;
	reader->at += count;
	return taken;
}

uint64_t read_integer(struct reader *reader, unsigned bytes)
{
	const uint8_t *at = take(reader, bytes);
	return at ? little_endian(at, bytes) : 0;
}

struct slice read_bytes(struct reader *reader)
{
	uint32_t length = (uint32_t)read_integer(reader, 4);
	const uint8_t *at = take(reader, length);
	return at ? (struct slice){at, length} : (struct slice){NULL, 0};
}

struct slice read_string(struct reader *reader)
{
	struct slice string = read_bytes(reader);
	if (string.length && memchr(string.at, 0, string.length))
		reader->bad = true;
	return string;
}

struct list read_list(struct reader *reader)
{
	struct list list = {.count = (uint16_t)read_integer(reader, 2)};
	list.wire.at = reader->at;
	for (unsigned i = 0; i < list.count && !reader->bad; i++)
		read_string(reader);
	list.wire.length = (uint32_t)(reader->at - list.wire.at);
	return list;
}

bool read_complete(const struct reader *reader)
{
	return !reader->bad && reader->at == reader->end;
}

bool slice_copy(struct slice slice, char *target, size_t size)
{
	if (slice.length >= size)
		return false;
	if (slice.length)
		memcpy(target, slice.at, slice.length);
	target[slice.length] = 0;
	return true;
}

size_t frame_begin(struct buffer *out, uint32_t stream, uint8_t type)
{
	size_t begun = buffer_length(out);
	header_encode(buffer_reserve(out, HEADER_SIZE), (struct header){0, stream, type});
	buffer_commit(out, HEADER_SIZE);
	return begun;
}

void write_integer(struct buffer *out, uint64_t value, unsigned bytes)
{
	to_little_endian(buffer_reserve(out, bytes), value, bytes);
	buffer_commit(out, bytes);
}

void write_string(struct buffer *out, const void *bytes, size_t length)
{
	write_integer(out, length, 4);
	buffer_append(out, bytes, length);
}

void frame_end(struct buffer *out, size_t begun)
{
	size_t length = buffer_length(out) - begun - HEADER_SIZE;
	to_little_endian(out->bytes + out->start + begun, length, 4);
}

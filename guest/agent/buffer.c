#include "buffer.h"

#include "say.h"

#include <stdlib.h>
#include <string.h>

/* An empty queue larger than this gives its memory back. */
#define KEPT_WHEN_EMPTY (128 * 1024)

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (buffer->capacity - buffer->end >= size && buffer->bytes)
		return buffer->bytes + buffer->end;
	size_t length = buffer_length(buffer);
	if (buffer->start > 0) {
		memmove(buffer->bytes, buffer->bytes + buffer->start, length);
		buffer->start = 0;
		buffer->end = length;
	}
	if (buffer->capacity - length < size || !buffer->bytes) {
		size_t capacity = buffer->capacity ? buffer->capacity : 4096;
		while (capacity - length < size)
			capacity *= 2;
		uint8_t *bytes = realloc(buffer->bytes, capacity);
		if (!bytes)
			die("out of memory for a buffer of %zu bytes", capacity);
		buffer->bytes = bytes;
		buffer->capacity = capacity;
	}
	return buffer->bytes + buffer->end;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
	buffer->end += size;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size == 0)
		return;
	memcpy(buffer_reserve(buffer, size), bytes, size);
	buffer_commit(buffer, size);
}

void buffer_consume(struct buffer *buffer, size_t size)
{
	buffer->start += size;
	if (buffer->start < buffer->end)
		return;
	buffer->start = buffer->end = 0;
	if (buffer->capacity > KEPT_WHEN_EMPTY)
		buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){0};
}

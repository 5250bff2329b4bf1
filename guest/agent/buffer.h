/* A queue of bytes that grows as needed. Whoever fills it bounds it. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
	uint8_t *bytes;
	size_t start, end, capacity;
};

static inline size_t buffer_length(const struct buffer *buffer)
{
	return buffer->end - buffer->start;
}

static inline const uint8_t *buffer_head(const struct buffer *buffer)
{
	return buffer->bytes + buffer->start;
}

/* Room for `size` bytes at the tail; buffer_commit makes what was written there part of the queue. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_consume(struct buffer *buffer, size_t size);
void buffer_clear(struct buffer *buffer);

#endif

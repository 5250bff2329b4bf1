#include "stream.h"

#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 1024

/* Of an open stream in each direction: of the host's, of the guest's, which may be many and idle. */
static const uint32_t first_credit[2] = {262144, 65536};
static const unsigned most[2] = {STREAMS_MOST, OUTWARD_STREAMS_MOST};
static unsigned counts[2];

static struct stream *buckets[BUCKETS];
static struct stream *closed;

static struct stream **bucket_of(uint32_t id)
{
	return &buckets[id % BUCKETS];
}

static unsigned account_of(uint32_t id)
{
	return id % 2 == 0;
}

struct stream *stream_open(uint32_t id, const struct stream_kind *kind, void *owner)
{
	unsigned account = account_of(id);
	struct stream *stream = counts[account] < most[account] ? calloc(1, sizeof *stream) : NULL;
	if (!stream)
		return NULL;
	counts[account]++;
	stream->id = id;
	stream->kind = kind;
	stream->owner = owner;
	stream->may_send = stream->may_receive = stream->window = first_credit[account];
	stream->source_left = UINT64_MAX;
	stream->source = (struct watch){.fd = -1, .ready = pump_source_ready, .owner = stream};
	stream->sink = (struct watch){.fd = -1, .ready = pump_sink_ready, .owner = stream};
	stream->next = *bucket_of(id);
	return *bucket_of(id) = stream;
}

struct stream *stream_find(uint32_t id)
{
	struct stream *stream = *bucket_of(id);
	while (stream && stream->id != id)
		stream = stream->next;
	return stream;
}

struct stream *stream_accept(uint32_t id, const struct stream_kind *kind, void *owner)
{
	struct stream *stream = stream_open(id, kind, owner);
	if (!stream)
		encode_error(port_out(), id, OVER_LIMIT, 0, "too many streams");
	return stream;
}

void stream_close(struct stream *stream)
{
	if (stream->closed)
		return;
	struct stream **link = bucket_of(stream->id);
	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	stream->next = closed;
	closed = stream;
	stream->closed = true;
	counts[account_of(stream->id)]--;
	pump_forget(stream);
	watch_close(&stream->source);
	watch_close(&stream->sink);
	buffer_clear(&stream->queue);
}

void stream_set_source(struct stream *stream, int fd)
{
	stream->source.fd = fd;
	if (watch_want(&stream->source, EPOLLIN | EPOLLET))
		return;
	stream->source_ends = true;
	pump_try(stream);
}

void stream_set_sink(struct stream *stream, int fd)
{
	stream->sink.fd = fd;
	stream->sink_accepts = true;
}

void stream_close_sink(struct stream *stream)
{
	watch_close(&stream->sink);
	buffer_clear(&stream->queue);
}

void stream_ok(struct stream *stream)
{
	encode_bare(port_out(), stream->id, OK);
	stream_close(stream);
}

void stream_error(struct stream *stream, uint16_t code, int error, const char *what)
{
	char message[512];
	if (error)
		snprintf(message, sizeof message, "%s: %s", what, strerror(error));
	else
		snprintf(message, sizeof message, "%s", what);
	encode_error(port_out(), stream->id, code, (uint16_t)error, message);
	stream_close(stream);
}

void stream_reset(struct stream *stream, uint16_t code)
{
	encode_reset(port_out(), stream->id, code);
	stream_close(stream);
}

void stream_end(struct stream *stream)
{
	encode_bare(port_out(), stream->id, END);
}

void stream_drop_all(void)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		while (buckets[i])
			buckets[i]->kind->dropped(buckets[i]);
}

void stream_sweep(void)
{
	while (closed) {
		struct stream *stream = closed;
		closed = stream->next;
		free(stream);
	}
}

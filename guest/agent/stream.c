#include "stream.h"

#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_CREDIT 262144

static struct stream *streams;
static unsigned counts[2]; /* open ones: of the host, of the guest */

static unsigned account_of(uint32_t id)
{
	return id % 2 == 0;
}

struct stream *stream_open(uint32_t id, const struct stream_kind *kind, void *owner)
{
	struct stream *stream = counts[account_of(id)] < STREAMS_MOST ? calloc(1, sizeof *stream) : NULL;
	if (!stream)
		return NULL;
	counts[account_of(id)]++;
	stream->id = id;
	stream->kind = kind;
	stream->owner = owner;
	stream->may_send = stream->may_receive = FIRST_CREDIT;
	stream->source_left = UINT64_MAX;
	stream->source = (struct watch){.fd = -1, .ready = pump_source_ready, .owner = stream};
	stream->sink = (struct watch){.fd = -1, .ready = pump_sink_ready, .owner = stream};
	stream->next = streams;
	return streams = stream;
}

struct stream *stream_find(uint32_t id)
{
	for (struct stream *stream = streams; stream; stream = stream->next)
		if (stream->id == id && !stream->closed)
			return stream;
	return NULL;
}

struct stream *stream_accept(uint32_t id, const struct stream_kind *kind, void *owner)
{
	struct stream *stream = stream_open(id, kind, owner);
	if (!stream)
		encode_error(port_out(), id, OVER_LIMIT, 0, "too many streams");
	return stream;
}

struct stream *stream_first(void)
{
	return streams;
}

void stream_close(struct stream *stream)
{
	if (stream->closed)
		return;
	stream->closed = true;
	counts[account_of(stream->id)]--;
	watch_close(&stream->source);
	watch_close(&stream->sink);
	buffer_clear(&stream->queue);
}

void stream_set_source(struct stream *stream, int fd)
{
	stream->source.fd = fd;
	watch_add(&stream->source);
}

void stream_set_sink(struct stream *stream, int fd)
{
	stream->sink.fd = fd;
	stream->sink_accepts = true;
	watch_add(&stream->sink);
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
	for (struct stream *stream = streams; stream; stream = stream->next)
		if (!stream->closed)
			stream->kind->dropped(stream);
}

void stream_sweep(void)
{
	for (struct stream **link = &streams; *link;) {
		struct stream *stream = *link;
		if (!stream->closed) {
			link = &stream->next;
			continue;
		}
		*link = stream->next;
		free(stream);
	}
}

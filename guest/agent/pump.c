#include "port.h"
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define CREDIT_MOST (16 * 1024 * 1024)
#define DATA_MOST 32768   /* what the port takes at once */
#define GRANT_LEAST 32768 /* credit is given in pieces not smaller than this, as frames cost */

static bool can_read(const struct stream *stream)
{
	return !stream->closed && stream->source.fd >= 0 && stream->may_send > 0 && !port_is_busy();
}

static void end_source(struct stream *stream, int error)
{
	watch_close(&stream->source);
	stream->kind->source_ended(stream, error);
}

/* One read of the source, straight into the port's queue. */
static void read_source(struct stream *stream)
{
	size_t most = stream->may_send < DATA_MOST ? stream->may_send : DATA_MOST;
	if (most > stream->source_left)
		most = (size_t)stream->source_left;
	if (most == 0) {
		end_source(stream, 0);
		return;
	}
	uint8_t *at = buffer_reserve(port_out(), HEADER_SIZE + most);
	ssize_t count = read(stream->source.fd, at + HEADER_SIZE, most);
	if (count > 0) {
		header_encode(at, (struct header){(uint32_t)count, stream->id, DATA});
		buffer_commit(port_out(), HEADER_SIZE + (size_t)count);
		stream->may_send -= (uint32_t)count;
		if (stream->source_left != UINT64_MAX)
			stream->source_left -= (uint64_t)count;
	} else if (count == 0) {
		end_source(stream, 0);
	} else if (errno == EAGAIN || errno == EINTR) {
		if (stream->source_ready)
			end_source(stream, 0);
	} else {
		end_source(stream, errno);
	}
}

void pump_source_ready(struct watch *watch, short events)
{
	(void)events;
	struct stream *stream = watch->owner;
	if (can_read(stream))
		read_source(stream);
}

void stream_drain(struct stream *stream, uint64_t most)
{
	stream->source_ready = true;
	stream->source_left = most;
	while (can_read(stream))
		read_source(stream);
}

static void grant(struct stream *stream, size_t bytes)
{
	stream->ungranted += (uint32_t)bytes;
	if (stream->got_end || stream->ungranted < GRANT_LEAST)
		return;
	encode_credit(port_out(), stream->id, stream->ungranted);
	stream->may_receive += stream->ungranted;
	stream->ungranted = 0;
}

/* Writes and returns how much; if that failed for good, all counts as written, into the void. */
static size_t write_sink(struct stream *stream, const uint8_t *bytes, size_t size)
{
	if (stream->sink.fd < 0)
		return size;
	ssize_t count = write(stream->sink.fd, bytes, size);
	if (count >= 0)
		return (size_t)count;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	int error = errno;
	watch_close(&stream->sink);
	stream->kind->sink_failed(stream, error);
	return size;
}

static void flush_sink(struct stream *stream)
{
	while (buffer_length(&stream->queue) > 0) {
		size_t written = write_sink(stream, buffer_head(&stream->queue), buffer_length(&stream->queue));
		if (stream->closed || written == 0)
			return;
		buffer_consume(&stream->queue, written);
		grant(stream, written);
	}
	if (stream->got_end && stream->sink.fd >= 0)
		stream->kind->sink_ended(stream);
}

void pump_sink_ready(struct watch *watch, short events)
{
	(void)events;
	struct stream *stream = watch->owner;
	if (stream->sink_opening)
		stream->kind->opened(stream);
	else
		flush_sink(stream);
}

void stream_sink_opened(struct stream *stream)
{
	stream->sink_opening = false;
	flush_sink(stream);
}

bool stream_receive(struct stream *stream, struct slice bytes)
{
	if (!stream->sink_accepts || stream->got_end || bytes.length > stream->may_receive)
		return false;
	stream->may_receive -= bytes.length;
	size_t written = 0;
	if (buffer_length(&stream->queue) == 0 && !stream->sink_opening)
		written = write_sink(stream, bytes.at, bytes.length);
	if (stream->closed)
		return true;
	buffer_append(&stream->queue, bytes.at + written, bytes.length - written);
	grant(stream, written);
	return true;
}

bool stream_receive_end(struct stream *stream)
{
	if (!stream->sink_accepts)
		return true;
	if (stream->got_end)
		return false;
	stream->got_end = true;
	if (!stream->sink_opening)
		flush_sink(stream);
	return true;
}

bool stream_receive_credit(struct stream *stream, uint32_t bytes)
{
	if (bytes > CREDIT_MOST - stream->may_send)
		return false;
	stream->may_send += bytes;
	return true;
}

bool pump_prepare(void)
{
	bool ready = false;
	for (struct stream *stream = stream_first(); stream; stream = stream->next) {
		bool readable = can_read(stream);
		stream->source.events = readable && !stream->source_ready ? POLLIN : 0;
		ready |= readable && stream->source_ready;
		/* An opening sink is either a socket that connects, or one that waits for the host's answer. */
		bool writable = stream->sink_opening ? stream->kind->opened != NULL : buffer_length(&stream->queue) > 0;
		stream->sink.events = writable ? POLLOUT : 0;
	}
	return ready;
}

void pump_turn(void)
{
	for (struct stream *stream = stream_first(); stream; stream = stream->next)
		if (stream->source_ready && can_read(stream))
			read_source(stream);
}

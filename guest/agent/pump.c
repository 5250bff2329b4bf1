#include "port.h"
#include "stream.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#define CREDIT_MOST (16 * 1024 * 1024)
#define GRANT_LEAST 32768 /* credit is given in pieces not smaller than this, as frames cost */
#define WINDOW_MOST (1024 * 1024)
#define PIECES_MOST 16
#define WIDENED_MOST (32 * 1024 * 1024) /* of all windows together, beyond what they begin with */

static struct stream *first, *last; /* to be read in turn */
static uint32_t widened;
static struct stream *gathered; /* `pieces` are on their way to its sink */
static struct iovec pieces[PIECES_MOST];
static int piece_count;

static bool can_read(const struct stream *stream)
{
	return !stream->closed && stream->source.fd >= 0 && stream->source_ready && stream->may_send > 0;
}

static void leave_turn(struct stream *stream)
{
	if (!stream->in_turn)
		return;
	stream->in_turn = false;
	*(stream->turn_before ? &stream->turn_before->turn_after : &first) = stream->turn_after;
	*(stream->turn_after ? &stream->turn_after->turn_before : &last) = stream->turn_before;
}

static void enter_turn(struct stream *stream)
{
	if (stream->in_turn || !can_read(stream))
		return;
	stream->in_turn = true;
	stream->turn_before = last;
	stream->turn_after = NULL;
	*(last ? &last->turn_after : &first) = stream;
	last = stream;
}

void pump_try(struct stream *stream)
{
	stream->source_ready = true;
	enter_turn(stream);
}

void pump_forget(struct stream *stream)
{
	leave_turn(stream);
	widened -= stream->widened;
	if (gathered == stream)
		gathered = NULL;
}

static void end_source(struct stream *stream, int error)
{
	watch_close(&stream->source);
	stream->kind->source_ended(stream, error);
}

/* One read of the source, straight into the port's queue. */
static void read_source(struct stream *stream)
{
	size_t most = stream->may_send < PAYLOAD_MOST ? stream->may_send : PAYLOAD_MOST;
	if (most > stream->source_left)
		most = (size_t)stream->source_left;
	if (stream->source_left == 0) {
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
	} else if (errno == EAGAIN) {
		stream->source_ready = false;
		if (stream->source_ends)
			end_source(stream, 0);
	} else if (errno != EINTR) {
		end_source(stream, errno);
	}
}

void pump_source_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	pump_try(watch->owner);
}

void stream_drain(struct stream *stream, uint64_t most)
{
	stream->source_ends = stream->source_ready = true;
	stream->source_left = most;
	while (can_read(stream) && !port_is_busy())
		read_source(stream);
	enter_turn(stream);
}

/* A window that is used grows to twice its size, and again. */
static uint32_t widen(struct stream *stream)
{
	uint32_t more = stream->ungranted;
	if (more > WINDOW_MOST - stream->window)
		more = WINDOW_MOST - stream->window;
	if (more > WIDENED_MOST - widened)
		more = WIDENED_MOST - widened;
	stream->window += more;
	stream->widened += more;
	widened += more;
	return more;
}

static void grant(struct stream *stream, size_t bytes)
{
	stream->ungranted += (uint32_t)bytes;
	if (stream->got_end || stream->ungranted < GRANT_LEAST || stream->ungranted < stream->window / 4)
		return;
	uint32_t credit = stream->ungranted + widen(stream);
	encode_credit(port_out(), stream->id, credit);
	stream->may_receive += credit;
	stream->ungranted = 0;
}

/* Writes and returns how much; if that failed for good, all counts as written, into the void. */
static size_t write_pieces(struct stream *stream, const struct iovec *piece, int number)
{
	size_t size = 0;
	for (int i = 0; i < number; i++)
		size += piece[i].iov_len;
	if (stream->sink.fd < 0)
		return size;
	ssize_t count;
	do
		count = writev(stream->sink.fd, piece, number);
	while (count < 0 && errno == EINTR);
	if (count >= 0)
		return (size_t)count;
	if (errno == EAGAIN) {
		watch_want(&stream->sink, EPOLLOUT | EPOLLET);
		return 0;
	}
	int error = errno;
	watch_close(&stream->sink);
	stream->kind->sink_failed(stream, error);
	return size;
}

static size_t write_sink(struct stream *stream, const uint8_t *bytes, size_t size)
{
	struct iovec piece = {(void *)bytes, size};
	return write_pieces(stream, &piece, 1);
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

void pump_sink_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	struct stream *stream = watch->owner;
	if (stream->sink_opening)
		stream->kind->opened(stream);
	else if (buffer_length(&stream->queue) > 0)
		flush_sink(stream);
}

void stream_sink_opens(struct stream *stream)
{
	stream->sink_opening = true;
	watch_want(&stream->sink, EPOLLOUT | EPOLLET);
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
	if (gathered != stream || piece_count == PIECES_MOST)
		pump_settle();
	if (stream->closed)
		return true;
	if (buffer_length(&stream->queue) > 0 || stream->sink_opening) {
		buffer_append(&stream->queue, bytes.at, bytes.length);
	} else {
		gathered = stream;
		pieces[piece_count++] = (struct iovec){(void *)bytes.at, bytes.length};
	}
	return true;
}

/* Leaves out what was written. */
static void shorten(struct iovec **piece, int *number, size_t written)
{
	while (*number > 0 && written >= (*piece)->iov_len) {
		written -= (*piece)->iov_len;
		++*piece;
		--*number;
	}
	if (*number > 0)
		**piece = (struct iovec){(uint8_t *)(*piece)->iov_base + written, (*piece)->iov_len - written};
}

void pump_settle(void)
{
	struct stream *stream = gathered;
	struct iovec *piece = pieces;
	int number = piece_count;
	size_t all = 0;
	piece_count = 0;
	/* Until it takes no more: only after that is it reported when it does again. */
	while (gathered && number > 0) {
		size_t written = write_pieces(stream, piece, number);
		all += written;
		shorten(&piece, &number, written);
		if (written == 0)
			break;
	}
	if (!gathered)
		return;
	gathered = NULL;
	for (; number > 0; piece++, number--)
		buffer_append(&stream->queue, piece->iov_base, piece->iov_len);
	grant(stream, all);
}

bool stream_receive_end(struct stream *stream)
{
	if (!stream->sink_accepts) {
		if (stream->kind->finished)
			stream->kind->finished(stream);
		return true;
	}
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
	enter_turn(stream);
	return true;
}

bool pump_is_ready(void)
{
	return first && !port_is_busy();
}

void pump_turn(void)
{
	while (pump_is_ready()) {
		struct stream *stream = first;
		leave_turn(stream);
		/* Its credit may have gone since it came to its turn. */
		if (can_read(stream))
			read_source(stream);
		enter_turn(stream);
	}
}

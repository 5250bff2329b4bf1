/* Streams and their pump, with a port that only gathers what is sent. */
#include "codec_test.h"

#include "port.h"
#include "say.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct buffer out;
static bool busy;
static unsigned failures, ends;

struct buffer *port_out(void)
{
	return &out;
}

bool port_is_busy(void)
{
	return busy;
}

static void expect(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "FAIL pump: %s\n", what);
	failures++;
}

static void source_ended(struct stream *stream, int error)
{
	(void)stream;
	expect(error == 0, "a source ends without an error");
	ends++;
}

static const struct stream_kind kind = {.source_ended = source_ended};

/* Bytes of DATA that were sent since the last call. */
static size_t taken(void)
{
	size_t sum = 0;
	struct header header;
	while (buffer_length(&out) >= HEADER_SIZE && header_decode(buffer_head(&out), &header)) {
		if (header.type == DATA)
			sum += header.length;
		buffer_consume(&out, HEADER_SIZE + header.length);
	}
	return sum;
}

/* A stream whose source is a pipe that holds `size` bytes and has nobody at its other end. */
static struct stream *stream_of(size_t size)
{
	static const uint8_t zeros[60000];
	int ends_of_pipe[2];
	struct stream *stream = stream_open(1, &kind, NULL);
	if (!stream || pipe2(ends_of_pipe, O_NONBLOCK | O_CLOEXEC) < 0 || write(ends_of_pipe[1], zeros, size) != (ssize_t)size)
		die("no pipe: errno %d", errno);
	close(ends_of_pipe[1]);
	stream_set_source(stream, ends_of_pipe[0]);
	ends = 0;
	return stream;
}

static void close_stream(struct stream *stream)
{
	stream_close(stream);
	stream_sweep();
	taken();
}

/* A process ended while its output waited for its turn, and what was read of it at once used its credit up. */
static void check_credit_gone_in_turn(void)
{
	struct stream *stream = stream_of(50000);
	stream->may_send = 20000;
	pump_try(stream);
	expect(pump_is_ready(), "what can be read has a turn");
	stream_drain(stream, 50000);
	expect(taken() == 20000 && stream->may_send == 0, "the end is read as far as credit goes");
	pump_turn();
	expect(ends == 0, "a source does not end for want of credit");
	expect(stream_receive_credit(stream, 100000), "credit");
	pump_turn();
	expect(taken() == 30000 && ends == 1, "the rest is sent when there is credit, and then the end");
	close_stream(stream);
}

static void check_drain_is_bounded(void)
{
	struct stream *stream = stream_of(50000);
	stream_drain(stream, 10000);
	pump_turn();
	expect(taken() == 10000 && ends == 1, "no more is read than there was at the end");
	close_stream(stream);
}

static void check_busy_port(void)
{
	struct stream *stream = stream_of(50000);
	busy = true;
	stream_drain(stream, 50000);
	pump_turn();
	expect(taken() == 0 && ends == 0 && !pump_is_ready(), "nothing is read while the port has enough");
	busy = false;
	pump_turn();
	expect(taken() == 50000 && ends == 1, "all is read when it has not");
	close_stream(stream);
}

unsigned check_pump(void)
{
	check_credit_gone_in_turn();
	check_drain_is_bounded();
	check_busy_port();
	buffer_clear(&out);
	return failures;
}

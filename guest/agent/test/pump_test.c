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

/* A stream whose sink is a pipe, `reader` its other end. */
static struct stream *stream_to(uint32_t id, int *reader)
{
	int ends_of_pipe[2];
	struct stream *stream = stream_open(id, &kind, NULL);
	if (!stream || pipe2(ends_of_pipe, O_NONBLOCK | O_CLOEXEC) < 0)
		die("no pipe: errno %d", errno);
	stream_set_sink(stream, ends_of_pipe[1]);
	*reader = ends_of_pipe[0];
	return stream;
}

/* How many bytes can be read now; each must be the low byte of `value`, counted up from piece to piece of `size`. */
static size_t arrived(int reader, size_t size, size_t from)
{
	static uint8_t bytes[300000];
	ssize_t count = read(reader, bytes, sizeof bytes);
	for (ssize_t i = 0; i < count; i++)
		expect(bytes[i] == (uint8_t)((from + (size_t)i) / size), "bytes arrive in order");
	return count > 0 ? (size_t)count : 0;
}

static void check_gathered(void)
{
	static uint8_t bytes[20][10000];
	int one_end, other_end;
	struct stream *one = stream_to(1, &one_end), *other = stream_to(3, &other_end);
	for (unsigned i = 0; i < 20; i++)
		memset(bytes[i], (int)i, sizeof bytes[i]);
	for (unsigned i = 0; i < 3; i++)
		expect(stream_receive(one, (struct slice){bytes[i], 10000}), "DATA within its credit");
	expect(arrived(one_end, 10000, 0) == 0, "what comes together is not written piece by piece");
	expect(stream_receive(other, (struct slice){bytes[0], 10000}), "DATA of another stream");
	expect(arrived(one_end, 10000, 0) == 30000, "another stream's DATA sends the first one's on its way");
	pump_settle();
	pump_settle();
	expect(arrived(other_end, 10000, 0) == 10000 && arrived(other_end, 10000, 0) == 0, "all is written once");
	for (unsigned i = 0; i < 20; i++)
		expect(stream_receive(one, (struct slice){bytes[i], 10000}), "more pieces than go into one write");
	pump_settle();
	size_t sum = 0;
	for (size_t more = 1; more > 0; sum += more) {
		more = arrived(one_end, 10000, sum);
		pump_sink_ready(&one->sink, EPOLLOUT);
	}
	expect(sum == 200000 && buffer_length(&one->queue) == 0, "what a sink does not take waits for it, in order");
	uint32_t credit = one->may_receive;
	expect(!stream_receive(one, (struct slice){bytes[0], credit + 1}), "no more than its credit");
	expect(stream_receive(one, (struct slice){bytes[0], 10000}), "DATA");
	close_stream(one);
	pump_settle();
	expect(arrived(one_end, 10000, 0) == 0, "nothing is written to a stream that was closed");
	close_stream(other);
	close(one_end);
	close(other_end);
}

unsigned check_pump(void)
{
	check_gathered();
	check_credit_gone_in_turn();
	check_drain_is_bounded();
	check_busy_port();
	buffer_clear(&out);
	return failures;
}

#include "forward.h"

#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A connection that is being made; the stream's owner is the port for a second try by IPv6, or 0. */
static void connected(struct stream *stream);

static void close_if_done(struct stream *stream)
{
	bool sink_done = stream->sink.fd < 0, source_done = stream->source.fd < 0;
	if (source_done && sink_done)
		stream_close(stream);
}

static void source_ended(struct stream *stream, int error)
{
	/* Neither can more come nor can what the host sends get anywhere. */
	if (error || (stream->sink.fd < 0 && !stream->got_end)) {
		stream_reset(stream, INPUT_OUTPUT);
		return;
	}
	stream_end(stream);
	close_if_done(stream);
}

static void sink_ended(struct stream *stream)
{
	shutdown(stream->sink.fd, SHUT_WR);
	stream_close_sink(stream);
	close_if_done(stream);
}

static void sink_failed(struct stream *stream, int error)
{
	(void)error;
	/* What the other end said before it went may still be read; if all is, that is the end. */
	if (stream->source.fd < 0)
		stream_reset(stream, INPUT_OUTPUT);
}

/* Whoever is connected shall not take it for an orderly end. */
static void dropped(struct stream *stream)
{
	struct linger at_once = {.l_onoff = 1};
	int fd = stream->source.fd >= 0 ? stream->source.fd : stream->sink.fd;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	stream_close(stream);
}

const struct stream_kind forward_kind = {
	.source_ended = source_ended,
	.sink_ended = sink_ended,
	.sink_failed = sink_failed,
	.dropped = dropped,
};

static const struct stream_kind connecting_kind = {
	.opened = connected,
	.dropped = stream_close,
};

bool forward_attach(struct stream *stream, int fd)
{
	int source = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (source < 0)
		return false;
	stream->kind = &forward_kind;
	if (stream->sink.fd < 0)
		stream_set_sink(stream, fd);
	stream_set_source(stream, source);
	stream_sink_opened(stream);
	return true;
}

static uint16_t connect_error_code(int error)
{
	switch (error) {
	case ENOENT:
		return NOT_FOUND;
	case ECONNREFUSED:
	case EAGAIN:
	case EAFNOSUPPORT: /* of the second try, without IPv6 */
	case EADDRNOTAVAIL:
	case ENETUNREACH:
		return REFUSED;
	default:
		return INPUT_OUTPUT;
	}
}

static void fail(struct stream *stream, int error)
{
	stream_error(stream, connect_error_code(error), error, "connecting");
}

/* Starts to connect; the socket becomes the stream's sink, which waits to be writable. */
static void start(struct stream *stream, const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
	if (fd < 0) {
		fail(stream, errno);
		return;
	}
	stream_set_sink(stream, fd);
	stream_sink_opens(stream);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (connect(fd, address, size) < 0 && errno != EINPROGRESS) {
		if (errno == ECONNREFUSED && address->sa_family == AF_INET)
			return; /* Seen again, with a second try, when it is reported writable. */
		fail(stream, errno);
	}
}

static void start_ipv4(struct stream *stream, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	stream->owner = (void *)(uintptr_t)port;
	start(stream, (struct sockaddr *)&address, sizeof address);
}

static void start_ipv6(struct stream *stream, uint16_t port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	watch_close(&stream->sink);
	stream->owner = NULL;
	start(stream, (struct sockaddr *)&address, sizeof address);
}

static void connected(struct stream *stream)
{
	int error = 0, fd = stream->sink.fd;
	uint16_t second_try = (uint16_t)(uintptr_t)stream->owner;
	struct sockaddr_storage peer;
	socklen_t size = sizeof error, peer_size = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	else if (!error && getpeername(fd, (struct sockaddr *)&peer, &peer_size) < 0)
		error = ECONNREFUSED;
	if (error == ECONNREFUSED && second_try) {
		start_ipv6(stream, second_try);
		return;
	}
	if (error) {
		fail(stream, error);
		return;
	}
	encode_bare(port_out(), stream->id, OK);
	if (!forward_attach(stream, fd))
		stream_reset(stream, INPUT_OUTPUT);
}

void forward_connect(uint32_t id, const union request *request)
{
	struct stream *stream = stream_accept(id, &connecting_kind, NULL);
	if (!stream)
		return;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (request->connect.kind == CONNECT_TCP && request->connect.port)
		start_ipv4(stream, request->connect.port);
	else if (request->connect.kind == CONNECT_UNIX && request->connect.path.length &&
		 slice_copy(request->connect.path, address.sun_path, sizeof address.sun_path))
		start(stream, (struct sockaddr *)&address, sizeof address);
	else
		stream_error(stream, BAD_REQUEST, 0, "neither a port nor a path of a socket");
}

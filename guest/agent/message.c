#include "message.h"

#include <string.h>

static bool is_for_connection(uint8_t type)
{
	return type == HELLO || type == POWEROFF;
}

static bool identity_is_sane(const union request *request)
{
	return request->identity.hostname.length >= 1 && request->identity.hostname.length <= HOSTNAME_MOST &&
	       request->identity.machine_id.length == MACHINE_ID_SIZE && request->identity.boot_id.length == BOOT_ID_SIZE &&
	       request->identity.entropy.length >= ENTROPY_LEAST && request->identity.entropy.length <= ENTROPY_MOST;
}

static void decode_exec(struct reader *reader, union request *request)
{
	request->exec.error_stream = (uint32_t)read_integer(reader, 4);
	request->exec.flags = (uint8_t)read_integer(reader, 1);
	request->exec.rows = (uint16_t)read_integer(reader, 2);
	request->exec.columns = (uint16_t)read_integer(reader, 2);
	request->exec.user = read_string(reader);
	request->exec.cwd = read_string(reader);
	request->exec.arguments = read_list(reader);
	request->exec.environment = read_list(reader);
	bool terminal = request->exec.flags & EXEC_PTY;
	/* A terminal has one output; pipes have two, and the second needs a stream of its own. */
	if (terminal ? request->exec.error_stream != 0
		     : request->exec.error_stream % 2 == 0 || request->exec.error_stream >= 0x80000000u)
		reader->bad = true;
}

static void decode_identity(struct reader *reader, union request *request)
{
	request->identity.realtime = read_integer(reader, 8);
	request->identity.hostname = read_string(reader);
	request->identity.machine_id = read_string(reader);
	request->identity.boot_id = read_string(reader);
	request->identity.entropy = read_bytes(reader);
	if (!identity_is_sane(request))
		reader->bad = true;
}

/* Messages of one, two or three fields. False: no such type from a host. */
static bool decode_short(uint8_t type, struct reader *reader, union request *request)
{
	switch (type) {
	case HELLO:
		request->hello.oldest = (uint16_t)read_integer(reader, 2);
		request->hello.newest = (uint16_t)read_integer(reader, 2);
		return true;
	case ERROR:
		request->error.code = (uint16_t)read_integer(reader, 2);
		request->error.error = (uint16_t)read_integer(reader, 2);
		request->error.message = read_string(reader);
		return true;
	case PUT:
		request->put.mode = (uint32_t)read_integer(reader, 4);
		request->put.flags = (uint8_t)read_integer(reader, 1);
		request->put.owner = read_string(reader);
		request->put.path = read_string(reader);
		return true;
	case GET:
		request->get.path = read_string(reader);
		return true;
	case SEAL:
		request->seal.path = read_string(reader);
		return true;
	case LIST:
		request->list.entries = (uint32_t)read_integer(reader, 4);
		request->list.depth = (uint16_t)read_integer(reader, 2);
		request->list.path = read_string(reader);
		return true;
	case CONNECT:
		request->connect.kind = (uint8_t)read_integer(reader, 1);
		request->connect.port = (uint16_t)read_integer(reader, 2);
		request->connect.path = read_string(reader);
		return true;
	case LIMITS:
		request->limits.memory = read_integer(reader, 8);
		request->limits.processes = (uint32_t)read_integer(reader, 4);
		return true;
	case WITNESS:
		for (unsigned i = 0; i < 4; i++)
			request->witness.most[i] = (uint32_t)read_integer(reader, 4);
		return true;
	case BULK:
		request->bulk.slot = (uint16_t)read_integer(reader, 2);
		request->bulk.length = (uint32_t)read_integer(reader, 4);
		return request->bulk.slot < SHELF_SLOTS && request->bulk.length >= 1 && request->bulk.length <= PAYLOAD_MOST;
	case CREDIT:
		request->credit.bytes = (uint32_t)read_integer(reader, 4);
		return true;
	case RESET:
		request->reset.code = (uint16_t)read_integer(reader, 2);
		return true;
	case SIGNAL:
		request->signal.number = (uint8_t)read_integer(reader, 1);
		return request->signal.number >= 1 && request->signal.number <= 64;
	case RESIZE:
		request->resize.rows = (uint16_t)read_integer(reader, 2);
		request->resize.columns = (uint16_t)read_integer(reader, 2);
		return true;
	case END:
	case POWEROFF:
		return true;
	default:
		return false;
	}
}

bool request_decode(struct header header, const uint8_t *payload, union request *request)
{
	memset(request, 0, sizeof *request);
	if (is_for_connection(header.type) != (header.stream == 0))
		return false;
	struct reader reader = reader_of(payload, header.length);
	if (header.type == DATA) {
		request->data.bytes = (struct slice){payload, header.length};
		return header.length > 0;
	}
	if (header.type == EXEC)
		decode_exec(&reader, request);
	else if (header.type == IDENTITY)
		decode_identity(&reader, request);
	else if (!decode_short(header.type, &reader, request))
		return false;
	return read_complete(&reader);
}

void encode_ready(struct buffer *out, uint16_t version, const char *kernel)
{
	size_t begun = frame_begin(out, 0, READY);
	write_integer(out, version, 2);
	write_string(out, kernel, strlen(kernel));
	frame_end(out, begun);
}

void encode_error(struct buffer *out, uint32_t stream, uint16_t code, uint16_t error, const char *message)
{
	size_t begun = frame_begin(out, stream, ERROR);
	write_integer(out, code, 2);
	write_integer(out, error, 2);
	write_string(out, message, strlen(message));
	frame_end(out, begun);
}

void encode_credit(struct buffer *out, uint32_t stream, uint32_t bytes)
{
	size_t begun = frame_begin(out, stream, CREDIT);
	write_integer(out, bytes, 4);
	frame_end(out, begun);
}

void encode_room(struct buffer *out, uint16_t slots)
{
	size_t begun = frame_begin(out, 0, ROOM);
	write_integer(out, slots, 2);
	frame_end(out, begun);
}

void encode_reset(struct buffer *out, uint32_t stream, uint16_t code)
{
	size_t begun = frame_begin(out, stream, RESET);
	write_integer(out, code, 2);
	frame_end(out, begun);
}

void encode_exit(struct buffer *out, uint32_t stream, uint8_t kind, uint8_t status)
{
	size_t begun = frame_begin(out, stream, EXIT);
	write_integer(out, kind, 1);
	write_integer(out, status, 1);
	frame_end(out, begun);
}

void encode_outward(struct buffer *out, uint32_t stream, uint16_t port, const char *host)
{
	size_t begun = frame_begin(out, stream, OUTWARD);
	write_integer(out, port, 2);
	write_string(out, host, strlen(host));
	frame_end(out, begun);
}

void encode_program(struct buffer *out, uint32_t stream, uint32_t pid, const char *path)
{
	size_t begun = frame_begin(out, stream, PROGRAM);
	write_integer(out, pid, 4);
	write_string(out, path, strlen(path));
	frame_end(out, begun);
}

void encode_lookup(struct buffer *out, uint16_t type, const char *name)
{
	size_t begun = frame_begin(out, 0, LOOKUP);
	write_integer(out, type, 2);
	write_string(out, name, strlen(name));
	frame_end(out, begun);
}

void encode_event(struct buffer *out, uint8_t kind, uint32_t count)
{
	size_t begun = frame_begin(out, 0, EVENT);
	write_integer(out, kind, 1);
	write_integer(out, count, 4);
	frame_end(out, begun);
}

void encode_bare(struct buffer *out, uint32_t stream, uint8_t type)
{
	frame_end(out, frame_begin(out, stream, type));
}

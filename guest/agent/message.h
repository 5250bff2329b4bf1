/* The messages (docs/protocol.md, "Messages"): those of the host decoded, those of the guest encoded. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "wire.h"

#define PROTOCOL_VERSION 1

enum message_type {
	HELLO = 0x01,
	READY = 0x02,
	IDENTITY = 0x03,
	OK = 0x04,
	ERROR = 0x05,
	EXEC = 0x10,
	PUT = 0x11,
	GET = 0x12,
	LIST = 0x13,
	CONNECT = 0x14,
	LIMITS = 0x15,
	SEAL = 0x16,
	WITNESS = 0x17,
	DATA = 0x20,
	END = 0x21,
	CREDIT = 0x22,
	RESET = 0x23,
	SIGNAL = 0x24,
	RESIZE = 0x25,
	EXIT = 0x26,
	BULK = 0x27,
	OUTWARD = 0x30,
	EVENT = 0x31,
	POWEROFF = 0x32,
	PROGRAM = 0x33,
	LOOKUP = 0x34,
	ROOM = 0x35,
};

enum error_code {
	BAD_REQUEST = 1,
	NOT_FOUND = 2,
	NOT_PERMITTED = 3,
	NOT_EXECUTABLE = 4,
	NO_SPACE = 5,
	OVER_LIMIT = 6,
	REFUSED = 7,
	INPUT_OUTPUT = 8,
	EXISTS_ALREADY = 9,
	UNSUPPORTED = 10,
};

enum { EXEC_PTY = 1, PUT_PARENTS = 1, CONNECT_TCP = 1, CONNECT_UNIX = 2 };
enum { EXIT_STATUS = 0, EXIT_SIGNAL = 1, EVENT_MEMORY = 1, EVENT_PROCESSES = 2 };

#define SHELF_SLOTS 32 /* each of PAYLOAD_MOST bytes */
#define HOSTNAME_MOST 64
#define MACHINE_ID_SIZE 32
#define BOOT_ID_SIZE 36
#define ENTROPY_LEAST 32
#define ENTROPY_MOST 512

/* One message of the host; which member counts is told by the frame's type. */
union request {
	struct { uint16_t oldest, newest; } hello;
	struct { uint64_t realtime; struct slice hostname, machine_id, boot_id, entropy; } identity;
	struct { uint16_t code, error; struct slice message; } error;
	struct {
		uint32_t error_stream;
		uint8_t flags;
		uint16_t rows, columns;
		struct slice user, cwd;
		struct list arguments, environment;
	} exec;
	struct { uint32_t mode; uint8_t flags; struct slice owner, path; } put;
	struct { struct slice path; } get, seal;
	struct { uint32_t entries; uint16_t depth; struct slice path; } list;
	struct { uint8_t kind; uint16_t port; struct slice path; } connect;
	struct { uint64_t memory; uint32_t processes; } limits;
	struct { uint32_t most[4]; } witness; /* events of each class */
	struct { struct slice bytes; } data;
	struct { uint16_t slot; uint32_t length; } bulk;
	struct { uint32_t bytes; } credit;
	struct { uint16_t code; } reset;
	struct { uint8_t number; } signal;
	struct { uint16_t rows, columns; } resize;
};

/* False: not a message that a host may send, or not one of this shape. */
bool request_decode(struct header header, const uint8_t *payload, union request *request);

void encode_ready(struct buffer *out, uint16_t version, const char *kernel);
void encode_error(struct buffer *out, uint32_t stream, uint16_t code, uint16_t error, const char *message);
void encode_credit(struct buffer *out, uint32_t stream, uint32_t bytes);
void encode_room(struct buffer *out, uint16_t slots);
void encode_reset(struct buffer *out, uint32_t stream, uint16_t code);
void encode_exit(struct buffer *out, uint32_t stream, uint8_t kind, uint8_t status);
void encode_outward(struct buffer *out, uint32_t stream, uint16_t port, const char *host);
void encode_program(struct buffer *out, uint32_t stream, uint32_t pid, const char *path);
void encode_lookup(struct buffer *out, uint16_t type, const char *name);
void encode_event(struct buffer *out, uint8_t kind, uint32_t count);
/* OK and END: no payload. */
void encode_bare(struct buffer *out, uint32_t stream, uint8_t type);

#endif

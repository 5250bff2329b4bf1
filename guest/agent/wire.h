/* How bytes become integers, strings and frames (docs/protocol.md, "Frame"). Knows nothing of what messages mean. */
#ifndef WIRE_H
#define WIRE_H

#include "buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEADER_SIZE 12
#define PAYLOAD_MOST 65536

struct header {
	uint32_t length, stream;
	uint8_t type;
};

/* False: not a header that this protocol allows. */
bool header_decode(const uint8_t bytes[HEADER_SIZE], struct header *header);
void header_encode(uint8_t bytes[HEADER_SIZE], struct header header);

/* Bytes inside the payload that is being decoded; valid as long as that is. */
struct slice {
	const uint8_t *at;
	uint32_t length;
};

/* Strings of a list, one after another as on the wire; checked when decoded. */
struct list {
	struct slice wire;
	uint16_t count;
};

/* Reads on past the end give zeros and set `bad`, so a decoder checks once, by read_complete. */
struct reader {
	const uint8_t *at, *end;
	bool bad;
};

struct reader reader_of(const uint8_t *bytes, size_t length);
uint64_t read_integer(struct reader *reader, unsigned bytes);
struct slice read_bytes(struct reader *reader);
struct slice read_string(struct reader *reader);
struct list read_list(struct reader *reader);
bool read_complete(const struct reader *reader);

/* The string as C wants it. False: longer than there is room for. */
bool slice_copy(struct slice slice, char *target, size_t size);

/* A frame is begun, written to and ended; its length is filled in at the end. */
size_t frame_begin(struct buffer *out, uint32_t stream, uint8_t type);
void write_integer(struct buffer *out, uint64_t value, unsigned bytes);
void write_string(struct buffer *out, const void *bytes, size_t length);
void frame_end(struct buffer *out, size_t begun);

#endif

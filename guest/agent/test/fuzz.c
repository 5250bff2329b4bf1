/* Frames of rubbish, and valid ones with a few bytes changed or the end cut off: nothing may be read out of bounds. */
#include "codec_test.h"

#include <stdlib.h>
#include <string.h>

static uint64_t state = 0x9e3779b97f4a7c15;

uint32_t random_number(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % below;
}

static void random_string(struct buffer *out, uint32_t longest)
{
	uint8_t bytes[600];
	uint32_t length = random_number(longest + 1);
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(1 + random_number(255));
	write_string(out, bytes, length);
}

static void fixed_string(struct buffer *out, uint32_t length)
{
	static const uint8_t letters[ENTROPY_MOST] = "0123456789abcdef0123456789abcdef0123456789";
	write_string(out, letters, length);
}

static void random_list(struct buffer *out)
{
	uint32_t count = random_number(5);
	write_integer(out, count, 2);
	for (uint32_t i = 0; i < count; i++)
		random_string(out, 20);
}

static uint8_t random_message(struct buffer *out)
{
	static const uint8_t kinds[] = {HELLO, IDENTITY, ERROR, EXEC, PUT, GET, LIST, CONNECT, LIMITS, DATA, CREDIT, SIGNAL};
	uint8_t type = kinds[random_number(sizeof kinds)];
	switch (type) {
	case IDENTITY:
		write_integer(out, random_number(1000), 8);
		fixed_string(out, 1 + random_number(HOSTNAME_MOST));
		fixed_string(out, MACHINE_ID_SIZE);
		fixed_string(out, BOOT_ID_SIZE);
		fixed_string(out, ENTROPY_LEAST + random_number(100));
		break;
	case EXEC:
		write_integer(out, 3, 4);
		write_integer(out, 0, 5);
		random_string(out, 10);
		random_string(out, 50);
		random_list(out);
		random_list(out);
		break;
	case PUT:
		write_integer(out, random_number(4096), 5);
		random_string(out, 10);
		random_string(out, 60);
		break;
	case GET:
		random_string(out, 60);
		break;
	case CONNECT:
		write_integer(out, 1, 3);
		random_string(out, 10);
		break;
	case LIST:
		write_integer(out, 7, 6);
		random_string(out, 30);
		break;
	default:
		write_integer(out, 1 + random_number(60), (unsigned)(1 + random_number(8)));
		write_integer(out, 0, (unsigned)random_number(5));
	}
	return type;
}

static void mutate(struct buffer *payload)
{
	size_t length = buffer_length(payload);
	for (uint32_t i = random_number(4); length && i > 0; i--)
		payload->bytes[payload->start + random_number((uint32_t)length)] = (uint8_t)random_number(256);
	if (length && random_number(4) == 0)
		payload->end -= random_number((uint32_t)length);
}

unsigned fuzz(unsigned rounds)
{
	static struct fields fields;
	unsigned accepted = 0;
	for (unsigned round = 0; round < rounds; round++) {
		struct buffer payload = {0};
		struct header header = {.stream = 1};
		uint8_t raw[HEADER_SIZE];
		for (unsigned i = 0; i < HEADER_SIZE; i++)
			raw[i] = (uint8_t)(random_number(3) ? 0 : random_number(256));
		header_decode(raw, &header);
		if (round % 4 == 0) {
			header.type = (uint8_t)random_number(0x40);
			for (uint32_t i = random_number(64); i > 0; i--)
				write_integer(&payload, random_number(3) ? 0 : random_number(256), 1);
		} else {
			header.type = random_message(&payload);
			mutate(&payload);
		}
		header.stream = header.type == HELLO || header.type == POWEROFF ? 0 : 1 + 2 * random_number(9);
		header.length = (uint32_t)buffer_length(&payload);
		uint8_t *exact = malloc(header.length ? header.length : 1);
		if (!exact)
			abort();
		if (header.length)
			memcpy(exact, buffer_head(&payload), header.length);
		union request request;
		if (request_decode(header, exact, &request)) {
			accepted++;
			describe(header.type, &request, &fields);
		}
		free(exact);
		buffer_clear(&payload);
	}
	return accepted;
}

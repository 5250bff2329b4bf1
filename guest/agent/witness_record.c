#include "witness_record.h"

#include <string.h>

size_t record_begin(struct buffer *out, uint8_t kind, uint64_t at, uint32_t pid)
{
	size_t begun = buffer_length(out);
	write_integer(out, 0, 2);
	write_integer(out, kind, 1);
	write_integer(out, at, 8);
	write_integer(out, pid, 4);
	return begun;
}

void record_end(struct buffer *out, size_t begun)
{
	size_t length = buffer_length(out) - begun - 2;
	uint8_t *at = out->bytes + out->start + begun;
	at[0] = (uint8_t)length;
	at[1] = (uint8_t)(length >> 8);
}

void record_string(struct buffer *out, const char *text, size_t most)
{
	size_t length = strlen(text);
	write_string(out, text, length < most ? length : most);
}

void record_words(struct buffer *out, const char *words, size_t length)
{
	uint16_t count = 0;
	size_t begun = buffer_length(out);
	write_integer(out, 0, 2);
	for (size_t at = 0; at < length; count++) {
		size_t size = strnlen(words + at, length - at);
		write_string(out, words + at, size);
		at += size + 1;
	}
	uint8_t *place = out->bytes + out->start + begun;
	place[0] = (uint8_t)count;
	place[1] = (uint8_t)(count >> 8);
}

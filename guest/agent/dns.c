#include "dns.h"

#include <string.h>

#define HEADER 12
#define LABEL_MOST 63
#define TYPE_OPT 41
#define CLASS_INTERNET 1
#define LIVES 60 /* seconds; the address stays the name's for longer, unless thousands of others are asked for */

/* Of the header's second and third word. */
enum { IS_ANSWER = 0x80, OPERATION = 0x78, RECURSION_WANTED = 0x01, RECURSION_DONE = 0x80 };

struct cursor { const uint8_t *at, *end; };

static size_t left(const struct cursor *cursor)
{
	return (size_t)(cursor->end - cursor->at);
}

/* The caller has looked that they are there. */
static uint16_t take_two(struct cursor *cursor)
{
	uint16_t value = (uint16_t)(cursor->at[0] << 8 | cursor->at[1]);
	cursor->at += 2;
	return value;
}

/* Bytes that could pass for a dot, an end or a space do not get into a name; what is no name otherwise the host judges. */
static bool take_label(struct cursor *cursor, size_t size, char *name)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = *cursor->at++;
		if (byte <= ' ' || byte == '.' || byte == 0x7f)
			return false;
		name[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
	}
	return true;
}

/* Labels up to the root's; a question needs no pointers. */
static bool take_name(struct cursor *cursor, char name[DNS_NAME_MOST + 1])
{
	size_t used = 0;
	while (left(cursor) > 0) {
		size_t size = *cursor->at++;
		if (size == 0) {
			name[used ? used - 1 : 0] = 0;
			return true;
		}
		if (size > LABEL_MOST || size > left(cursor) || used + size > DNS_NAME_MOST ||
		    !take_label(cursor, size, name + used))
			return false;
		used += size;
		name[used++] = '.';
		if (used > DNS_NAME_MOST + 1)
			return false;
	}
	return false;
}

/* OPT of the root: its size, class (sizes) and time to live (codes and flags) do not matter to so small an answer. */
static bool take_option(struct cursor *cursor)
{
	if (left(cursor) < 11 || *cursor->at++ != 0 || take_two(cursor) != TYPE_OPT)
		return false;
	cursor->at += 6;
	size_t size = take_two(cursor);
	if (size > left(cursor))
		return false;
	cursor->at += size;
	return true;
}

bool dns_parse(const uint8_t *message, size_t size, struct dns_question *question)
{
	memset(question, 0, sizeof *question);
	if (size < HEADER || message[2] & IS_ANSWER)
		return false;
	struct cursor cursor = {message, message + size};
	question->id = take_two(&cursor);
	question->wants_recursion = message[2] & RECURSION_WANTED;
	cursor.at += 2;
	uint16_t questions = take_two(&cursor), answers = take_two(&cursor), authorities = take_two(&cursor);
	uint16_t additional = take_two(&cursor);
	question->code = DNS_MALFORMED;
	if (message[2] & OPERATION) {
		question->code = DNS_NOT_KNOWN;
		return true;
	}
	if (questions != 1 || answers || authorities || additional > 1 || !take_name(&cursor, question->name) || left(&cursor) < 4)
		return true;
	question->type = take_two(&cursor);
	uint16_t class = take_two(&cursor);
	size_t section_size = (size_t)(cursor.at - message) - HEADER;
	question->extended = additional == 1;
	if ((question->extended && !take_option(&cursor)) || left(&cursor))
		return true;
	question->section = message + HEADER;
	question->section_size = section_size;
	question->code = class == CLASS_INTERNET ? DNS_DONE : DNS_REFUSED;
	return true;
}

static uint8_t *put(uint8_t *at, uint32_t value, unsigned bytes)
{
	while (bytes--)
		*at++ = (uint8_t)(value >> (8 * bytes));
	return at;
}

size_t dns_answer(const struct dns_question *question, uint32_t address, uint8_t answer[DNS_ANSWER_MOST])
{
	bool whole = question->section_size > 0, found = whole && question->code == DNS_DONE && address;
	uint8_t *at = put(answer, question->id, 2);
	at = put(at, IS_ANSWER | (question->wants_recursion ? RECURSION_WANTED : 0), 1);
	at = put(at, RECURSION_DONE | question->code, 1);
	at = put(at, whole, 2);
	at = put(at, found, 2);
	at = put(at, 0, 2);
	at = put(at, whole && question->extended, 2);
	if (whole)
		memcpy(at, question->section, question->section_size);
	at += question->section_size;
	if (found) {
		at = put(at, 0xc000 | HEADER, 2); /* the name: a pointer to the question's */
		at = put(at, DNS_A, 2);
		at = put(at, CLASS_INTERNET, 2);
		at = put(at, LIVES, 4);
		at = put(at, 4, 2);
		at = put(at, address, 4);
	}
	if (whole && question->extended) {
		at = put(at, 0, 1);
		at = put(at, TYPE_OPT, 2);
		at = put(at, DNS_ANSWER_MOST, 2);
		at = put(at, 0, 4);
		at = put(at, 0, 2);
	}
	return (size_t)(at - answer);
}

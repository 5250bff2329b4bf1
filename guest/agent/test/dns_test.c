/* The resolver's parser and its table of names: what is right, what is not, and rubbish. */
#include "codec_test.h"
#include "dns.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned failures;

static void expect(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "FAIL dns: %s\n", what);
	failures++;
}

/* A copy of just this size, for the address sanitizer to see a read past its end. */
static bool parse(const uint8_t *bytes, size_t size, struct dns_question *question, uint8_t **copy)
{
	*copy = malloc(size ? size : 1);
	if (!*copy)
		abort();
	memcpy(*copy, bytes, size);
	return dns_parse(*copy, size, question);
}

#define HEADER(flags, additional) 0x12, 0x34, flags, 0, 0, 1, 0, 0, 0, 0, 0, additional
#define NAME 3, 'W', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0
#define OPT 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0

static const struct {
	const char *what;
	size_t size;
	uint8_t bytes[80];
	bool answered;
	enum dns_code code;
	const char *name;
} cases[] = {
#define CASE(what, answered, code, name, ...) {what, sizeof(uint8_t[]){__VA_ARGS__}, {__VA_ARGS__}, answered, code, name}
	CASE("a question", true, DNS_DONE, "www.example", HEADER(1, 0), NAME, 0, 1, 0, 1),
	CASE("with OPT", true, DNS_DONE, "www.example", HEADER(1, 1), NAME, 0, 28, 0, 1, OPT),
	CASE("with OPT and a cookie", true, DNS_DONE, "www.example", HEADER(1, 1), NAME, 0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, 10, 0, 0),
	CASE("of the root", true, DNS_DONE, "", HEADER(1, 0), 0, 0, 2, 0, 1),
	CASE("bytes that are not ASCII", true, DNS_DONE, "\xc3\xbc", HEADER(1, 0), 2, 0xc3, 0xbc, 0, 0, 1, 0, 1),
	CASE("another class", true, DNS_REFUSED, "www.example", HEADER(1, 0), NAME, 0, 1, 0, 3),
	CASE("another operation", true, DNS_NOT_KNOWN, NULL, HEADER(0x28, 0), NAME, 0, 1, 0, 1),
	CASE("an answer", false, 0, NULL, HEADER(0x81, 0), NAME, 0, 1, 0, 1),
	CASE("half a header", false, 0, NULL, 0x12, 0x34, 1, 0, 0, 1),
	CASE("no question", true, DNS_MALFORMED, NULL, HEADER(1, 0)),
	CASE("a name without its end", true, DNS_MALFORMED, NULL, HEADER(1, 0), 3, 'a', 'b', 'c'),
	CASE("a label past the end", true, DNS_MALFORMED, NULL, HEADER(1, 0), 63, 'a', 0, 0, 1, 0, 1),
	CASE("a pointer", true, DNS_MALFORMED, NULL, HEADER(1, 0), 0xc0, 12, 0, 1, 0, 1),
	CASE("a long label's prefix", true, DNS_MALFORMED, NULL, HEADER(1, 0), 0x41, 'a', 0, 0, 1, 0, 1),
	CASE("a dot in a label", true, DNS_MALFORMED, NULL, HEADER(1, 0), 3, 'a', '.', 'b', 0, 0, 1, 0, 1),
	CASE("NUL in a label", true, DNS_MALFORMED, NULL, HEADER(1, 0), 3, 'a', 0, 'b', 0, 0, 1, 0, 1),
	CASE("a space in a label", true, DNS_MALFORMED, NULL, HEADER(1, 0), 1, ' ', 0, 0, 1, 0, 1),
	CASE("bytes behind it", true, DNS_MALFORMED, NULL, HEADER(1, 0), NAME, 0, 1, 0, 1, 0),
	CASE("no class", true, DNS_MALFORMED, NULL, HEADER(1, 0), NAME, 0, 1),
	CASE("OPT announced only", true, DNS_MALFORMED, NULL, HEADER(1, 1), NAME, 0, 1, 0, 1),
	CASE("OPT longer than it is", true, DNS_MALFORMED, NULL, HEADER(1, 1), NAME, 0, 1, 0, 1, 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 1),
	CASE("another record", true, DNS_MALFORMED, NULL, HEADER(1, 1), NAME, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0),
	CASE("two questions", true, DNS_MALFORMED, NULL, 0x12, 0x34, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, NAME, 0, 1, 0, 1, NAME, 0, 1, 0, 1),
};

static void check_cases(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_question question;
		uint8_t *copy, answer[DNS_ANSWER_MOST];
		bool answered = parse(cases[i].bytes, cases[i].size, &question, &copy);
		expect(answered == cases[i].answered, cases[i].what);
		if (answered) {
			expect(question.code == cases[i].code, cases[i].what);
			expect(!cases[i].name || strcmp(question.name, cases[i].name) == 0, cases[i].what);
			size_t size = dns_answer(&question, 0xc6120101u, answer);
			expect(size >= 12 && answer[0] == 0x12 && answer[1] == 0x34 && answer[2] & 0x80, cases[i].what);
			expect((answer[3] & 15) == cases[i].code, cases[i].what);
			expect(answer[7] == (cases[i].code == DNS_DONE), cases[i].what);
		}
		free(copy);
	}
}

/* A name of `length` bytes as text, in labels of at most 63. */
static size_t long_question(uint8_t *bytes, unsigned length)
{
	const uint8_t header[] = {HEADER(1, 0)}, end[] = {0, 0, 1, 0, 1};
	uint8_t *at = memcpy(bytes, header, sizeof header);
	at += sizeof header;
	for (unsigned left = length + 1; left > 0;) {
		unsigned label = left > 64 ? 63 : left - 1;
		*at++ = (uint8_t)label;
		memset(at, 'a', label);
		at += label;
		left -= label + 1;
	}
	memcpy(at, end, sizeof end);
	return (size_t)(at - bytes) + sizeof end;
}

static void check_lengths(void)
{
	uint8_t bytes[512], *copy, answer[DNS_ANSWER_MOST];
	struct dns_question question;
	size_t size = long_question(bytes, DNS_NAME_MOST);
	expect(parse(bytes, size, &question, &copy) && question.code == DNS_DONE && strlen(question.name) == DNS_NAME_MOST,
	       "the longest name");
	expect(dns_answer(&question, 1, answer) == size + 16, "the longest answer");
	free(copy);
	size = long_question(bytes, DNS_NAME_MOST + 1);
	expect(parse(bytes, size, &question, &copy) && question.code == DNS_MALFORMED, "a name that is too long");
	free(copy);
}

static void check_names(void)
{
	uint32_t first = names_address("a.example");
	expect(first >> 17 == 0xc6120000u >> 17 && first != 0xc6120001u, "an address of the range");
	expect(names_address("b.example") != first && names_address("a.example") == first, "one address a name");
	expect(strcmp(names_find(first), "a.example") == 0 && !names_find(first + 9999), "the name of an address");
	expect(names_tell(first) && !names_tell(first), "told once");
	names_forget_told();
	expect(names_tell(first), "told again");
	for (unsigned i = 0; i < 8191; i++) {
		char name[32];
		snprintf(name, sizeof name, "n%u.example", i);
		names_address(name);
		if (i % 1000 == 0)
			names_find(first); /* in use */
	}
	expect(names_find(first) && strcmp(names_find(first), "a.example") == 0, "a name in use is kept");
	uint32_t gone = names_address("b.example");
	for (unsigned i = 0; i < 8192; i++) {
		char name[32];
		snprintf(name, sizeof name, "m%u.example", i);
		names_address(name);
	}
	expect(!names_find(gone) && !names_find(first), "an old address is nobody's, not another's");
}

unsigned check_dns(unsigned rounds)
{
	check_cases();
	check_lengths();
	check_names();
	for (unsigned round = 0; round < rounds; round++) {
		unsigned which = random_number(sizeof cases / sizeof *cases);
		uint8_t bytes[128], *copy, answer[DNS_ANSWER_MOST];
		size_t size = round % 3 ? cases[which].size : random_number(sizeof bytes);
		memcpy(bytes, cases[which].bytes, sizeof cases[which].bytes);
		for (unsigned i = random_number(6); i > 0; i--)
			bytes[random_number(sizeof bytes)] = (uint8_t)random_number(256);
		struct dns_question question;
		if (parse(bytes, size, &question, &copy)) {
			size_t length = dns_answer(&question, 0xc6120101u, answer);
			expect(length >= 12 && length <= sizeof answer && strlen(question.name) <= DNS_NAME_MOST, "rubbish");
		}
		free(copy);
	}
	return failures;
}

/* The Domain Name System's messages (RFC 1035, OPT of RFC 6891): one question in, one answer out. Knows no names. */
#ifndef DNS_H
#define DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MOST 253   /* as text, with dots between labels */
#define DNS_ANSWER_MOST 512

enum dns_type { DNS_A = 1, DNS_AAAA = 28, DNS_SVCB = 64, DNS_HTTPS = 65 };
enum dns_code { DNS_DONE = 0, DNS_MALFORMED = 1, DNS_NOT_KNOWN = 4, DNS_REFUSED = 5 };

struct dns_question {
	uint16_t id, type;
	bool wants_recursion, extended; /* extended: with OPT */
	enum dns_code code;             /* DNS_DONE: a question of the Internet class whose name can be asked for */
	char name[DNS_NAME_MOST + 1];   /* lower case; "" is the root */
	const uint8_t *section;         /* the question as it was asked, in the message */
	size_t section_size;            /* 0: malformed, so that it is not repeated */
};

/* False: nothing that could be answered (too short, or itself an answer). Reads nothing beyond `size`. */
bool dns_parse(const uint8_t *message, size_t size, struct dns_question *question);
/* The answer's size. `address` (host order) is given if the code is DNS_DONE and it is not 0. */
size_t dns_answer(const struct dns_question *question, uint32_t address, uint8_t answer[DNS_ANSWER_MOST]);

#endif

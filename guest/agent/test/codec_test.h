#ifndef CODEC_TEST_H
#define CODEC_TEST_H

#include "message.h"

#define FIELDS_MOST 16
#define VALUE_MOST (300 * 1024)

struct type {
	const char *name;
	uint8_t number;
	bool from_host, from_guest;
};

struct fields {
	unsigned count;
	const char *names[FIELDS_MOST];
	char values[FIELDS_MOST][VALUE_MOST];
};

const struct type *type_named(const char *name);
/* The fields of a decoded message in the canonical text form. */
void describe(uint8_t type, const union request *request, struct fields *fields);
/* The reverse, for the messages that the guest sends. */
bool encode_from(struct header header, char *values[], unsigned count, struct buffer *out);
/* Decodes so many random and mutated frames; returns how many were valid. */
unsigned fuzz(unsigned rounds);
/* Always the same sequence, so that a failure can be had again. */
uint32_t random_number(uint32_t below);
/* The resolver's parser and names, and so many rounds of rubbish; returns how many checks failed. */
unsigned check_dns(unsigned rounds);

/* The records of data-witness.bin encoded again, and digests that are known. Returns the number of failures. */
unsigned check_witness(const char *directory);

#endif

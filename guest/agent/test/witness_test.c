/* What a witness sends, against the golden vector; and SHA-256 against digests that are known. */
#include "codec_test.h"

#include "sha256.h"
#include "witness_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT 1234567
#define PROCESS 42

static void add_first(struct buffer *out)
{
	size_t begun = record_begin(out, TELL_FORK, AT, PROCESS);
	write_integer(out, 43, 4);
	record_end(out, begun);
	begun = record_begin(out, TELL_EXEC, AT, PROCESS);
	write_integer(out, 1000, 4);
	write_integer(out, ORIGIN_CHANGED, 1);
	write_integer(out, 9, 4);
	record_string(out, "/tmp/a \xff", TELL_PATH_MOST);
	record_words(out, "a\0\0b\nc", 6);
	record_end(out, begun);
	begun = record_begin(out, TELL_EXIT, AT, PROCESS);
	write_integer(out, 1, 1);
	write_integer(out, 9, 1);
	record_end(out, begun);
	begun = record_begin(out, TELL_CREATE, AT, PROCESS);
	record_string(out, "/tmp/newer", 8);
	record_end(out, begun);
	begun = record_begin(out, TELL_RENAME, AT, PROCESS);
	record_string(out, "/tmp/old", TELL_PATH_MOST);
	record_string(out, "/tmp/new", TELL_PATH_MOST);
	record_end(out, begun);
}

static void add_second(struct buffer *out)
{
	size_t begun = record_begin(out, TELL_LISTEN, AT, PROCESS);
	write_integer(out, 1, 1);
	write_integer(out, 8080, 2);
	record_string(out, "0.0.0.0", TELL_DETAIL_MOST);
	record_end(out, begun);
	begun = record_begin(out, TELL_CREDENTIALS, AT, PROCESS);
	write_integer(out, 1000, 4);
	write_integer(out, 0, 4);
	record_string(out, "exec", TELL_DETAIL_MOST);
	record_end(out, begun);
	begun = record_begin(out, TELL_CALL, AT, PROCESS);
	write_integer(out, 1, 1);
	record_string(out, "ptrace", TELL_DETAIL_MOST);
	record_string(out, "request=attach target=1", TELL_DETAIL_MOST);
	record_end(out, begun);
}

static void add_third(struct buffer *out)
{
	size_t begun = record_begin(out, TELL_HASH, 0, 0);
	write_integer(out, 1, 4);
	write_integer(out, 32, 4);
	for (unsigned i = 0; i < 32; i++)
		write_integer(out, i * 8, 1);
	record_end(out, begun);
	begun = record_begin(out, TELL_SUMMARY, 0, 0);
	write_integer(out, 2, 4);
	write_integer(out, 10000000000, 8);
	for (unsigned i = 1; i <= 4; i++)
		write_integer(out, i, 8);
	record_end(out, begun);
}

static unsigned check_records(const char *directory)
{
	static uint8_t frame[4096];
	char path[1024];
	snprintf(path, sizeof path, "%s/data-witness.bin", directory);
	FILE *file = fopen(path, "rb");
	size_t length = file ? fread(frame, 1, sizeof frame, file) : 0;
	if (file)
		fclose(file);
	struct buffer out = {0};
	add_first(&out);
	add_second(&out);
	add_third(&out);
	bool same = length == HEADER_SIZE + buffer_length(&out) && memcmp(frame + HEADER_SIZE, buffer_head(&out), buffer_length(&out)) == 0;
	buffer_clear(&out);
	if (!same)
		fprintf(stderr, "FAIL data-witness: encoded to other bytes\n");
	return !same;
}

static unsigned check_digest(size_t count, const char *expected)
{
	char text[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];
	struct sha256 hash;
	sha256_begin(&hash);
	/* In pieces that fall on no border. */
	for (size_t at = 0; at < count; at += 37)
		sha256_add(&hash, (const uint8_t *)"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", count - at < 37 ? count - at : 37);
	sha256_end(&hash, digest);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	if (strcmp(text, expected) == 0)
		return 0;
	fprintf(stderr, "FAIL SHA-256 of %zu bytes: %s\n", count, text);
	return 1;
}

unsigned check_witness(const char *directory)
{
	return check_records(directory) + check_digest(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") + check_digest(55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318") + check_digest(56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a") +
	       check_digest(64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb") + check_digest(1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

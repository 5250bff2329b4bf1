/* The records that a WITNESS stream carries (docs/protocol.md, "What the witness tells"). */
#ifndef WITNESS_RECORD_H
#define WITNESS_RECORD_H

#include "wire.h"

enum witness_record_kind {
	TELL_FORK = 1, TELL_EXEC = 2, TELL_EXIT = 3, TELL_CREATE = 4, TELL_WRITE = 5, TELL_DELETE = 6, TELL_EXECUTABLE = 7,
	TELL_RENAME = 8, TELL_LINK = 9, TELL_LISTEN = 10, TELL_CREDENTIALS = 11, TELL_CALL = 12, TELL_HASH = 13, TELL_SUMMARY = 14,
};

enum { ORIGIN_IMAGE = 0, ORIGIN_CHANGED = 1, ORIGIN_MEMORY = 2 };

/* Of the host: longer ones are cut. */
#define TELL_PATH_MOST 4096
#define TELL_DETAIL_MOST 1024

/* Begins and ends a record: what is written between is what follows its time and process. */
size_t record_begin(struct buffer *out, uint8_t kind, uint64_t at, uint32_t pid);
void record_end(struct buffer *out, size_t begun);
/* A string, cut to `most` bytes. */
void record_string(struct buffer *out, const char *text, size_t most);
/* `length` bytes of words, each ended by NUL but perhaps the last, as a list. */
void record_words(struct buffer *out, const char *words, size_t length);

#endif

/* Digests of programs that the image does not have, made in small pieces between other work. */
#ifndef WITNESS_HASH_H
#define WITNESS_HASH_H

#include "sha256.h"

#include <stdbool.h>

/* Told of each digest, by the number that witness_hash was called with. */
typedef void (*hash_done)(uint32_t number, const uint8_t digest[SHA256_SIZE]);

/* Takes up the program that the process runs, or which lies at `path`, if it is not too large. */
void hash_want(uint32_t number, uint32_t pid, const char *path);
bool hash_is_busy(void);
/* One piece. */
void hash_work(hash_done done);
/* Whether some were left out, for their size or their number. */
bool hash_left_out(void);
void hash_forget(void);

#endif

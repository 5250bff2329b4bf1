/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The witness's half in the kernel: BPF programs at the places that matter, which write what happens into one ring. They
 * are put there while a template is made, and wait for `enabled`.
 */
#ifndef WITNESS_KERNEL_H
#define WITNESS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WITNESS_RING (1024 * 1024)
#define WITNESS_TEXT 8192 /* of paths in one event; an exec has up to 4,096 bytes of arguments after them */
#define WITNESS_ARGUMENTS 4096

/* Of which the host takes so many each, so that no flood of one hides another. */
enum witness_class { CLASS_EXEC, CLASS_LIFE, CLASS_FILE, CLASS_CALL, CLASSES };

enum witness_kind {
	SAW_FORK, SAW_EXEC, SAW_EXIT, SAW_CREATE, SAW_MAKE_DIRECTORY, SAW_WRITE, SAW_DELETE, SAW_REMOVE_DIRECTORY,
	SAW_MODE, SAW_RENAME, SAW_LINK, SAW_OPEN, SAW_LISTEN, SAW_BIND, SAW_CREDENTIALS,
	SAW_CALL = 100, /* and the number of the call in witness_calls */
};

/* What a program writes into the ring. Paths are names from the leaf up to the root of the file system, each ended by NUL. */
struct witness_raw {
	uint64_t time; /* CLOCK_MONOTONIC, nanoseconds */
	uint32_t kind, pid, user;
	uint32_t text_length;
	uint64_t values[7];
	char text[];
};

/* Shared with the programs. */
struct witness_control {
	uint32_t enabled;
	uint32_t stop[CLASSES]; /* the host wants no more of this class */
	uint32_t unused;
	uint64_t lost;
	uint64_t omitted[CLASSES]; /* while it was stopped */
};

struct witness_kernel {
	volatile struct witness_control *control;
	int ring; /* readable when something is in it */
	volatile uint64_t *consumed;
	const volatile uint64_t *produced;
	const uint8_t *data; /* twice in a row, so that nothing is cut */
};

struct witness_call {
	const char *name;
	bool only_failed;         /* success is seen in another way */
	const char *arguments[6]; /* kind and label: s string, d number, x number in hex, "request" that of ptrace; NULL: not told */
};
extern const struct witness_call witness_calls[];
extern const unsigned witness_call_count;

/* False: nothing can be seen, and why was said. `private`: devices of the overlay's layers, which are left out. */
bool witness_kernel_open(struct witness_kernel *kernel, const uint32_t private[2]);
/* Places that could not be watched. */
unsigned witness_kernel_failures(void);

#endif

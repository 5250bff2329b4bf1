/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* A BPF program of the witness in the making, and the parts that they share. */
#ifndef CODE_H
#define CODE_H

#include "bpf.h"
#include "btf.h"
#include "witness_kernel.h"

#define CODE_MOST 512

/*
 * R6 holds the program's arguments, R7 the event in the making, R9 the length of its text; R8 is free for what the
 * event is about.
 */
struct code {
	struct instruction at[CODE_MOST];
	unsigned count;
	int control, scratch, ring; /* maps */
	const uint32_t *private;    /* devices */
};

void code_add(struct code *code, const struct instruction *instructions, unsigned count);
#define EMIT(code, ...) \
	code_add(code, (const struct instruction[]){__VA_ARGS__}, sizeof((const struct instruction[]){__VA_ARGS__}) / sizeof(struct instruction))
/* What the place was called with, and where a field lies in this kernel. */
#define ARGUMENT(register, index) LOAD_64(register, R6, 8 * (index))
#define FIELD(structure, path) ((int16_t)btf_offset(structure, path))
#define LEAVE SET(R0, 0), EXIT_PROGRAM
#define LEAVE_UNLESS(what, value) IF_EQUAL(what, value, 2), LEAVE

/* A jump that is emitted now and lands where code_land is called. */
unsigned code_jump(struct code *code, struct instruction jump);
void code_land(struct code *code, unsigned jump);

/* Leaves at once if nothing is to be seen, or the agent itself does it. */
void code_begin(struct code *code);
/* From here on this is an event: leaves if the host wants no more of its class. R0 to R5 are lost. */
void code_admit(struct code *code, enum witness_class class, uint32_t kind);
/* Stores R1 as one of the event's values. */
void code_value(struct code *code, unsigned index);
/* Appends the path of the dentry in R8, which is lost. */
void code_path(struct code *code);
/* Appends up to `most` bytes of the text at the kernel's, or the program's, address in R3. */
void code_text(struct code *code, uint32_t most, bool user);
void code_finish(struct code *code);
/* Leaves for a file on one of the private devices: R1 holds its super block. */
void code_skip_private(struct code *code);

#endif

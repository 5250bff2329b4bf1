/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
#include "code.h"

#include "btf.h"
#include "say.h"

#include <string.h>

#define VALUES offsetof(struct witness_raw, values)
#define TEXT offsetof(struct witness_raw, text)
#define CONTROL(field) ((int16_t)offsetof(struct witness_control, field))
#define RAW(field) ((int16_t)offsetof(struct witness_raw, field))
#define LEVELS 48      /* of directories in a path */
#define NAME_MOST 256
#define TEXT_FULL (WITNESS_TEXT - NAME_MOST)

void code_add(struct code *code, const struct instruction *instructions, unsigned count)
{
	if (code->count + count > CODE_MOST)
		die("a program of the witness has more than %d instructions", CODE_MOST);
	memcpy(code->at + code->count, instructions, count * sizeof *instructions);
	code->count += count;
}

unsigned code_jump(struct code *code, struct instruction jump)
{
	code_add(code, &jump, 1);
	return code->count - 1;
}

void code_land(struct code *code, unsigned jump)
{
	code->at[jump].offset = (int16_t)(code->count - jump - 1);
}

void code_begin(struct code *code)
{
	EMIT(code, COPY(R6, R1), LOAD_VALUE(R1, code->control), LOAD(R1, R1, CONTROL(enabled)), IF_NOT_EQUAL(R1, 0, 2), LEAVE,
	     CALL(GET_CURRENT_PID_TGID), SHIFT_RIGHT(R0, 32), IF_NOT_EQUAL(R0, 1, 2), LEAVE);
}

void code_admit(struct code *code, enum witness_class class, uint32_t kind)
{
	EMIT(code, LOAD_VALUE(R1, code->control), LOAD(R2, R1, (int16_t)(CONTROL(stop) + 4 * class)), IF_EQUAL(R2, 0, 4),
	     SET(R2, 1), COUNT_64(R1, (int16_t)(CONTROL(omitted) + 8 * class), R2), LEAVE);
	EMIT(code, SET(R1, 0), STORE(STACK, -4, R1), LOAD_MAP(R1, code->scratch), COPY(R2, STACK), ADD(R2, -4), CALL(MAP_LOOKUP),
	     IF_NOT_NULL(R0, 2), LEAVE, COPY(R7, R0));
	EMIT(code, CALL(KTIME_GET_NS), STORE_64(R7, RAW(time), R0), SET(R1, (int32_t)kind), STORE(R7, RAW(kind), R1),
	     CALL(GET_CURRENT_PID_TGID), SHIFT_RIGHT(R0, 32), STORE(R7, RAW(pid), R0), CALL(GET_CURRENT_UID_GID),
	     STORE(R7, RAW(user), R0), SET(R1, 0));
	for (unsigned i = 0; i < 7; i++)
		code_value(code, i);
	EMIT(code, SET(R9, 0));
}

void code_value(struct code *code, unsigned index)
{
	EMIT(code, STORE_64(R7, (int16_t)(VALUES + 8 * index), R1));
}

void code_path(struct code *code)
{
	/* One read for three neighbours: d_parent, then length and address of the name. */
	int32_t parent = (int32_t)btf_offset("dentry", "d_parent");
	if (btf_offset("dentry", "d_name.name") != (uint32_t)parent + 16)
		die("the kernel's dentry is not as the witness knows it");
	EMIT(code, SET(R1, 0), STORE_64(STACK, -48, R1));
	unsigned loop = code->count;
	EMIT(code, COPY(R1, STACK), ADD(R1, -32), SET(R2, 24), COPY(R3, R8), ADD(R3, parent), CALL(PROBE_READ_KERNEL),
	     COPY(R1, R7), PLUS(R1, R9), ADD(R1, TEXT), SET(R2, NAME_MOST), LOAD_64(R3, STACK, -16), CALL(PROBE_READ_KERNEL_STR));
	unsigned failed = code_jump(code, IF_NOT_POSITIVE(R0, 0));
	EMIT(code, PLUS(R9, R0), AND(R9, WITNESS_TEXT - 1), LOAD_64(R1, STACK, -32));
	unsigned root = code_jump(code, IF_SAME(R1, R8, 0));
	EMIT(code, COPY(R8, R1));
	unsigned full = code_jump(code, IF_ABOVE(R9, TEXT_FULL, 0));
	EMIT(code, LOAD_64(R1, STACK, -48), ADD(R1, 1), STORE_64(STACK, -48, R1));
	unsigned again = code_jump(code, IF_BELOW(R1, LEVELS, 0));
	code->at[again].offset = (int16_t)((int)loop - (int)again - 1);
	code_land(code, failed);
	code_land(code, root);
	code_land(code, full);
}

void code_text(struct code *code, uint32_t most, bool user)
{
	EMIT(code, COPY(R1, R7), PLUS(R1, R9), ADD(R1, TEXT), SET(R2, (int32_t)most),
	     CALL(user ? PROBE_READ_USER_STR : PROBE_READ_KERNEL_STR));
	/* A string that cannot be read is an empty one. */
	unsigned fine = code_jump(code, CODE(0x65, R0, 0, 0, 0)); /* BPF_JMP | BPF_JSGT | BPF_K: above 0 */
	EMIT(code, COPY(R1, R7), PLUS(R1, R9), ADD(R1, TEXT), SET(R2, 0), CODE(0x73, R1, R2, 0, 0) /* a byte */, SET(R0, 1));
	code_land(code, fine);
	EMIT(code, PLUS(R9, R0), AND(R9, WITNESS_TEXT - 1));
}

void code_finish(struct code *code)
{
	EMIT(code, STORE(R7, RAW(text_length), R9), LOAD_MAP(R1, code->ring), COPY(R2, R7), COPY(R3, R9), ADD(R3, TEXT),
	     SET(R4, 0), CALL(RINGBUF_OUTPUT), IF_NULL(R0, 4), LOAD_VALUE(R1, code->control), SET(R2, 1),
	     COUNT_64(R1, CONTROL(lost), R2), LEAVE);
}

void code_skip_private(struct code *code)
{
	EMIT(code, LOAD(R2, R1, (int16_t)btf_offset("super_block", "s_dev")));
	for (unsigned i = 0; i < 2; i++)
		EMIT(code, IF_NOT_EQUAL(R2, code->private[i], 2), LEAVE);
}

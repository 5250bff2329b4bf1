/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What is noted of files. */
#include "witness_files.h"

#include <string.h>

#define MODE_REGULAR 0100000
#define MODE_DEVICE 0020000
#define MODE_KIND 0170000

/* linux/fs.h */
enum { OPENED_TO_WRITE = 2, CHANGES_MODE = 1, CHANGES_SIZE = 8, CHANGES_BY_OPEN = 1 << 15 };

/* Of the dentry in R8; R1 its super block. Values: device, mode. */
static void begin_file(struct code *code, unsigned argument)
{
	code_begin(code);
	EMIT(code, ARGUMENT(R8, argument), LOAD_64(R1, R8, FIELD("dentry", "d_sb")));
	code_skip_private(code);
}

static void finish_file(struct code *code, uint32_t kind)
{
	code_admit(code, CLASS_FILE, kind);
	EMIT(code, LOAD_64(R1, R8, FIELD("dentry", "d_sb")), LOAD(R1, R1, FIELD("super_block", "s_dev")));
	code_value(code, 0);
}

void see_made(struct code *code)
{
	begin_file(code, 1);
	finish_file(code, SAW_CREATE);
	EMIT(code, ARGUMENT(R1, 2), AND(R1, 0xffff));
	code_value(code, 1);
	code_path(code);
	code_finish(code);
}

void see_symlink(struct code *code)
{
	begin_file(code, 1);
	finish_file(code, SAW_CREATE);
	code_path(code);
	code_finish(code);
}

void see_directory(struct code *code)
{
	begin_file(code, 1);
	finish_file(code, SAW_MAKE_DIRECTORY);
	code_path(code);
	code_finish(code);
}

void see_unlink(struct code *code)
{
	begin_file(code, 1);
	finish_file(code, SAW_DELETE);
	code_path(code);
	code_finish(code);
}

void see_rmdir(struct code *code)
{
	begin_file(code, 1);
	finish_file(code, SAW_REMOVE_DIRECTORY);
	code_path(code);
	code_finish(code);
}

/* Values: device, 0, where the second path begins. */
static void two_paths(struct code *code, uint32_t kind, unsigned from, unsigned to)
{
	begin_file(code, from);
	finish_file(code, kind);
	code_path(code);
	EMIT(code, COPY(R1, R9));
	code_value(code, 2);
	EMIT(code, ARGUMENT(R8, to));
	code_path(code);
	code_finish(code);
}

void see_rename(struct code *code)
{
	two_paths(code, SAW_RENAME, 1, 3);
}

void see_link(struct code *code)
{
	two_paths(code, SAW_LINK, 0, 2);
}

/* Modes that let a file be run, and sizes. Values: device, mode. */
void see_attributes(struct code *code)
{
	begin_file(code, 1);
	EMIT(code, LOAD_64(R1, R8, FIELD("dentry", "d_inode")), LOAD_16(R4, R1, FIELD("inode", "i_mode")), COPY(R1, R4),
	     AND(R1, MODE_KIND), LEAVE_UNLESS(R1, MODE_REGULAR), ARGUMENT(R2, 2), LOAD(R3, R2, FIELD("iattr", "ia_valid")));
	unsigned mode = code_jump(code, IF_BITS(R3, CHANGES_MODE, 0));
	EMIT(code, IF_BITS(R3, CHANGES_SIZE, 2), LEAVE, IF_BITS(R3, CHANGES_BY_OPEN, 1), JUMP(2), LEAVE);
	finish_file(code, SAW_WRITE);
	code_path(code);
	code_finish(code);
	code_land(code, mode);
	EMIT(code, LOAD_16(R2, R2, FIELD("iattr", "ia_mode")), IF_BITS(R2, 06000, 4), IF_BITS(R2, 0111, 2), LEAVE,
	     IF_BITS(R4, 0111, 1), JUMP(3), IF_BITS(R2, 06000, 2), LEAVE);
	finish_file(code, SAW_MODE);
	EMIT(code, ARGUMENT(R1, 2), LOAD_16(R1, R1, FIELD("iattr", "ia_mode")));
	code_value(code, 1);
	code_path(code);
	code_finish(code);
}

/* Names of files that hold secrets or the machine, up to 8 bytes with what follows the end as zero. */
static const char *const telling[] = {"mem", "kmem", "port", "kcore", "shadow", "gshadow"};

/* Files opened to be written, and those that tell secrets opened at all. Values: device, mode of the file, of opening. */
void see_open(struct code *code)
{
	unsigned found[8], lengths[8];
	code_begin(code);
	EMIT(code, ARGUMENT(R5, 0), LOAD_64(R1, R5, FIELD("file", "f_inode")), LOAD_16(R4, R1, FIELD("inode", "i_mode")),
	     LOAD_64(R1, R1, FIELD("inode", "i_sb")), LOAD_64(R8, R5, FIELD("file", "f_path.dentry")), LOAD(R5, R5, FIELD("file", "f_mode")),
	     AND(R4, MODE_KIND));
	unsigned telling_only = code_jump(code, IF_EQUAL(R4, MODE_DEVICE, 0));
	EMIT(code, LEAVE_UNLESS(R4, MODE_REGULAR));
	unsigned reads = code_jump(code, IF_BITS(R5, OPENED_TO_WRITE, 1));
	unsigned to_reading = code_jump(code, JUMP(0));
	code_land(code, reads);
	code->at[reads].offset = 1;
	code_skip_private(code);
	finish_file(code, SAW_WRITE);
	code_path(code);
	code_finish(code);

	code_land(code, telling_only);
	code_land(code, to_reading);
	EMIT(code, LOAD(R2, R8, (int16_t)(FIELD("dentry", "d_name") + 4)) /* its length */);
	for (unsigned i = 0; i < 5; i++)
		lengths[i] = code_jump(code, IF_EQUAL(R2, i + 3, 0));
	EMIT(code, LEAVE);
	for (unsigned i = 0; i < 5; i++)
		code_land(code, lengths[i]);
	code_skip_private(code);
	EMIT(code, SET(R1, 0), STORE_64(STACK, -8, R1), COPY(R1, STACK), ADD(R1, -8), SET(R2, 8),
	     LOAD_64(R3, R8, FIELD("dentry", "d_name.name")), CALL(PROBE_READ_KERNEL_STR), LOAD_64(R1, STACK, -8));
	for (unsigned i = 0; i < sizeof telling / sizeof *telling; i++) {
		uint64_t name = 0;
		memcpy(&name, telling[i], strlen(telling[i]));
		EMIT(code, SET_64(R2, name));
		found[i] = code_jump(code, IF_SAME(R1, R2, 0));
	}
	EMIT(code, LEAVE);
	for (unsigned i = 0; i < sizeof telling / sizeof *telling; i++)
		code_land(code, found[i]);
	code_admit(code, CLASS_CALL, SAW_OPEN);
	EMIT(code, LOAD_64(R1, R8, FIELD("dentry", "d_sb")), LOAD(R1, R1, FIELD("super_block", "s_dev")));
	code_value(code, 0);
	EMIT(code, ARGUMENT(R1, 0), LOAD(R1, R1, FIELD("file", "f_mode")));
	code_value(code, 2);
	code_path(code);
	code_finish(code);
}

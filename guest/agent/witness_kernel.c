/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Where the kernel is watched, and what is noted there. */
#include "btf.h"
#include "code.h"
#include "linux.h"
#include "say.h"
#include "witness_files.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SCRATCH (sizeof(struct witness_raw) + 3 * WITNESS_TEXT) /* every offset that the verifier can think of */

static unsigned failures;

unsigned witness_kernel_failures(void)
{
	return failures;
}

/* --- processes --- */

static void see_fork(struct code *code)
{
	EMIT(code, COPY(R6, R1), LOAD_VALUE(R1, code->control), LOAD(R1, R1, offsetof(struct witness_control, enabled)),
	     IF_NOT_EQUAL(R1, 0, 2), LEAVE, ARGUMENT(R1, 1), LOAD(R8, R1, FIELD("task_struct", "tgid")),
	     LOAD(R2, R1, FIELD("task_struct", "pid")), IF_SAME(R2, R8, 2), LEAVE /* a thread */);
	code_admit(code, CLASS_LIFE, SAW_FORK);
	EMIT(code, COPY(R1, R8));
	code_value(code, 0);
	code_finish(code);
}

static void see_exit(struct code *code)
{
	code_begin(code);
	EMIT(code, ARGUMENT(R8, 0), LOAD_64(R1, R8, FIELD("task_struct", "signal")), LOAD(R1, R1, FIELD("signal_struct", "live")),
	     LEAVE_UNLESS(R1, 0), LOAD(R8, R8, FIELD("task_struct", "exit_code")));
	code_admit(code, CLASS_LIFE, SAW_EXIT);
	EMIT(code, COPY(R1, R8));
	code_value(code, 0);
	code_finish(code);
}

/* Values: device, links, inode, bytes of arguments, bytes of the path, effective user, mode. */
static void see_exec(struct code *code)
{
	code_begin(code);
	code_admit(code, CLASS_EXEC, SAW_EXEC);
	EMIT(code, ARGUMENT(R1, 2), LOAD_64(R8, R1, FIELD("linux_binprm", "file")), LOAD_64(R2, R8, FIELD("file", "f_inode")),
	     LOAD(R1, R2, FIELD("inode", "i_nlink")));
	code_value(code, 1);
	EMIT(code, LOAD_64(R1, R2, FIELD("inode", "i_ino")));
	code_value(code, 2);
	EMIT(code, LOAD_16(R1, R2, FIELD("inode", "i_mode")));
	code_value(code, 6);
	EMIT(code, LOAD_64(R2, R2, FIELD("inode", "i_sb")), LOAD(R1, R2, FIELD("super_block", "s_dev")));
	code_value(code, 0);
	EMIT(code, ARGUMENT(R1, 0), LOAD_64(R1, R1, FIELD("task_struct", "cred")), LOAD(R1, R1, FIELD("cred", "euid")));
	code_value(code, 5);
	EMIT(code, LOAD_64(R8, R8, FIELD("file", "f_path.dentry")));
	code_path(code);
	EMIT(code, COPY(R1, R9));
	code_value(code, 4);
	/* The arguments lie one behind another, each ended by NUL. */
	EMIT(code, ARGUMENT(R1, 0), LOAD_64(R1, R1, FIELD("task_struct", "mm")));
	unsigned none = code_jump(code, IF_NULL(R1, 0));
	EMIT(code, LOAD_64(R3, R1, FIELD("mm_struct", "arg_start")), LOAD_64(R1, R1, FIELD("mm_struct", "arg_end")), MINUS(R1, R3));
	code_value(code, 3);
	EMIT(code, COPY(R8, R1), IF_BELOW(R8, WITNESS_ARGUMENTS, 1), SET(R8, WITNESS_ARGUMENTS));
	unsigned empty = code_jump(code, IF_NULL(R8, 0));
	EMIT(code, COPY(R1, R7), PLUS(R1, R9), ADD(R1, offsetof(struct witness_raw, text)), COPY(R2, R8), CALL(PROBE_READ_USER));
	unsigned unread = code_jump(code, IF_NOT_NULL(R0, 0));
	EMIT(code, PLUS(R9, R8));
	code_land(code, none);
	code_land(code, empty);
	code_land(code, unread);
	code_finish(code);
}

/* Values: call by its number, user before, user after. */
static void see_credentials(struct code *code)
{
	static const char *const same[] = {"uid", "euid", "gid", "egid"};
	unsigned changed[4];
	code_begin(code);
	EMIT(code, CALL(GET_CURRENT_TASK_BTF), COPY(R8, R0), LOAD_64(R8, R8, FIELD("task_struct", "cred")), ARGUMENT(R5, 0));
	for (unsigned i = 0; i < 4; i++) {
		EMIT(code, LOAD(R1, R8, FIELD("cred", same[i])), LOAD(R2, R5, FIELD("cred", same[i])));
		changed[i] = code_jump(code, CODE(0x5d, R1, R2, 0, 0)); /* BPF_JMP | BPF_JNE | BPF_X */
	}
	EMIT(code, LEAVE);
	for (unsigned i = 0; i < 4; i++)
		code_land(code, changed[i]);
	code_admit(code, CLASS_CALL, SAW_CREDENTIALS);
	EMIT(code, LOAD(R1, R8, FIELD("cred", "euid")));
	code_value(code, 1);
	EMIT(code, ARGUMENT(R1, 0), LOAD(R1, R1, FIELD("cred", "euid")));
	code_value(code, 2);
	EMIT(code, CALL(GET_CURRENT_TASK_BTF), COPY(R1, R0), CALL(TASK_PT_REGS), LOAD_64(R1, R0, FIELD("pt_regs", "orig_ax")));
	code_value(code, 0);
	code_finish(code);
}

/* --- sockets --- */

/* Values: family, port, type, address (two). Text: of a unix socket. */
static void see_socket(struct code *code, uint32_t kind, unsigned arguments)
{
	code_begin(code);
	EMIT(code, ARGUMENT(R1, arguments), LEAVE_UNLESS(R1, 0), ARGUMENT(R1, 0), LOAD_64(R8, R1, FIELD("socket", "sk")),
	     LOAD_16(R2, R1, FIELD("socket", "type")));
	if (kind == SAW_BIND)
		EMIT(code, LEAVE_UNLESS(R2, 2) /* SOCK_DGRAM */);
	code_admit(code, CLASS_CALL, kind);
	EMIT(code, LOAD_16(R1, R8, FIELD("sock", "__sk_common.skc_family")));
	code_value(code, 0);
	EMIT(code, LOAD_16(R1, R8, FIELD("sock", "__sk_common.skc_num")));
	code_value(code, 1);
	EMIT(code, LOAD(R1, R8, FIELD("sock", "__sk_common.skc_rcv_saddr")));
	code_value(code, 2);
	EMIT(code, COPY(R1, R7), ADD(R1, offsetof(struct witness_raw, values) + 3 * 8), SET(R2, 16), COPY(R3, R8),
	     ADD(R3, FIELD("sock", "__sk_common.skc_v6_rcv_saddr")), CALL(PROBE_READ_KERNEL));
}

static void see_listen(struct code *code)
{
	see_socket(code, SAW_LISTEN, 2);
	code_finish(code);
}

static void see_bind(struct code *code)
{
	see_socket(code, SAW_BIND, 3);
	code_finish(code);
}

static void see_unix(struct code *code)
{
	see_socket(code, SAW_LISTEN, 2);
	EMIT(code, COPY(R1, STACK), ADD(R1, -16), SET(R2, 8), COPY(R3, R8), ADD(R3, FIELD("unix_sock", "addr")), CALL(PROBE_READ_KERNEL),
	     LOAD_64(R3, STACK, -16), ADD(R3, FIELD("unix_address", "name") + 2));
	code_text(code, 108, false);
	/* An abstract name has its NUL first. */
	EMIT(code, LOAD_64(R3, STACK, -16), ADD(R3, FIELD("unix_address", "name") + 3));
	code_text(code, 108, false);
	code_finish(code);
}

/* --- calls --- */

/* Values: the arguments and the result. Text: arguments that are strings. */
static void see_call(struct code *code, unsigned number)
{
	static const char *const registers[6] = {"di", "si", "dx", "r10", "r8", "r9"};
	const struct witness_call *call = &witness_calls[number];
	code_begin(code);
	if (call->only_failed) {
		EMIT(code, ARGUMENT(R1, 1));
		unsigned failed = code_jump(code, IF_NEGATIVE(R1, 0));
		EMIT(code, LEAVE);
		code_land(code, failed);
	}
	code_admit(code, CLASS_CALL, SAW_CALL + number);
	EMIT(code, ARGUMENT(R8, 0));
	for (unsigned i = 0; i < 6; i++) {
		EMIT(code, LOAD_64(R1, R8, FIELD("pt_regs", registers[i])));
		code_value(code, i);
	}
	EMIT(code, ARGUMENT(R1, 1));
	code_value(code, 6);
	for (unsigned i = 0; i < 6; i++)
		if (call->arguments[i] && call->arguments[i][0] == 's') {
			EMIT(code, LOAD_64(R3, R7, (int16_t)(offsetof(struct witness_raw, values) + 8 * i)));
			code_text(code, 256, true);
		}
	code_finish(code);
}

/* --- all of it --- */

static const struct {
	const char *where;
	uint32_t attach;
	void (*see)(struct code *code);
} places[] = {
	{"btf_trace_sched_process_fork", ATTACH_TRACEPOINT, see_fork},
	{"btf_trace_sched_process_exec", ATTACH_TRACEPOINT, see_exec},
	{"btf_trace_sched_process_exit", ATTACH_TRACEPOINT, see_exit},
	{"commit_creds", ATTACH_ENTRY, see_credentials},
	{"security_file_open", ATTACH_ENTRY, see_open},
	{"security_inode_create", ATTACH_ENTRY, see_made},
	{"security_inode_mknod", ATTACH_ENTRY, see_made},
	{"security_inode_symlink", ATTACH_ENTRY, see_symlink},
	{"security_inode_mkdir", ATTACH_ENTRY, see_directory},
	{"security_inode_unlink", ATTACH_ENTRY, see_unlink},
	{"security_inode_rmdir", ATTACH_ENTRY, see_rmdir},
	{"security_inode_rename", ATTACH_ENTRY, see_rename},
	{"security_inode_link", ATTACH_ENTRY, see_link},
	{"security_inode_setattr", ATTACH_ENTRY, see_attributes},
	{"inet_listen", ATTACH_EXIT, see_listen},
	{"unix_listen", ATTACH_EXIT, see_unix},
	{"inet_bind", ATTACH_EXIT, see_bind},
	{"inet6_bind", ATTACH_EXIT, see_bind},
};

static void attach(struct code *code, const char *where, uint32_t how)
{
	uint32_t target = how == ATTACH_TRACEPOINT ? btf_typedef(where) : btf_function(where);
	/* The link stays open for as long as the agent runs. */
	if (!target || btf_missing() || bpf_trace(how, target, code->at, code->count) < 0) {
		say("witness: cannot watch %s: %s", where, btf_missing() ? btf_missing() : strerror(target ? errno : ENOENT));
		failures++;
	}
	code->count = 0;
}

static void attach_all(struct code *code)
{
	char name[64] = "__x64_sys_";
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		places[i].see(code);
		attach(code, places[i].where, places[i].attach);
	}
	for (unsigned i = 0; i < witness_call_count; i++) {
		see_call(code, i);
		strcpy(name + sizeof "__x64_sys_" - 1, witness_calls[i].name);
		attach(code, name, ATTACH_EXIT);
	}
}

static bool map_memory(struct witness_kernel *kernel, int control)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, control, 0);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, kernel->ring, 0);
	uint8_t *producer = mmap(NULL, page + 2 * WITNESS_RING, PROT_READ, MAP_SHARED, kernel->ring, (off_t)page);
	if (shared == MAP_FAILED || consumer == MAP_FAILED || producer == MAP_FAILED)
		return false;
	kernel->control = shared;
	kernel->consumed = consumer;
	kernel->produced = (const volatile uint64_t *)producer;
	kernel->data = producer + page;
	return true;
}

bool witness_kernel_open(struct witness_kernel *kernel, const uint32_t private[2])
{
	static struct code code;
	code.private = private;
	code.control = bpf_map_mapped(MAP_ARRAY, sizeof(struct witness_control), 1);
	code.scratch = bpf_map(MAP_PERCPU_ARRAY, sizeof(uint32_t), SCRATCH, 1);
	code.ring = kernel->ring = bpf_map_mapped(MAP_RINGBUF, 0, WITNESS_RING);
	bool fine = code.control >= 0 && code.scratch >= 0 && code.ring >= 0 && map_memory(kernel, code.control) && btf_open();
	if (fine)
		attach_all(&code);
	else
		say("no witness: %s", strerror(errno));
	btf_close();
	return fine;
}

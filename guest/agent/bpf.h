/*
 * Small programs that the kernel runs for us, by the bare system call. Numbers are of linux/bpf.h and
 * linux/bpf_common.h, which musl's headers lack; a program is an array of the instructions made below.
 */
#ifndef BPF_H
#define BPF_H

#include <stdbool.h>
#include <stdint.h>

/* struct bpf_insn */
struct instruction {
	uint8_t code;
	uint8_t registers; /* low half: destination; high half: source */
	int16_t offset;
	int32_t immediate;
};

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, STACK };

#define CODE(code, to, from, offset, value) ((struct instruction){code, (to) | (from) << 4, offset, value})
#define SET(to, value) CODE(0xb7, to, 0, 0, value)          /* BPF_ALU64 | BPF_MOV | BPF_K */
#define COPY(to, from) CODE(0xbf, to, from, 0, 0)           /* BPF_ALU64 | BPF_MOV | BPF_X */
#define ADD(to, value) CODE(0x07, to, 0, 0, value)          /* BPF_ALU64 | BPF_ADD | BPF_K */
#define AND(to, value) CODE(0x57, to, 0, 0, value)          /* BPF_ALU64 | BPF_AND | BPF_K */
#define SHIFT_RIGHT(to, bits) CODE(0x77, to, 0, 0, bits)    /* BPF_ALU64 | BPF_RSH | BPF_K */
#define OR(to, from) CODE(0x4f, to, from, 0, 0)             /* BPF_ALU64 | BPF_OR | BPF_X */
#define LOAD(to, from, offset) CODE(0x61, to, from, offset, 0)    /* BPF_LDX | BPF_MEM | BPF_W: 32 bits */
#define STORE(to, offset, from) CODE(0x63, to, from, offset, 0)   /* BPF_STX | BPF_MEM | BPF_W: 32 bits */
#define STORE_64(to, offset, from) CODE(0x7b, to, from, offset, 0) /* BPF_STX | BPF_MEM | BPF_DW */
#define LOAD_64(to, from, offset) CODE(0x79, to, from, offset, 0) /* BPF_LDX | BPF_MEM | BPF_DW */
#define LOAD_16(to, from, offset) CODE(0x69, to, from, offset, 0) /* BPF_LDX | BPF_MEM | BPF_H */
#define PLUS(to, from) CODE(0x0f, to, from, 0, 0)           /* BPF_ALU64 | BPF_ADD | BPF_X */
#define MINUS(to, from) CODE(0x1f, to, from, 0, 0)          /* BPF_ALU64 | BPF_SUB | BPF_X */
#define COUNT_64(to, offset, from) CODE(0xdb, to, from, offset, 0) /* BPF_STX | BPF_ATOMIC | BPF_DW: adds */
#define JUMP(over) CODE(0x05, 0, 0, over, 0)                /* BPF_JMP | BPF_JA */
/* Of the low 32 bits, as numbers loaded are unsigned. */
#define IF_EQUAL(what, value, over) CODE(0x16, what, 0, over, (int32_t)(value)) /* BPF_JMP32 | BPF_JEQ | BPF_K */
#define IF_NOT_EQUAL(what, value, over) CODE(0x56, what, 0, over, (int32_t)(value)) /* BPF_JMP32 | BPF_JNE | BPF_K */
#define IF_NULL(what, over) CODE(0x15, what, 0, over, 0)     /* BPF_JMP | BPF_JEQ | BPF_K */
#define IF_NOT_NULL(what, over) CODE(0x55, what, 0, over, 0) /* BPF_JMP | BPF_JNE | BPF_K */
#define IF_BITS(what, bits, over) CODE(0x45, what, 0, over, bits) /* BPF_JMP | BPF_JSET | BPF_K */
#define IF_ABOVE(what, value, over) CODE(0x25, what, 0, over, value) /* BPF_JMP | BPF_JGT | BPF_K */
#define IF_BELOW(what, value, over) CODE(0xa5, what, 0, over, value) /* BPF_JMP | BPF_JLT | BPF_K */
#define IF_NEGATIVE(what, over) CODE(0xc5, what, 0, over, 0) /* BPF_JMP | BPF_JSLT | BPF_K: less than 0 */
#define IF_NOT_POSITIVE(what, over) CODE(0xc5, what, 0, over, 1) /* the same: less than 1 */
#define IF_SAME(one, other, over) CODE(0x1d, one, other, over, 0) /* BPF_JMP | BPF_JEQ | BPF_X */
#define CALL(function) CODE(0x85, 0, 0, 0, function)        /* BPF_JMP | BPF_CALL */
#define EXIT_PROGRAM CODE(0x95, 0, 0, 0, 0)                 /* BPF_JMP | BPF_EXIT */
/* BPF_LD | BPF_DW | BPF_IMM with BPF_PSEUDO_MAP_FD: takes two instructions. */
#define LOAD_MAP(to, map) CODE(0x18, to, 1, 0, map), CODE(0, 0, 0, 0, 0)
/* With BPF_PSEUDO_MAP_VALUE: the address of the only value of an array; and a number of 64 bits. */
#define LOAD_VALUE(to, map) CODE(0x18, to, 2, 0, map), CODE(0, 0, 0, 0, 0)
#define SET_64(to, value) CODE(0x18, to, 0, 0, (int32_t)(value)), CODE(0, 0, 0, 0, (int32_t)((uint64_t)(value) >> 32))

/* enum bpf_func_id */
enum {
	MAP_LOOKUP = 1,
	MAP_UPDATE = 2,
	KTIME_GET_NS = 5,
	GET_CURRENT_PID_TGID = 14,
	GET_CURRENT_UID_GID = 15,
	GET_SOCKET_COOKIE = 46,
	SK_RELEASE = 86,
	PROBE_READ_USER = 112,
	PROBE_READ_KERNEL = 113,
	PROBE_READ_USER_STR = 114,
	PROBE_READ_KERNEL_STR = 115,
	SK_ASSIGN = 124,
	RINGBUF_OUTPUT = 130,
	GET_CURRENT_TASK_BTF = 158,
	TASK_PT_REGS = 175,
};
/* enum bpf_map_type */
enum { MAP_ARRAY = 2, MAP_PERCPU_ARRAY = 6, MAP_LRU_HASH = 9, MAP_SOCKMAP = 15, MAP_RINGBUF = 27 };
#define MAP_MAPPABLE (1U << 10) /* BPF_F_MMAPABLE */
/* enum bpf_prog_type */
enum {
	PROGRAM_CGROUP_SOCK = 9,
	PROGRAM_SOCK_OPS = 13,
	PROGRAM_CGROUP_SOCK_ADDR = 18,
	PROGRAM_TRACING = 26,
	PROGRAM_SK_LOOKUP = 30,
};
/* enum bpf_attach_type */
enum {
	ATTACH_SOCK_CREATE = 2,
	ATTACH_SOCK_OPS = 3,
	ATTACH_INET4_CONNECT = 10,
	ATTACH_INET6_CONNECT = 11,
	ATTACH_TRACEPOINT = 23,
	ATTACH_ENTRY = 24,
	ATTACH_EXIT = 25,
	ATTACH_SK_LOOKUP = 36,
};

/* Each returns a descriptor, or -1 with errno. */
int bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries);
int bpf_map_mapped(uint32_t type, uint32_t value_size, uint32_t entries);
int bpf_program(uint32_t type, uint32_t attach, const struct instruction *instructions, uint32_t count);
/* Runs the program for `target` as long as the descriptor is open. */
int bpf_attach(int program, int target, uint32_t attach);
/* Takes the program over and runs it for all processes, for good. False with errno: it cannot be. */
bool bpf_attach_to_all(int program, uint32_t attach);

/*
 * Runs the program wherever the kernel comes to `target`, a function or tracepoint by its number in BTF, as long as the
 * descriptor is open. It is declared to be under the GPL, as what it calls of the kernel asks for: what makes such
 * code (code, witness_kernel, witness_files, witness_calls) may be used under the Apache License 2.0 or the GPL 2.
 */
int bpf_trace(uint32_t attach, uint32_t target, const struct instruction *instructions, uint32_t count);

/* 0, or -1 with errno. */
int bpf_set(int map, const void *key, const void *value);
int bpf_get(int map, const void *key, void *value);

#endif

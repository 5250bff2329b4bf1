/*
 * What the running kernel says of its own types and functions (BTF, Documentation/bpf/btf.rst): where a field lies, and
 * which number a function has for a BPF program that is attached to it.
 */
#ifndef BTF_H
#define BTF_H

#include <stdbool.h>
#include <stdint.h>

/* False: this kernel does not say. Some 8 MiB until btf_close. */
bool btf_open(void);
void btf_close(void);

/* 0: there is none of this name. */
uint32_t btf_function(const char *name);
uint32_t btf_typedef(const char *name);
/* In bytes, of `path` ("a" or "a.b") in a structure, members of nameless ones included. Remembers if there was none. */
uint32_t btf_offset(const char *structure, const char *path);
/* A structure or field that was asked for since btf_open and is not there; NULL: none. */
const char *btf_missing(void);

#endif

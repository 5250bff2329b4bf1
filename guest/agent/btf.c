#include "btf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH "/sys/kernel/btf/vmlinux"
#define MAGIC 0xeb9f
#define SIZE_MOST (64 * 1024 * 1024)

enum {
	INT = 1, ARRAY = 3, STRUCT = 4, UNION = 5, ENUM = 6, TYPEDEF = 8, VOLATILE = 9, CONST = 10, RESTRICT = 11, FUNC = 12,
	PROTO = 13, VARIABLE = 14, SECTION = 15, DECLARATION_TAG = 17, TYPE_TAG = 18, ENUM_64 = 19, KINDS = 32,
};

/* struct btf_header, btf_type and btf_member of linux/btf.h */
struct heading { uint16_t magic; uint8_t version, flags; uint32_t length, types, types_length, strings, strings_length; };
struct type { uint32_t name, info, type; };
struct member { uint32_t name, type, offset; };

static uint8_t *blob;
static const char *strings;
static const struct type **types;
static uint32_t *hashes; /* of names, as asking is for a few dozen of some hundred thousand */
static uint32_t count;
static const char *missing;

/* Bytes that follow a type: once, and for each of its items. */
static const struct { uint8_t once, each; } sizes[KINDS] = {
	[INT] = {4, 0}, [ARRAY] = {12, 0}, [STRUCT] = {0, 12}, [UNION] = {0, 12}, [ENUM] = {0, 8}, [PROTO] = {0, 8},
	[VARIABLE] = {4, 0}, [SECTION] = {0, 12}, [DECLARATION_TAG] = {4, 0}, [ENUM_64] = {0, 12},
};

static unsigned kind_of(const struct type *type)
{
	return type->info >> 24 & 0x1f;
}

static uint32_t hash(const char *text, size_t length)
{
	uint32_t value = 2166136261u;
	for (size_t i = 0; i < length; i++)
		value = (value ^ (uint8_t)text[i]) * 16777619u;
	return value;
}

static bool load(void)
{
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	bool fine = size > (off_t)sizeof(struct heading) && size < SIZE_MOST && (blob = malloc((size_t)size + 1));
	for (off_t at = 0; fine && at < size;) {
		ssize_t got = pread(fd, blob + at, (size_t)(size - at), at);
		fine = got > 0;
		at += got;
	}
	if (fine)
		blob[size] = 0;
	if (fd >= 0)
		close(fd);
	return fine;
}

bool btf_open(void)
{
	missing = NULL;
	if (!load())
		return false;
	const struct heading *heading = (const struct heading *)blob;
	if (heading->magic != MAGIC)
		return false;
	const uint8_t *at = blob + heading->length + heading->types, *end = at + heading->types_length;
	strings = (const char *)blob + heading->length + heading->strings;
	uint32_t most = heading->types_length / sizeof(struct type) + 1;
	types = calloc(most, sizeof *types);
	hashes = calloc(most, sizeof *hashes);
	if (!types || !hashes)
		return false;
	for (count = 1; at < end; count++) {
		const struct type *type = types[count] = (const struct type *)at;
		const char *name = strings + type->name;
		hashes[count] = hash(name, strlen(name));
		at += sizeof *type + sizes[kind_of(type)].once + (type->info & 0xffff) * sizes[kind_of(type)].each;
	}
	return true;
}

void btf_close(void)
{
	free(blob);
	free(types);
	free(hashes);
	blob = NULL;
	types = NULL;
	hashes = NULL;
	count = 0;
}

static uint32_t find(unsigned kind, const char *name)
{
	uint32_t wanted = hash(name, strlen(name));
	for (uint32_t i = 1; i < count; i++)
		if (hashes[i] == wanted && kind_of(types[i]) == kind && strcmp(strings + types[i]->name, name) == 0)
			return i;
	return 0;
}

uint32_t btf_function(const char *name)
{
	return find(FUNC, name);
}

uint32_t btf_typedef(const char *name)
{
	return find(TYPEDEF, name);
}

static const struct type *plain(uint32_t number)
{
	const struct type *type = types[number];
	for (unsigned kind; number && (kind = kind_of(type)) && (kind == TYPEDEF || kind == CONST || kind == VOLATILE ||
								 kind == RESTRICT || kind == TYPE_TAG);)
		type = types[number = type->type];
	return number && (kind_of(type) == STRUCT || kind_of(type) == UNION) ? type : NULL;
}

/* The offset in bits of a member is added; its type, or 0. */
static uint32_t find_member(const struct type *in, const char *name, size_t length, uint32_t *bits)
{
	const struct member *members = (const struct member *)(in + 1);
	for (unsigned i = 0; i < (in->info & 0xffff); i++) {
		const char *own = strings + members[i].name;
		uint32_t at = in->info >> 31 ? members[i].offset & 0xffffff : members[i].offset, found = 0;
		const struct type *inner = *own ? NULL : plain(members[i].type);
		if (strncmp(own, name, length) == 0 && !own[length])
			found = members[i].type;
		else if (inner)
			found = find_member(inner, name, length, bits);
		if (found) {
			*bits += at;
			return found;
		}
	}
	return 0;
}

uint32_t btf_offset(const char *structure, const char *path)
{
	uint32_t number = find(STRUCT, structure), bits = 0;
	for (const char *at = path; number && *at;) {
		size_t length = strcspn(at, ".");
		const struct type *type = plain(number);
		number = type ? find_member(type, at, length, &bits) : 0;
		at += length + (at[length] == '.');
	}
	if (!number)
		missing = path;
	return bits / 8;
}

const char *btf_missing(void)
{
	return missing;
}

#include "bpf.h"

#include <sys/syscall.h>
#include <unistd.h>

/* enum bpf_cmd */
enum { MAP_CREATE = 0, MAP_LOOKUP_ELEM = 1, MAP_UPDATE_ELEM = 2, PROG_LOAD = 5, RAW_TRACEPOINT_OPEN = 17, LINK_CREATE = 28 };

/* union bpf_attr, as far as it is used here; the kernel takes what is left out for zero. */
union attributes {
	struct { uint32_t type, key_size, value_size, entries, flags; } map;
	struct { uint32_t map; uint64_t key, value, flags; } element;
	struct {
		uint32_t type, count;
		uint64_t instructions, license;
		uint32_t log_level, log_size;
		uint64_t log;
		uint32_t kernel_version, flags;
		char name[16];
		uint32_t interface, attach, btf, function_size;
		uint64_t functions;
		uint32_t function_count, line_size;
		uint64_t lines;
		uint32_t line_count, target;
	} program;
	struct { uint64_t name; uint32_t program; } tracepoint;
	struct { uint32_t program, target, attach, flags; } link;
};

static int bpf(int command, union attributes *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static uint64_t address_of(const void *pointer)
{
	return (uint64_t)(uintptr_t)pointer;
}

int bpf_map(uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t entries)
{
	union attributes attributes = {0};
	attributes.map.type = type;
	attributes.map.key_size = key_size;
	attributes.map.value_size = value_size;
	attributes.map.entries = entries;
	return bpf(MAP_CREATE, &attributes);
}

int bpf_map_mapped(uint32_t type, uint32_t value_size, uint32_t entries)
{
	union attributes attributes = {0};
	attributes.map.type = type;
	attributes.map.key_size = value_size ? sizeof(uint32_t) : 0;
	attributes.map.value_size = value_size;
	attributes.map.entries = entries;
	attributes.map.flags = value_size ? MAP_MAPPABLE : 0;
	return bpf(MAP_CREATE, &attributes);
}

int bpf_program(uint32_t type, uint32_t attach, const struct instruction *instructions, uint32_t count)
{
	union attributes attributes = {0};
	attributes.program.type = type;
	attributes.program.attach = attach;
	attributes.program.instructions = address_of(instructions);
	attributes.program.count = count;
	attributes.program.license = address_of("Apache-2.0");
	return bpf(PROG_LOAD, &attributes);
}

int bpf_attach(int program, int target, uint32_t attach)
{
	union attributes attributes = {0};
	attributes.link.program = (uint32_t)program;
	attributes.link.target = (uint32_t)target;
	attributes.link.attach = attach;
	return bpf(LINK_CREATE, &attributes);
}

int bpf_trace(uint32_t attach, uint32_t target, const struct instruction *instructions, uint32_t count)
{
	union attributes attributes = {0};
	attributes.program.type = PROGRAM_TRACING;
	attributes.program.attach = attach;
	attributes.program.instructions = address_of(instructions);
	attributes.program.count = count;
	attributes.program.license = address_of("GPL");
	attributes.program.target = target;
	int program = bpf(PROG_LOAD, &attributes);
#ifdef BPF_LOG
	static char log[16*1024*1024];
	attributes.program.log_level = 1;
	attributes.program.log_size = sizeof log;
	attributes.program.log = address_of(log);
	if (program < 0) program = bpf(PROG_LOAD, &attributes);
	if (program < 0)
		dprintf(2, "%s\n", log + (strlen(log) > 3000 ? strlen(log) - 3000 : 0));
#endif
	if (program < 0)
		return -1;
	union attributes open = {0};
	open.tracepoint.program = (uint32_t)program;
	int link = bpf(RAW_TRACEPOINT_OPEN, &open);
	close(program);
	return link;
}

static int element(int command, int map, const void *key, const void *value)
{
	union attributes attributes = {0};
	attributes.element.map = (uint32_t)map;
	attributes.element.key = address_of(key);
	attributes.element.value = address_of(value);
	return bpf(command, &attributes);
}

int bpf_set(int map, const void *key, const void *value)
{
	return element(MAP_UPDATE_ELEM, map, key, value);
}

int bpf_get(int map, const void *key, void *value)
{
	return element(MAP_LOOKUP_ELEM, map, key, value);
}

#include "witness_event.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static const char *const requests[] = {
	[0] = "traceme", [1] = "peektext", [2] = "peekdata", [3] = "peekuser", [4] = "poketext", [5] = "pokedata", [6] = "pokeuser",
	[7] = "cont", [8] = "kill", [9] = "singlestep", [12] = "getregs", [13] = "setregs", [16] = "attach", [17] = "detach",
	[24] = "syscall",
};

static void add_request(uint64_t request, char *text, size_t size)
{
	if (request == 0x4206)
		snprintf(text, size, "seize");
	else if (request < sizeof requests / sizeof *requests && requests[request])
		snprintf(text, size, "%s", requests[request]);
	else
		snprintf(text, size, "0x%llx", (unsigned long long)request);
}

void event_detail(const struct witness_raw *raw, const struct witness_call *call, char *text, size_t size)
{
	const char *strings = raw->text, *end = raw->text + raw->text_length;
	size_t used = 0;
	*text = 0;
	for (unsigned i = 0; i < 6 && used < size - 1; i++) {
		const char *argument = call->arguments[i];
		char value[300] = "";
		if (!argument)
			continue;
		if (*argument == 's' && strings < end) {
			size_t length = strnlen(strings, (size_t)(end - strings));
			snprintf(value, sizeof value, "%.*s", (int)length, strings);
			strings += length + 1;
		} else if (*argument == 'd')
			snprintf(value, sizeof value, "%lld", (long long)(int64_t)(int32_t)raw->values[i]);
		else if (*argument == 'x')
			snprintf(value, sizeof value, "0x%llx", (unsigned long long)raw->values[i]);
		else if (*argument == 'r')
			add_request(raw->values[i], value, sizeof value);
		int more = snprintf(text + used, size - used, "%s%s=%s", used ? " " : "", *argument == 'r' ? argument : argument + 1, value);
		used += more > 0 ? (size_t)more : 0;
	}
}

static const struct { long number; const char *name; } users[] = {
	{SYS_setuid, "setuid"}, {SYS_setgid, "setgid"}, {SYS_setreuid, "setreuid"}, {SYS_setregid, "setregid"},
	{SYS_setresuid, "setresuid"}, {SYS_setresgid, "setresgid"}, {SYS_execve, "exec"}, {SYS_execveat, "exec"},
	{SYS_setns, "setns"}, {SYS_unshare, "unshare"},
};

const char *event_call_name(uint64_t number)
{
	for (unsigned i = 0; i < sizeof users / sizeof *users; i++)
		if (users[i].number == (long)number)
			return users[i].name;
	return "another";
}

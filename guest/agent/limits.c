#include "limits.h"

#include "port.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"
#define TASK ROOT "/task"

/*
 * A counter that the kernel keeps. memory.events counts the tasks killed in the group for want of memory, whether the
 * group's limit or the machine's RAM was what ran out.
 */
static struct counter {
	const char *path, *line;
	uint8_t kind;
	uint64_t before, told; /* at the start of the connection; last reported */
	uint64_t quiet_until;  /* no report before this, in milliseconds; 0: at once */
	struct watch watch;
} counters[] = {
	{.path = TASK "/memory.events", .line = "oom_kill ", .kind = EVENT_MEMORY},
	{.path = TASK "/pids.events", .line = "max ", .kind = EVENT_PROCESSES},
};

#define COUNTERS (sizeof counters / sizeof *counters)
#define QUIET 1000 /* between two EVENTs of a kind: a fork bomb strikes its limit all the time */

/*
 * Near its limit a group may find a page of a program's file to drop again and again, which it then reads again, and the
 * kernel, seeing progress, never gives the limit up as reached. So the limit counts as struck too when all the group's
 * processes wait for memory for most of a while (Documentation/accounting/psi.rst, "full") and what cannot be dropped
 * fills most of it: a task that only reads large files waits as well.
 */
#define STALL "full 5000000 8000000" /* microseconds of a window of so many */
#define FILLED_PERCENT 70

static struct watch stall = {.fd = -1};
static uint64_t memory_limit;
static uint32_t stalls;

static int cgroup = -1;

static uint64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t counter_read(const struct counter *counter)
{
	char text[512];
	ssize_t length = pread(counter->watch.fd, text, sizeof text - 1, 0);
	if (length <= 0)
		return counter->told;
	text[length] = 0;
	/* Of a line's start: "max " is also the end of another's. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, counter->line, strlen(counter->line)) == 0)
			return strtoull(line + strlen(counter->line), NULL, 10);
	}
	return counter->told;
}

static void counter_check(struct counter *counter)
{
	uint64_t now = counter_read(counter);
	if (now <= counter->told)
		return;
	counter->told = now;
	counter->quiet_until = milliseconds() + QUIET;
	encode_event(port_out(), counter->kind, (uint32_t)(now - counter->before));
}

static void counter_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	counter_check(watch->owner);
}

/* The number after `line` in a file of the group; 0 where there is none. */
static uint64_t read_number(const char *path, const char *line)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[length > 0 ? length : 0] = 0;
	const char *found = strncmp(text, line + 1, strlen(line + 1)) == 0 ? text - 1 : strstr(text, line);
	return found ? strtoull(found + strlen(line), NULL, 10) : 0;
}

static void stalled(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	uint64_t kept = read_number(TASK "/memory.stat", "\nanon ") + read_number(TASK "/memory.stat", "\nshmem ");
	if (memory_limit && kept / FILLED_PERCENT >= memory_limit / 100)
		encode_event(port_out(), EVENT_MEMORY, ++stalls);
}

static void watch_stalls(void)
{
	stall = (struct watch){.ready = stalled};
	stall.fd = open(TASK "/memory.pressure", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (stall.fd >= 0 && write(stall.fd, STALL, sizeof STALL) > 0)
		watch_want(&stall, EPOLLPRI);
	else
		say("the kernel does not tell how long processes wait for memory");
}

int limits_prepare(void)
{
	int wait = -1;
	for (unsigned i = 0; i < COUNTERS; i++) {
		struct counter *counter = &counters[i];
		uint64_t now = counter->quiet_until ? milliseconds() : 0;
		if (now >= counter->quiet_until)
			counter->quiet_until = 0;
		if (counter->watch.fd >= 0)
			watch_want(&counter->watch, counter->quiet_until ? 0 : EPOLLPRI);
		int left = (int)(counter->quiet_until ? counter->quiet_until - now : 0);
		if (left && (wait < 0 || left < wait))
			wait = left;
	}
	return wait;
}

void limits_check(void)
{
	for (unsigned i = 0; i < COUNTERS; i++)
		if (counters[i].watch.fd >= 0)
			counter_check(&counters[i]);
}

void limits_forget(void)
{
	for (unsigned i = 0; i < COUNTERS; i++) {
		counters[i].quiet_until = 0;
		if (counters[i].watch.fd >= 0)
			counters[i].told = counters[i].before = counter_read(&counters[i]);
	}
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return error;
}

void limits_open(void)
{
	/* Each by itself: a kernel may lack one of them. */
	if (write_file(ROOT "/cgroup.subtree_control", "+memory") || write_file(ROOT "/cgroup.subtree_control", "+pids"))
		say("the kernel cannot limit memory or processes");
	mkdir(TASK, 0755);
	cgroup = open(TASK, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (unsigned i = 0; i < COUNTERS; i++) {
		struct watch *watch = &counters[i].watch;
		*watch = (struct watch){.ready = counter_ready, .owner = &counters[i]};
		watch->fd = open(counters[i].path, O_RDONLY | O_CLOEXEC);
	}
	watch_stalls();
	limits_forget();
}

int limits_cgroup(void)
{
	return cgroup;
}

static int set_limit(const char *path, uint64_t limit)
{
	char text[32] = "max";
	if (limit)
		snprintf(text, sizeof text, "%llu", (unsigned long long)limit);
	return write_file(path, text);
}

void limits_set(uint32_t id, const union request *request)
{
	int error = set_limit(TASK "/memory.max", request->limits.memory);
	memory_limit = request->limits.memory;
	if (!error)
		error = set_limit(TASK "/pids.max", request->limits.processes);
	if (error)
		encode_error(port_out(), id, error == ENOENT ? UNSUPPORTED : INPUT_OUTPUT, (uint16_t)error, "control group");
	else
		encode_bare(port_out(), id, OK);
}

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
	if (!error)
		error = set_limit(TASK "/pids.max", request->limits.processes);
	if (error)
		encode_error(port_out(), id, error == ENOENT ? UNSUPPORTED : INPUT_OUTPUT, (uint16_t)error, "control group");
	else
		encode_bare(port_out(), id, OK);
}

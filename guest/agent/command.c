#include "command.h"

#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define DEFAULTS 6

static bool refuse(struct command *command, uint16_t code, const char *reason, const char *detail)
{
	command->code = code;
	snprintf(command->reason, sizeof command->reason, "%s%s", reason, detail);
	return false;
}

static const char *find_variable(char **environment, const char *name)
{
	size_t length = strlen(name);
	for (; *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* Copies the strings of a list to `at`, pointers to them to `pointers`; returns where the copies end. */
static char *copy_list(struct list list, char **pointers, char *at)
{
	struct reader reader = reader_of(list.wire.at, list.wire.length);
	for (unsigned i = 0; i < list.count; i++) {
		struct slice string = read_string(&reader);
		pointers[i] = at;
		slice_copy(string, at, (size_t)string.length + 1);
		at += string.length + 1;
	}
	return at;
}

/* A variable that the host did not give gets its usual value. */
static void add_defaults(struct command *command, char **environment, char *at)
{
	const char *defaults[DEFAULTS][2] = {
		{"HOME", command->account.home}, {"USER", command->account.name}, {"LOGNAME", command->account.name},
		{"PATH", DEFAULT_PATH}, {"LANG", "C.UTF-8"}, {"TERM", command->plan.terminal ? "xterm-256color" : NULL},
	};
	char **end = environment;
	while (*end)
		end++;
	for (int i = 0; i < DEFAULTS; i++) {
		if (!defaults[i][1] || find_variable(environment, defaults[i][0]))
			continue;
		*end++ = at;
		*end = NULL;
		at += sprintf(at, "%s=%s", defaults[i][0], defaults[i][1]) + 1;
	}
}

static void copy_strings(struct command *command, struct list arguments, struct list environment)
{
	size_t pointers = (size_t)arguments.count + 1 + environment.count + DEFAULTS + 1;
	/* Each string on the wire has four bytes more than it needs here, but for the defaults. */
	size_t bytes = arguments.wire.length + environment.wire.length + 1024;
	char **memory = calloc(1, pointers * sizeof *memory + bytes);
	command->strings = (char *)memory;
	if (!memory)
		return;
	command->plan.arguments = memory;
	command->plan.environment = memory + arguments.count + 1;
	char *at = (char *)(memory + pointers);
	at = copy_list(arguments, command->plan.arguments, at);
	at = copy_list(environment, command->plan.environment, at);
	add_defaults(command, command->plan.environment, at);
	command->plan.search_path = find_variable(command->plan.environment, "PATH");
}

bool command_prepare(struct command *command, const union request *request)
{
	memset(command, 0, sizeof *command);
	for (int i = 0; i < 3; i++)
		command->theirs[i] = command->ours[i] = -1;
	command->rows = request->exec.rows;
	command->columns = request->exec.columns;
	command->plan.terminal = request->exec.flags & EXEC_PTY;
	command->plan.cgroup = limits_cgroup();
	command->plan.account = &command->account;
	command->plan.cwd = command->cwd;

	char user[64];
	if (!slice_copy(request->exec.user, user, sizeof user) || !account_find(user, &command->account))
		return refuse(command, BAD_REQUEST, "no such user: ", user);
	if (!slice_copy(request->exec.cwd, command->cwd, sizeof command->cwd))
		return refuse(command, BAD_REQUEST, "working directory: name too long", "");
	if (!*command->cwd)
		strcpy(command->cwd, command->account.home);
	if (request->exec.arguments.count == 0)
		return refuse(command, BAD_REQUEST, "no program named", "");
	copy_strings(command, request->exec.arguments, request->exec.environment);
	return command->strings || refuse(command, OVER_LIMIT, "out of memory", "");
}

static bool connect_terminal(struct command *command)
{
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), unlocked = 0;
	command->ours[1] = master;
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		return false;
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	command->theirs[0] = command->theirs[1] = command->theirs[2] = slave;
	struct winsize size = {.ws_row = command->rows, .ws_col = command->columns};
	/* The user may open its terminal again by name. */
	if (slave < 0 || fchown(slave, command->account.uid, (gid_t)-1) < 0 || ioctl(slave, TIOCSWINSZ, &size) < 0)
		return false;
	return (command->ours[0] = fcntl(master, F_DUPFD_CLOEXEC, 3)) >= 0;
}

static bool connect_pipes(struct command *command)
{
	for (int i = 0; i < 3; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC) < 0)
			return false;
		command->theirs[i] = ends[i == 0 ? 0 : 1];
		command->ours[i] = ends[i == 0 ? 1 : 0];
		if (fcntl(command->ours[i], F_SETFL, O_NONBLOCK) < 0)
			return false;
	}
	return true;
}

bool command_connect(struct command *command, bool terminal)
{
	bool connected = terminal ? connect_terminal(command) : connect_pipes(command);
	for (int i = 0; i < 3; i++)
		command->plan.descriptors[i] = command->theirs[i];
	return connected;
}

void command_free(struct command *command)
{
	for (int i = 0; i < 3; i++) {
		if (command->theirs[i] >= 0 && (i == 0 || command->theirs[i] != command->theirs[0]))
			close(command->theirs[i]);
		if (command->ours[i] >= 0)
			close(command->ours[i]);
	}
	free(command->strings);
}

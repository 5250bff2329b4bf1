#include "spawn.h"

#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPEN_FILES 1024
#define OPEN_FILES_MOST 524288

/*
 * From here to the exec the child runs in the agent's memory while the agent stands still (vfork), which is what makes
 * starting a program quick. So: system calls only, nothing allocated, and failure is told by writing into the plan.
 */

static bool write_zero(int fd)
{
	return write(fd, "0", 1) == 1;
}

static bool leave_agent(void)
{
	if (setsid() < 0)
		return false;
	int adjustment = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (adjustment < 0 || !write_zero(adjustment))
		return false;
	struct rlimit none = {0, 0}, files = {OPEN_FILES, OPEN_FILES_MOST};
	return setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_NOFILE, &files) == 0;
}

static bool set_descriptors(const struct spawn *plan)
{
	for (int i = 0; i < 3; i++)
		if (dup2(plan->descriptors[i], i) < 0)
			return false;
	return !plan->terminal || ioctl(0, TIOCSCTTY, 0) == 0;
}

/* By bare system calls: the library's versions would try to stop the threads of the agent. */
static bool become(const struct account *account)
{
	return syscall(SYS_setgroups, account->group_count, account->groups) == 0 &&
	       syscall(SYS_setgid, account->gid) == 0 && syscall(SYS_setuid, account->uid) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void restore_signals(void)
{
	signal(SIGPIPE, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As execvp: a program that may not be run is not the end of the search, but decides the error. */
static int execute_from_path(const struct spawn *plan)
{
	char path[PATH_MAX];
	const char *name = plan->arguments[0], *at = plan->search_path;
	size_t name_length = strlen(name);
	int error = ENOENT;
	for (;;) {
		size_t length = strcspn(at, ":");
		if (length + name_length + 2 <= sizeof path) {
			memcpy(path, at, length);
			if (length)
				path[length++] = '/';
			memcpy(path + length, name, name_length + 1);
			execve(path, plan->arguments, plan->environment);
			if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
				return errno;
			if (errno == EACCES)
				error = EACCES;
		}
		at += strcspn(at, ":");
		if (!*at++)
			return error;
	}
}

static _Noreturn void fail(struct spawn *plan, enum spawn_stage stage, int error)
{
	plan->stage = stage;
	plan->error = error;
	_exit(127);
}

/* A function of its own, so that it leaves the frame it shares with the agent alone. */
static _Noreturn __attribute__((noinline)) void run_child(struct spawn *plan)
{
	if (!leave_agent() || !set_descriptors(plan) || !become(plan->account))
		fail(plan, SPAWN_SETUP, errno);
	if (chdir(plan->cwd) < 0)
		fail(plan, SPAWN_CWD, errno);
	restore_signals();
	if (!*plan->arguments[0])
		fail(plan, SPAWN_EXEC, ENOENT);
	if (!strchr(plan->arguments[0], '/'))
		fail(plan, SPAWN_EXEC, execute_from_path(plan));
	execve(plan->arguments[0], plan->arguments, plan->environment);
	fail(plan, SPAWN_EXEC, errno);
}

pid_t spawn(struct spawn *plan)
{
	plan->error = 0;
	long pid = plan->cgroup >= 0 ? vfork_into(plan->cgroup) : vfork();
	if (pid == 0)
		run_child(plan);
	if (pid < 0) {
		plan->stage = SPAWN_FORK;
		plan->error = plan->cgroup >= 0 ? (int)-pid : errno;
	} else if (plan->error) {
		waitpid((pid_t)pid, NULL, 0);
		pid = -1;
	}
	return pid < 0 ? -1 : (pid_t)pid;
}

#include "boot.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAIN (MS_NOSUID | MS_NODEV)

static const struct {
	const char *type, *target, *options;
	unsigned long flags;
} mounts[] = {
	{"devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
	{"tmpfs", "/dev/shm", "mode=1777", PLAIN},
	{"tmpfs", "/run", "mode=0755", PLAIN},
	{"tmpfs", "/tmp", "mode=1777", PLAIN},
	{"tmpfs", "/in", "mode=0755", PLAIN},
	{"tmpfs", "/out", "mode=0755,uid=1000,gid=1000", PLAIN},
	{"cgroup2", "/sys/fs/cgroup", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

static const char *const links[][2] = {
	{"/proc/self/fd", "/dev/fd"},
	{"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"},
	{"/proc/self/fd/2", "/dev/stderr"},
	{"pts/ptmx", "/dev/ptmx"},
};

/* A kernel without one of these is not worse for it than it was. The first must be as it is, or be said. */
static const char *const settings[][2] = {
	{"/proc/sys/kernel/modules_disabled", "1"},
	{"/proc/sys/kernel/kptr_restrict", "2"},
	{"/proc/sys/kernel/dmesg_restrict", "1"},
	{"/proc/sys/kernel/unprivileged_bpf_disabled", "1"},
	{"/proc/sys/kernel/perf_event_paranoid", "3"},
	{"/proc/sys/kernel/yama/ptrace_scope", "1"},
	{"/proc/sys/kernel/kexec_load_disabled", "1"},
	{"/proc/sys/kernel/sysrq", "0"},
	/* Every address is local, and none shall seem to be there. */
	{"/proc/sys/net/ipv4/icmp_echo_ignore_all", "1"},
	{"/proc/sys/net/ipv6/icmp/echo_ignore_all", "1"},
	{"/proc/sys/net/ipv4/ping_group_range", "1 0"},
	/* Thousands of short connections a second. */
	{"/proc/sys/net/core/somaxconn", "4096"},
	{"/proc/sys/net/ipv4/tcp_tw_reuse", "1"},
};

static void bring_loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		say("cannot bring lo up: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

static bool set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, value, strlen(value)) > 0;
	if (fd >= 0)
		close(fd);
	return done;
}

static void make_home(void)
{
	struct stat status;
	mkdir("/home", 0755);
	mkdir("/home/user", 0755);
	/* Changed only if need be: that would copy it into RAM. */
	if (stat("/home/user", &status) == 0 && status.st_uid != 1000 && chown("/home/user", 1000, 1000) < 0)
		say("cannot give /home/user to its user: %s", strerror(errno));
}

/* What a display's programs, which are the user's, have beside the agent's own files. */
static void make_user_directory(const char *path)
{
	if (mkdir(path, 0755) < 0 || chown(path, 1000, 1000) < 0)
		say("cannot make %s: %s", path, strerror(errno));
}

void boot_furnish(void)
{
	/* The kernel's device node is another one than that of our devpts. */
	unlink("/dev/ptmx");
	for (unsigned i = 0; i < sizeof links / sizeof *links; i++)
		if (symlink(links[i][0], links[i][1]) < 0 && errno != EEXIST)
			say("cannot make %s: %s", links[i][1], strerror(errno));
	for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].target, 0755);
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type, mounts[i].flags, mounts[i].options) < 0)
			die("cannot mount %s at %s: %s", mounts[i].type, mounts[i].target, strerror(errno));
	}
	mkdir("/run/mayfly", 0755);
	make_user_directory("/run/mayfly/display");
	make_user_directory("/run/mayfly/printed");
	make_home();
	bring_loopback_up();
	for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++)
		if (!set(settings[i][0], settings[i][1]) && i == 0)
			say("modules can still be loaded: %s", strerror(errno));
	set("/proc/self/oom_score_adj", "-1000");
}

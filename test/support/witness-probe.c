/* Does one thing that the witness is to see, told by the first argument. Harmless; what the kernel refuses is no failure. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void calls(void)
{
	char byte = 1;
	struct iovec here = {&byte, 1};
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	ptrace(PTRACE_ATTACH, child, NULL, NULL);
	waitpid(child, NULL, 0);
	ptrace(PTRACE_DETACH, child, NULL, NULL);
	syscall(SYS_process_vm_writev, child, &here, 1UL, &here, 1UL, 0UL);
	kill(child, 9);
	waitpid(child, NULL, 0);
	syscall(SYS_init_module, "", 0UL, "");
	syscall(SYS_finit_module, 0, "", 0);
	syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL);
	syscall(SYS_keyctl, 0, -3, 0);
	syscall(SYS_bpf, 99, NULL, 0);
	syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0UL);
	syscall(SYS_setns, -1, 0);
	syscall(SYS_reboot, 0, 0, 0, NULL);
	mount("none", "/mnt", "tmpfs", 0, NULL);
	unshare(CLONE_NEWUSER);
}

static void memory(void)
{
	char buffer[65536];
	int from = open("/proc/self/exe", O_RDONLY), to = (int)syscall(SYS_memfd_create, "hidden", 0);
	for (ssize_t got; (got = read(from, buffer, sizeof buffer)) > 0;)
		if (write(to, buffer, (size_t)got) != got)
			exit(1);
	fexecve(to, (char *[]){"kworker", "nothing", NULL}, (char *[]){NULL});
	exit(1);
}

static void sockets(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7001), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_un hidden = {.sun_family = AF_UNIX, .sun_path = "\0hidden"}, plain = {.sun_family = AF_UNIX, .sun_path = "/tmp/plain"};
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0), one = socket(AF_UNIX, SOCK_STREAM, 0),
	    two = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(tcp, (void *)&address, sizeof address) || listen(tcp, 1) || bind(udp, (void *)&address, sizeof address) ||
	    bind(one, (void *)&hidden, sizeof(sa_family_t) + 7) || listen(one, 1) || bind(two, (void *)&plain, sizeof plain) || listen(two, 1))
		exit(errno);
}

/* The same over IPv6: on all addresses, on one, and an IPv4 address in IPv6's form. */
static void sockets6(void)
{
	static const char *const addresses[] = {"::", "::1", "::ffff:127.0.0.1"};
	for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(7002 + i)};
		int tcp = socket(AF_INET6, SOCK_STREAM, 0), udp = socket(AF_INET6, SOCK_DGRAM, 0);
		if (inet_pton(AF_INET6, addresses[i], &address.sin6_addr) != 1 || bind(tcp, (void *)&address, sizeof address) || listen(tcp, 1) ||
		    bind(udp, (void *)&address, sizeof address))
			exit(errno);
	}
}

/* A process that runs nothing. Its parent's memory is lent, not copied, which would cost most under emulation. */
static __attribute__((noinline)) pid_t short_life(void)
{
	pid_t child = vfork();
	if (child == 0)
		_exit(0);
	return child;
}

/* So many, one after another. */
static void forks(long count)
{
	for (long i = 0; i < count; i++)
		waitpid(short_life(), NULL, 0);
}

/* So many files made and removed: two events each. */
static void files(long count)
{
	for (long i = 0; i < count; i++) {
		close(open("/tmp/flood", O_CREAT | O_WRONLY, 0600));
		unlink("/tmp/flood");
	}
}

static void long_argument(const char *self)
{
	char *arguments[12] = {"long"};
	for (int i = 1; i <= 10; i++) {
		arguments[i] = malloc(100001);
		memset(arguments[i], 'a', 100000);
		arguments[i][100000] = 0;
	}
	execv(self, arguments);
	exit(errno);
}

int main(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "";
	long number = count > 2 ? atol(arguments[2]) : 0;
	if (strcmp(what, "calls") == 0)
		calls();
	else if (strcmp(what, "memory") == 0)
		memory();
	else if (strcmp(what, "sockets") == 0)
		sockets();
	else if (strcmp(what, "sockets6") == 0)
		sockets6();
	else if (strcmp(what, "forks") == 0)
		forks(number);
	else if (strcmp(what, "files") == 0)
		files(number);
	else if (strcmp(what, "long") == 0)
		long_argument(arguments[0]);
	else if (strcmp(what, "users") == 0)
		return setgid(1000) || setuid(1000) || setuid(0) != -1;
	return 0;
}

/*
 * vfork into a control group, which the library has no function for. Joining one after the fork makes the kernel wait
 * for a grace period, some 10 ms of every command; being born there costs nothing.
 */
#ifndef CLONE_H
#define CLONE_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

/* linux/sched.h */
#define CLONE3_VM 0x00000100ull
#define CLONE3_VFORK 0x00004000ull
#define CLONE3_INTO_CGROUP 0x200000000ull

struct clone3_arguments {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/* As vfork, and like it to be called from a function that does not return in the child. Gives -errno. */
static inline __attribute__((always_inline)) long vfork_into(int cgroup)
{
	struct clone3_arguments arguments = {
		.flags = CLONE3_VM | CLONE3_VFORK | CLONE3_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup,
	};
#if defined __x86_64__
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"((long)SYS_clone3), "D"(&arguments), "S"(sizeof arguments)
			 : "rcx", "r11", "memory");
	return result;
#elif defined __aarch64__
	register long number __asm__("x8") = SYS_clone3;
	register long result __asm__("x0") = (long)&arguments;
	register long size __asm__("x1") = sizeof arguments;
	__asm__ volatile("svc 0" : "+r"(result) : "r"(number), "r"(size) : "memory");
	return result;
#else
	(void)arguments;
	return -ENOSYS;
#endif
}

#endif

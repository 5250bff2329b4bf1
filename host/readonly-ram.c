/*
 * Preloaded into QEMU before 8.2, which can map a RAM file copy-on-write only from a descriptor opened for writing.
 * Opens the template's RAM file read-only instead: a private mapping needs no more, so the file can sit on a
 * read-only mount that QEMU could not open otherwise. Freestanding, as it must fit any C library.
 */
#define RAM_FILE "/template/ram"
#define AT_FDCWD (-100)
#define SYS_OPENAT 257
#define O_ACCMODE 3

extern int *__errno_location(void);

static long openat4(const char *path, long flags, long mode)
{
	long result;
	register long r10 __asm__("r10") = mode;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)SYS_OPENAT), "D"((long)AT_FDCWD), "S"(path), "d"(flags), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

static int open_read_only(const char *path, int flags, int mode)
{
	const char *a = path, *b = RAM_FILE;
	while (*a && *a == *b)
		a++, b++;
	if (*a == *b)
		flags &= ~O_ACCMODE;
	long result = openat4(path, flags, mode);
	if (result < 0) {
		*__errno_location() = (int)-result;
		return -1;
	}
	return (int)result;
}

#define WITH_MODE(name)                                                 \
	int name(const char *path, int flags, ...)                      \
	{                                                               \
		__builtin_va_list list;                                 \
		__builtin_va_start(list, flags);                        \
		int mode = __builtin_va_arg(list, int);                 \
		__builtin_va_end(list);                                 \
		return open_read_only(path, flags, mode);               \
	}
#define WITHOUT_MODE(name)                                              \
	int name(const char *path, int flags)                           \
	{                                                               \
		return open_read_only(path, flags, 0);                  \
	}

WITH_MODE(open)
WITH_MODE(open64)
/* glibc's names for calls that were checked at compile time */
WITHOUT_MODE(__open_2)
WITHOUT_MODE(__open64_2)

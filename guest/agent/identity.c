#include "identity.h"

#include "linux.h"
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_FILE "/run/mayfly/boot_id"
#define BOOT_ID_KERNEL "/proc/sys/kernel/random/boot_id"

static bool known, boot_id_mounted;

bool identity_known(void)
{
	return known;
}

void identity_forget(void)
{
	known = false;
}

static bool add_entropy(struct slice entropy)
{
	/* struct rand_pool_info of linux/random.h */
	struct { int bits, size; uint8_t bytes[ENTROPY_MOST]; } pool = {
		.bits = (int)entropy.length * 8, .size = (int)entropy.length,
	};
	memcpy(pool.bytes, entropy.at, entropy.length);
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
	/* Without the second, siblings would go on with the same generator for up to a minute. */
	bool done = fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
	if (fd >= 0)
		close(fd);
	explicit_bzero(&pool, sizeof pool);
	return done;
}

static bool write_file(const char *path, mode_t mode, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool done = fd >= 0 && write(fd, text, length) == (ssize_t)length;
	if (fd >= 0)
		close(fd);
	return done;
}

static bool set_clock(uint64_t nanoseconds)
{
	struct timespec now = {
		.tv_sec = (time_t)(nanoseconds / 1000000000), .tv_nsec = (long)(nanoseconds % 1000000000),
	};
	return clock_settime(CLOCK_REALTIME, &now) == 0;
}

static bool set_hostname(struct slice slice)
{
	char name[HOSTNAME_MOST + 1], text[2 * HOSTNAME_MOST + 128];
	slice_copy(slice, name, sizeof name);
	if (sethostname(name, slice.length) < 0)
		return false;
	int length = snprintf(text, sizeof text, "%s\n", name);
	if (!write_file("/etc/hostname", 0644, text, (size_t)length))
		return false;
	length = snprintf(text, sizeof text, "127.0.0.1 localhost\n::1 localhost ip6-localhost\n127.0.1.1 %s\n", name);
	return write_file("/etc/hosts", 0644, text, (size_t)length);
}

static bool set_machine_id(struct slice slice)
{
	char text[MACHINE_ID_SIZE + 1];
	memcpy(text, slice.at, MACHINE_ID_SIZE);
	text[MACHINE_ID_SIZE] = '\n';
	return write_file("/etc/machine-id", 0444, text, sizeof text);
}

/* The kernel makes its own once and for all at boot, so ours is laid over it. */
static bool set_boot_id(struct slice slice)
{
	char text[BOOT_ID_SIZE + 1];
	memcpy(text, slice.at, BOOT_ID_SIZE);
	text[BOOT_ID_SIZE] = '\n';
	if (!write_file(BOOT_ID_FILE, 0444, text, sizeof text))
		return false;
	if (!boot_id_mounted)
		boot_id_mounted = mount(BOOT_ID_FILE, BOOT_ID_KERNEL, NULL, MS_BIND, NULL) == 0;
	return boot_id_mounted;
}

void identity_set(uint32_t id, const union request *request)
{
	const char *failed = NULL;
	if (!add_entropy(request->identity.entropy))
		failed = "entropy";
	else if (!set_clock(request->identity.realtime))
		failed = "clock";
	else if (!set_hostname(request->identity.hostname))
		failed = "hostname";
	else if (!set_machine_id(request->identity.machine_id))
		failed = "machine-id";
	else if (!set_boot_id(request->identity.boot_id))
		failed = "boot-id";
	known = !failed;
	if (known)
		encode_bare(port_out(), id, OK);
	else
		encode_error(port_out(), id, INPUT_OUTPUT, (uint16_t)errno, failed);
}

#include "boot.h"

#include "linux.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define ROOT_DEVICE "/dev/vda"
#define DEVICE_TRIES 1000 /* of 5 ms */

static int lower = -1, upper = -1;
static uint32_t layers[2];

static void must_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *options)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, options) < 0)
		die("cannot mount %s at %s: %s", type ? type : source, target, strerror(errno));
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);
	for (int i = 0; fd >= 0 && i < 3; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = strlen(path);
	int flags = length > 3 && strcmp(path + length - 3, ".ko") == 0 ? 0 : MODULE_INIT_COMPRESSED_FILE;
	/* Built into the kernel, or not in this image: whether it is missed will show. */
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", flags) < 0 && errno != EEXIST))
		say("module %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void load_modules(void)
{
	FILE *file = fopen("/modules", "re");
	if (!file) {
		say("no /modules: loading none");
		return;
	}
	char line[512];
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\r\n")] = 0;
		if (*line && *line != '#')
			load_module(line);
	}
	fclose(file);
}

/* The file system of the root image. */
static const char *read_profile(void)
{
	const char *root_type = "squashfs";
	FILE *file = fopen("/profile.conf", "re");
	if (!file)
		return root_type;
	char line[128];
	while (fgets(line, sizeof line, file)) {
		line[strcspn(line, "\r\n")] = 0;
		if (strcmp(line, "root=erofs") == 0)
			root_type = "erofs";
		else if (strncmp(line, "root=", 5) == 0 && strcmp(line, "root=squashfs") != 0)
			die("profile.conf: unknown %s", line);
	}
	fclose(file);
	return root_type;
}

static void wait_for_device(void)
{
	struct timespec pause = {.tv_nsec = 5000000};
	for (int tries = 0; access(ROOT_DEVICE, F_OK) < 0; tries++) {
		if (tries == DEVICE_TRIES)
			die("no root device: " ROOT_DEVICE " did not appear within 5 seconds");
		nanosleep(&pause, NULL);
	}
}

/* Frees the memory of the initramfs: everything on its own file system is removed, this program's file too. */
static void remove_tree(int parent, const char *name, dev_t device)
{
	struct stat status;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	DIR *directory = fstat(fd, &status) == 0 && status.st_dev == device ? fdopendir(fd) : NULL;
	if (!directory) {
		close(fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) < 0) {
			remove_tree(fd, entry->d_name, device);
			unlinkat(fd, entry->d_name, AT_REMOVEDIR);
		}
	}
	closedir(directory);
}

static uint32_t device_of(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 ? major(status.st_dev) << 20 | minor(status.st_dev) : 0;
}

int boot_lower(void)
{
	return lower;
}

int boot_upper(void)
{
	return upper;
}

uint32_t boot_root_device(void)
{
	return device_of("/");
}

const uint32_t *boot_layers(void)
{
	return layers;
}

static void switch_root(void)
{
	static const char *const moved[] = {"/proc", "/sys", "/dev"};
	char target[32];
	for (unsigned i = 0; i < sizeof moved / sizeof *moved; i++) {
		snprintf(target, sizeof target, "/root%s", moved[i]);
		must_mount(moved[i], target, NULL, MS_MOVE, NULL);
	}
	/* The overlay holds its layers itself; nobody else needs to reach them. */
	umount2("/lower", MNT_DETACH);
	umount2("/memory", MNT_DETACH);
	struct stat status;
	if (stat("/", &status) == 0)
		remove_tree(AT_FDCWD, "/", status.st_dev);
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		die("cannot switch to the root: %s", strerror(errno));
}

void boot_root(void)
{
	umask(022);
	must_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	must_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755");
	open_console();
	load_modules();

	const char *root_type = read_profile();
	wait_for_device();
	must_mount(ROOT_DEVICE, "/lower", root_type, MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
	must_mount("tmpfs", "/memory", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
	if (mkdir("/memory/upper", 0755) < 0 || mkdir("/memory/work", 0755) < 0)
		die("cannot prepare the overlay: %s", strerror(errno));
	must_mount("overlay", "/root", "overlay", MS_NOSUID | MS_NODEV | MS_NOATIME,
		   "lowerdir=/lower,upperdir=/memory/upper,workdir=/memory/work");
	lower = open("/lower", O_PATH | O_DIRECTORY | O_CLOEXEC);
	upper = open("/memory/upper", O_PATH | O_DIRECTORY | O_CLOEXEC);
	layers[0] = device_of("/lower");
	layers[1] = device_of("/memory");
	switch_root();
}

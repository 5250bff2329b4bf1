#include "witness_place.h"

#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNTS_MOST 64
#define NAMES_MOST 64

static struct mount { uint32_t device; char at[256]; } mounts[MOUNTS_MOST];
static unsigned count;
static bool fresh; /* read since it was last forgotten */

void place_forget(void)
{
	fresh = false;
}

/* Octal, as mountinfo writes what would end a field. */
static void unescape(char *text)
{
	char *to = text;
	for (; *text; to++)
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
			text += 4;
		} else
			*to = *text++;
	*to = 0;
}

static void read_mounts(void)
{
	char line[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	count = 0;
	fresh = true;
	while (file && count < MOUNTS_MOST && fgets(line, sizeof line, file)) {
		unsigned major, minor;
		char root[256], at[256];
		if (sscanf(line, "%*u %*u %u:%u %255s %255s", &major, &minor, root, at) != 4 || strcmp(root, "/") != 0)
			continue;
		unescape(at);
		mounts[count].device = major << 20 | minor;
		strcpy(mounts[count++].at, at);
	}
	if (file)
		fclose(file);
}

static const char *mount_of(uint32_t device)
{
	for (int again = 0; again < 2; again++) {
		for (unsigned i = 0; i < count; i++)
			if (mounts[i].device == device)
				return strcmp(mounts[i].at, "/") == 0 ? "" : mounts[i].at;
		if (fresh)
			break;
		read_mounts();
	}
	return "?"; /* mounted where the agent does not see it */
}

void place_path(const char *names, size_t length, uint32_t device, char *path, size_t size)
{
	const char *list[NAMES_MOST];
	unsigned found = 0;
	for (size_t at = 0; at < length && found < NAMES_MOST; at += strnlen(names + at, length - at) + 1)
		list[found++] = names + at;
	bool whole = found > 0 && strcmp(list[found - 1], "/") == 0;
	/* What is in no directory has but a name: memfd:name. */
	if (!whole && found == 1) {
		snprintf(path, size, "%s", list[0]);
		return;
	}
	size_t used = (size_t)snprintf(path, size, "%s%s", mount_of(device), whole ? "" : "/…");
	for (unsigned i = whole ? found - 1 : found; i-- > 0 && used < size;)
		used += (size_t)snprintf(path + used, size - used, "/%s", list[i]);
	if (!*path)
		snprintf(path, size, "/");
}

bool place_is_image(const char *path, uint32_t device)
{
	struct stat status;
	int lower = boot_lower(), upper = boot_upper();
	if (device != boot_root_device() || *path != '/' || lower < 0 || upper < 0)
		return false;
	/* What was changed or removed has something in the upper layer, the file or one of its directories. */
	return fstatat(upper, path + 1, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
	       fstatat(lower, path + 1, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

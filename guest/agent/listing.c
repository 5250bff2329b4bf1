/* LIST: a walk of a directory tree, written as records into a file in memory that is then sent like any other. */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LISTING_MOST (16 * 1024 * 1024)
#define WRITTEN_AT (32 * 1024)
#define DEPTH_MOST 128 /* each level holds a descriptor open */

struct walk {
	int file; /* in memory */
	struct buffer records;
	uint64_t bytes;
	uint32_t entries, entries_most;
	unsigned depth_most;
	char path[PATH_MAX]; /* relative to the root */
	int error;
	bool over; /* a limit, which is the error then */
};

static bool flush(struct walk *walk)
{
	while (buffer_length(&walk->records) > 0) {
		ssize_t count = write(walk->file, buffer_head(&walk->records), buffer_length(&walk->records));
		if (count <= 0) {
			walk->error = errno;
			return false;
		}
		buffer_consume(&walk->records, (size_t)count);
	}
	return true;
}

static bool over_limit(struct walk *walk)
{
	walk->over = true;
	return false;
}

static uint8_t kind_of(mode_t mode)
{
	return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : 'o';
}

static bool record(struct walk *walk, const struct stat *status)
{
	size_t before = buffer_length(&walk->records);
	write_integer(&walk->records, kind_of(status->st_mode), 1);
	write_integer(&walk->records, status->st_mode & 07777, 4);
	write_integer(&walk->records, (uint64_t)status->st_size, 8);
	write_string(&walk->records, walk->path, strlen(walk->path));
	walk->bytes += buffer_length(&walk->records) - before;
	if (++walk->entries > walk->entries_most || walk->bytes > LISTING_MOST)
		return over_limit(walk);
	return buffer_length(&walk->records) < WRITTEN_AT || flush(walk);
}

/* Takes the descriptor over. What vanishes meanwhile is left out. */
static bool walk_directory(struct walk *walk, int fd, unsigned depth)
{
	DIR *directory = fdopendir(fd);
	if (!directory) {
		walk->error = errno;
		close(fd);
		return false;
	}
	size_t length = strlen(walk->path);
	bool fine = true;
	for (struct dirent *entry; fine && (entry = readdir(directory));) {
		struct stat status;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		size_t name_length = strlen(entry->d_name);
		if (depth > walk->depth_most || length + name_length + 2 > sizeof walk->path) {
			fine = over_limit(walk);
			break;
		}
		if (length)
			walk->path[length] = '/';
		strcpy(walk->path + length + (length > 0), entry->d_name);
		fine = record(walk, &status);
		if (fine && S_ISDIR(status.st_mode)) {
			int child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child >= 0)
				fine = walk_directory(walk, child, depth + 1);
		}
		walk->path[length] = 0;
	}
	closedir(directory);
	return fine;
}

static void listing_ended(struct stream *stream, int error)
{
	(void)error;
	stream_end(stream);
	stream_close(stream);
}

static const struct stream_kind list_kind = {.source_ended = listing_ended, .dropped = stream_close};

void files_list(uint32_t id, const union request *request)
{
	struct stream *stream = stream_accept(id, &list_kind, NULL);
	if (!stream)
		return;
	char path[PATH_MAX];
	if (!slice_copy(request->list.path, path, sizeof path) || *path != '/') {
		stream_error(stream, BAD_REQUEST, 0, "not an absolute path");
		return;
	}
	struct walk walk = {.entries_most = request->list.entries, .depth_most = request->list.depth};
	if (walk.depth_most > DEPTH_MOST)
		walk.depth_most = DEPTH_MOST;
	int root = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0) {
		stream_error(stream, errno == ENOTDIR || errno == ELOOP ? BAD_REQUEST : files_error_code(errno), errno, path);
		return;
	}
	walk.file = memfd_create("listing", MFD_CLOEXEC);
	bool fine = walk_directory(&walk, root, 1) && flush(&walk) && lseek(walk.file, 0, SEEK_SET) == 0;
	buffer_clear(&walk.records);
	if (fine) {
		stream_set_source(stream, walk.file);
		return;
	}
	close(walk.file);
	if (walk.over)
		stream_error(stream, OVER_LIMIT, 0, "too many entries or levels");
	else
		stream_error(stream, files_error_code(walk.error), walk.error, path);
}

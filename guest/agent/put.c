/* PUT: a file written under a temporary name beside its target, which it replaces once complete. */
#include "account.h"
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_ALLOWED 01777 /* never setuid or setgid */

struct put {
	int directory;
	mode_t mode;
	struct account owner;
	char temporary[32], name[NAME_MAX + 1];
};

static void put_free(struct put *put, bool keep)
{
	if (!keep && *put->temporary)
		unlinkat(put->directory, put->temporary, 0);
	if (put->directory >= 0)
		close(put->directory);
	free(put);
}

static void fail(struct stream *stream, int error, const char *what)
{
	put_free(stream->owner, false);
	stream_error(stream, files_error_code(error), error, what);
}

static void content_complete(struct stream *stream)
{
	struct put *put = stream->owner;
	int fd = stream->sink.fd;
	/* The owner first: changing it may clear bits of the mode. */
	if (fchown(fd, put->owner.uid, put->owner.gid) < 0 || fchmod(fd, put->mode) < 0 ||
	    renameat(put->directory, put->temporary, put->directory, put->name) < 0) {
		fail(stream, errno, put->name);
		return;
	}
	put_free(put, true);
	stream_ok(stream);
}

static void writing_failed(struct stream *stream, int error)
{
	fail(stream, error, "writing");
}

static void dropped(struct stream *stream)
{
	put_free(stream->owner, false);
	stream_close(stream);
}

static const struct stream_kind put_kind = {
	.sink_ended = content_complete,
	.sink_failed = writing_failed,
	.dropped = dropped,
};

/* Like mkdir -p for all but the last component; what it makes belongs to the owner of the file. */
static void make_parents(char *path, const struct account *owner)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) == 0 && lchown(path, owner->uid, owner->gid) < 0)
			rmdir(path);
		*slash = '/';
	}
}

/* The descriptor of the new file, or -1 with errno. */
static int create_beside(struct put *put, char *path)
{
	char *name = strrchr(path, '/') + 1;
	if (strlen(name) > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(put->name, name);
	*name = 0;
	put->directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (put->directory < 0)
		return -1;
	static unsigned number;
	for (int tries = 0; tries < 100; tries++) {
		snprintf(put->temporary, sizeof put->temporary, ".mayfly-put-%u", number++);
		int fd = openat(put->directory, put->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			return fd;
		int error = errno;
		*put->temporary = 0;
		if ((errno = error) != EEXIST)
			break;
	}
	return -1;
}

void files_put(uint32_t id, const union request *request)
{
	struct put *put = calloc(1, sizeof *put);
	struct stream *stream = stream_accept(id, &put_kind, put);
	if (!stream || !put) {
		free(put);
		if (stream)
			stream_error(stream, OVER_LIMIT, ENOMEM, "put");
		return;
	}
	put->directory = -1;
	put->mode = request->put.mode & MODE_ALLOWED;
	char path[PATH_MAX], directory[PATH_MAX], owner[64];
	if (!slice_copy(request->put.path, path, sizeof path) || *path != '/' || path[strlen(path) - 1] == '/') {
		put_free(put, false);
		stream_error(stream, BAD_REQUEST, 0, "not an absolute path of a file");
		return;
	}
	if (!slice_copy(request->put.owner, owner, sizeof owner) || !account_find(owner, &put->owner)) {
		put_free(put, false);
		stream_error(stream, NOT_FOUND, 0, "no such owner");
		return;
	}
	if (request->put.flags & PUT_PARENTS)
		make_parents(path, &put->owner);
	strcpy(directory, path);
	int fd = create_beside(put, directory);
	if (fd < 0)
		fail(stream, errno, path);
	else
		stream_set_sink(stream, fd);
}

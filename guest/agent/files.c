#include "files.h"

#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

uint16_t files_error_code(int error)
{
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return NO_SPACE;
	case ENOENT:
		return NOT_FOUND;
	case EACCES:
	case EPERM:
	case EROFS:
		return NOT_PERMITTED;
	case EEXIST:
		return EXISTS_ALREADY;
	default:
		return INPUT_OUTPUT;
	}
}

static void content_ended(struct stream *stream, int error)
{
	if (error) {
		stream_error(stream, INPUT_OUTPUT, error, "reading");
		return;
	}
	stream_end(stream);
	stream_close(stream);
}

static const struct stream_kind get_kind = {.source_ended = content_ended, .dropped = stream_close};

/* -1: the stream has its ERROR. */
static int open_regular(struct stream *stream, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		/* A symlink or a socket cannot be opened so. */
		uint16_t code = errno == ELOOP || errno == ENXIO ? BAD_REQUEST : files_error_code(errno);
		stream_error(stream, code, errno, path);
		return -1;
	}
	struct stat status;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	stream_error(stream, BAD_REQUEST, 0, "not a regular file");
	return -1;
}

void files_get(uint32_t id, const union request *request)
{
	struct stream *stream = stream_accept(id, &get_kind, NULL);
	if (!stream)
		return;
	char path[PATH_MAX];
	if (!slice_copy(request->get.path, path, sizeof path) || *path != '/') {
		stream_error(stream, BAD_REQUEST, 0, "not an absolute path");
		return;
	}
	int fd = open_regular(stream, path);
	if (fd < 0)
		return;
	stream_set_source(stream, fd);
}

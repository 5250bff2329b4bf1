/*
 * A program in the guest connects to this socket, sends "NAME PORT\n" and, once the host agreed, reads "OK\n" and then
 * talks to whatever the host connected it to; or it reads "ERROR why\n".
 */
#include "forward.h"
#include "port.h"
#include "say.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/mayfly/outward"
#define WAITING_MOST 256
#define LINE_MOST 300
#define NAME_LONGEST 255

/* A program that has not been connected yet. */
struct program {
	struct program *next;
	struct watch watch;
	struct stream *stream; /* while the host is being asked */
	char line[LINE_MOST + 1];
	size_t used;
};

static struct watch listener = {.fd = -1};
static struct program *programs;
static unsigned waiting;
static uint32_t next_id = 2;

/* Keeps the descriptor open if `fd` asks for it. */
static void forget(struct program *program, int *fd)
{
	for (struct program **link = &programs; *link; link = &(*link)->next)
		if (*link == program) {
			*link = program->next;
			break;
		}
	waiting--;
	if (fd) {
		watch_remove(&program->watch);
		*fd = program->watch.fd;
	} else {
		watch_close(&program->watch);
	}
	free(program);
}

static void tell_error(int fd, const char *why, size_t length)
{
	char line[LINE_MOST + 16];
	int shown = length < LINE_MOST ? (int)length : LINE_MOST;
	int size = snprintf(line, sizeof line, "ERROR %.*s\n", shown, length ? why : "");
	for (int i = 0; i < size - 1; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	/* A line fits into a socket that nothing was written to yet; a program that is gone does not care. */
	if (write(fd, line, (size_t)size) < 0)
		return;
}

static void refuse(struct program *program, const char *why)
{
	tell_error(program->watch.fd, why, strlen(why));
	forget(program, NULL);
}

static void answered(struct stream *stream, const struct slice *refusal)
{
	struct program *program = stream->owner;
	int fd = -1;
	if (refusal) {
		tell_error(program->watch.fd, (const char *)refusal->at, refusal->length);
		forget(program, NULL);
		stream_close(stream);
		return;
	}
	forget(program, &fd);
	stream->owner = NULL;
	if (write(fd, "OK\n", 3) == 3 && forward_attach(stream, fd))
		return;
	close(fd);
	stream_reset(stream, INPUT_OUTPUT);
}

static void dropped(struct stream *stream)
{
	refuse(stream->owner, "the connection to the host was reset");
	stream_close(stream);
}

static const struct stream_kind asking_kind = {.answered = answered, .dropped = dropped};

static void ask(struct program *program, const char *name, unsigned port)
{
	program->stream = next_id < 0x80000000u ? stream_open(next_id, &asking_kind, program) : NULL;
	if (!program->stream) {
		refuse(program, "too many connections");
		return;
	}
	next_id += 2;
	program->stream->sink_opening = true;
	program->watch.events = 0;
	encode_outward(port_out(), program->stream->id, (uint16_t)port, name);
}

static void parse_line(struct program *program)
{
	char *line = program->line, *space = strchr(line, ' '), *rest = NULL;
	unsigned long port = space ? strtoul(space + 1, &rest, 10) : 0;
	if (!space || space == line || space - line > NAME_LONGEST || *rest || port < 1 || port > 65535) {
		refuse(program, "expected: NAME PORT");
		return;
	}
	*space = 0;
	ask(program, line, (unsigned)port);
}

/* Takes the line and not a byte more: what follows is for the other end. */
static void line_ready(struct watch *watch, short events)
{
	(void)events;
	struct program *program = watch->owner;
	char *at = program->line + program->used;
	ssize_t length = recv(watch->fd, at, LINE_MOST - program->used, MSG_PEEK);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0) {
		forget(program, NULL);
		return;
	}
	char *end = memchr(at, '\n', (size_t)length);
	length = recv(watch->fd, at, end ? (size_t)(end - at) + 1 : (size_t)length, 0);
	program->used += length > 0 ? (size_t)length : 0;
	if (end) {
		*end = 0;
		parse_line(program);
	} else if (program->used == LINE_MOST) {
		refuse(program, "expected: NAME PORT, and a newline");
	}
}

static void program_came(struct watch *watch, short events)
{
	(void)events;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	struct program *program = waiting < WAITING_MOST ? calloc(1, sizeof *program) : NULL;
	if (!program) {
		const char *why = "too many connections wait";
		tell_error(fd, why, strlen(why));
		close(fd);
		return;
	}
	program->watch = (struct watch){.fd = fd, .events = POLLIN, .ready = line_ready, .owner = program};
	watch_add(&program->watch);
	program->next = programs;
	programs = program;
	waiting++;
}

void outward_open(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener.fd < 0 || bind(listener.fd, (struct sockaddr *)&address, sizeof address) < 0 ||
	    chmod(SOCKET, 0666) < 0 || listen(listener.fd, 128) < 0)
		die("cannot listen at " SOCKET ": %s", strerror(errno));
	listener.events = POLLIN;
	listener.ready = program_came;
	watch_add(&listener);
}

void outward_reset(void)
{
	while (programs)
		refuse(programs, "the connection to the host was reset");
	next_id = 2;
}

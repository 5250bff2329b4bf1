#include "port.h"

#include "loop.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PORT_NAME "agent"
#define PORTS "/sys/class/virtio-ports"
#define WRITE_MOST 32768              /* more than this the driver does not take at once */
#define READ_MOST 4096                /* more than this the driver does not give at once */
#define OUTGOING_MOST (1024 * 1024)   /* beyond it, no more frames are read */
#define DETACHED_PAUSE 10             /* ms between looks for a host, as poll returns at once while there is none */
#define TURN_MOST (512 * 1024)        /* read in one turn, so that no flood starves the rest: what the driver holds */

static struct watch port = {.fd = -1};
static struct buffer incoming, outgoing;
static bool attached; /* a host was seen at the other end */
static void (*receive_frame)(struct header header, const uint8_t *payload);
static void (*settle_frames)(void);

static void deliver_frames(void)
{
	const uint8_t *next = buffer_head(&incoming);
	size_t left = buffer_length(&incoming);
	while (left >= HEADER_SIZE && buffer_length(&outgoing) <= OUTGOING_MOST) {
		struct header header;
		if (!header_decode(next, &header))
			die("malformed frame header from the host (stream %u, type 0x%02x)", header.stream, header.type);
		if (left < HEADER_SIZE + header.length)
			break;
		receive_frame(header, next + HEADER_SIZE);
		next += HEADER_SIZE + header.length;
		left -= HEADER_SIZE + header.length;
	}
	settle_frames();
	/* Not buffer_consume: while much comes, its memory (1 MiB at most) is needed again at once. */
	incoming.start = left ? incoming.end - left : 0;
	incoming.end = left ? incoming.end : 0;
}

static void detach(void)
{
	deliver_frames();
	/* Half a frame of either direction is worthless to the next host. */
	attached = false;
	buffer_clear(&incoming);
	buffer_clear(&outgoing);
}

static void port_read(void)
{
	for (unsigned taken = 0; taken < TURN_MOST;) {
		ssize_t count = read(port.fd, buffer_reserve(&incoming, READ_MOST), READ_MOST);
		if (count == 0) {
			detach();
			return;
		}
		if (count < 0)
			break;
		buffer_commit(&incoming, (size_t)count);
		taken += (unsigned)count;
		if (count < READ_MOST) /* Most likely all; if not, the next wait says so. */
			break;
	}
	deliver_frames();
}

static void port_ready(struct watch *watch, uint32_t events)
{
	(void)watch;
	if (events & (EPOLLIN | EPOLLHUP))
		port_read();
}

static int open_named_port(void)
{
	DIR *directory = opendir(PORTS);
	if (!directory)
		return -1;
	int fd = -1;
	for (struct dirent *entry; fd < 0 && (entry = readdir(directory));) {
		char path[300], name[64] = "";
		snprintf(path, sizeof path, PORTS "/%s/name", entry->d_name);
		int file = open(path, O_RDONLY | O_CLOEXEC);
		if (file < 0)
			continue;
		ssize_t length = read(file, name, sizeof name - 1);
		close(file);
		if (length <= 0)
			continue;
		name[strcspn(name, "\n")] = 0;
		if (strcmp(name, PORT_NAME) != 0)
			continue;
		snprintf(path, sizeof path, "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	closedir(directory);
	return fd;
}

void port_open(void (*receive)(struct header header, const uint8_t *payload), void (*settle)(void))
{
	struct timespec pause = {.tv_nsec = 5000000};
	/* The name arrives by a message of the device, some time after its driver was loaded. */
	for (int tries = 0; tries < 1000 && port.fd < 0; tries++) {
		port.fd = open_named_port();
		if (port.fd < 0)
			nanosleep(&pause, NULL);
	}
	if (port.fd < 0)
		die("no virtio-serial port named " PORT_NAME);
	receive_frame = receive;
	settle_frames = settle;
	port.ready = port_ready;
}

struct buffer *port_out(void)
{
	return &outgoing;
}

bool port_is_busy(void)
{
	return buffer_length(&outgoing) > PORT_BUSY;
}

static void write_out(void)
{
	while (buffer_length(&outgoing) > 0) {
		size_t size = buffer_length(&outgoing);
		ssize_t count = write(port.fd, buffer_head(&outgoing), size < WRITE_MOST ? size : WRITE_MOST);
		if (count <= 0)
			return;
		buffer_consume(&outgoing, (size_t)count);
	}
}

void port_flush(void)
{
	write_out();
	/* Frames that waited for room to be answered. */
	if (buffer_length(&incoming) > 0)
		deliver_frames();
}

int port_prepare(void)
{
	if (!attached) {
		/* What is read before the hang-up is over must be kept: data overtakes the news that a host came. */
		struct pollfd now = {.fd = port.fd, .events = POLLIN};
		attached = poll(&now, 1, 0) >= 0 && !(now.revents & POLLHUP);
	}
	uint32_t in = buffer_length(&outgoing) <= OUTGOING_MOST ? EPOLLIN : 0, out = buffer_length(&outgoing) > 0 ? EPOLLOUT : 0;
	watch_want(&port, attached ? in | out : 0);
	return attached ? -1 : DETACHED_PAUSE;
}

void port_finish(void)
{
	struct timespec pause = {.tv_nsec = 1000000};
	for (int tries = 0; tries < 200 && buffer_length(&outgoing) > 0; tries++) {
		write_out();
		nanosleep(&pause, NULL);
	}
}

/*
 * Runs in a guest, as a program of it would: what BusyBox has no tool for. Prints one line, or what it read.
 *
 *   udp ADDRESS PORT            what comes back for one datagram: "answered", or the error's name
 *   ping ADDRESS                the same for an echo request by an unprivileged ping socket, and by a raw one
 *   hold ADDRESS PORT COUNT     so many connections at a time, each sends its number and must get it back
 *   burst ADDRESS PORT COUNT    so many, one after another as fast as can be, none waited for: "MS RESET OTHER"
 *   push ADDRESS PORT BYTES     writes so many, then reads to the end: "MS BYTES-READ"
 *   pull ADDRESS PORT           ends its own direction, then reads to the end: "MS BYTES-READ"
 *   late ADDRESS PORT           reads to the end, then sends the same back
 *   first ADDRESS PORT COUNT    connects, sends a byte, waits for one; so often: the middle one's microseconds
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct sockaddr_storage to;
static socklen_t to_size;

static void parse(const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to;
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		to_size = sizeof *v4;
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)atoi(port));
		to_size = sizeof *v6;
	} else {
		fprintf(stderr, "not an address: %s\n", address);
		exit(2);
	}
}

static uint64_t microseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int open_socket(int type, int protocol)
{
	int fd = socket(to.ss_family, type, protocol);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, to_size) < 0) {
		printf("%s\n", strerror(errno));
		exit(1);
	}
	return fd;
}

/* What one message is answered with within a second. */
static const char *exchange(int type, int protocol, const void *message, size_t size)
{
	int fd = socket(to.ss_family, type, protocol);
	char answer[1024];
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, to_size) < 0 || send(fd, message, size, 0) < 0)
		return strerror(errno);
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	if (poll(&wait, 1, 1000) == 0)
		return "silence";
	return recv(fd, answer, sizeof answer, 0) < 0 ? strerror(errno) : "answered";
}

static uint64_t read_all(int fd)
{
	static char bytes[256 * 1024];
	uint64_t sum = 0;
	for (ssize_t count; (count = read(fd, bytes, sizeof bytes)) != 0; sum += (uint64_t)count)
		if (count < 0) {
			printf("%s after %llu\n", strerror(errno), (unsigned long long)sum);
			exit(1);
		}
	return sum;
}

static int push(uint64_t bytes)
{
	static char zeros[256 * 1024];
	uint64_t start = microseconds();
	int fd = open_socket(SOCK_STREAM, 0);
	while (bytes > 0) {
		ssize_t count = write(fd, zeros, bytes < sizeof zeros ? (size_t)bytes : sizeof zeros);
		if (count < 0) {
			printf("%s\n", strerror(errno));
			return 1;
		}
		bytes -= (uint64_t)count;
	}
	shutdown(fd, SHUT_WR);
	uint64_t sum = read_all(fd);
	printf("%llu %llu\n", (unsigned long long)(microseconds() - start) / 1000, (unsigned long long)sum);
	return 0;
}

static int hold(unsigned count)
{
	int *fds = calloc(count, sizeof *fds);
	for (unsigned i = 0; i < count; i++) {
		fds[i] = open_socket(SOCK_STREAM, 0);
		if (write(fds[i], &i, sizeof i) != sizeof i)
			return 1;
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned got = 0;
		if (recv(fds[i], &got, sizeof got, MSG_WAITALL) != sizeof got || got != i) {
			printf("connection %u: %s\n", i, strerror(errno));
			return 1;
		}
	}
	printf("%u\n", count);
	return 0;
}

static int burst(unsigned count)
{
	unsigned reset = 0, other = 0;
	uint64_t start = microseconds();
	for (unsigned i = 0; i < count; i++) {
		int fd = socket(to.ss_family, SOCK_STREAM, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&to, to_size) < 0)
			*(errno == ECONNRESET || errno == ECONNREFUSED ? &reset : &other) += 1;
		if (fd >= 0)
			close(fd);
	}
	printf("%llu %u %u\n", (unsigned long long)(microseconds() - start) / 1000, reset, other);
	return 0;
}

static int late(void)
{
	char bytes[1024];
	int fd = open_socket(SOCK_STREAM, 0);
	ssize_t size = recv(fd, bytes, sizeof bytes, MSG_WAITALL);
	if (size < 0 || write(fd, bytes, (size_t)size) != size)
		return 1;
	printf("%.*s\n", (int)size, bytes);
	return 0;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

static int first_byte(unsigned count)
{
	uint64_t *took = calloc(count, sizeof *took);
	for (unsigned i = 0; i < count; i++) {
		uint64_t start = microseconds();
		int fd = open_socket(SOCK_STREAM, 0);
		char byte = 'x';
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			return 1;
		took[i] = microseconds() - start;
		close(fd);
	}
	qsort(took, count, sizeof *took, compare);
	printf("%llu\n", (unsigned long long)took[count / 2]);
	return 0;
}

static int ping(void)
{
	unsigned char echo[8] = {to.ss_family == AF_INET ? 8 : 128}; /* type; the kernel fills in what a ping socket lacks */
	int protocol = to.ss_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (to.ss_family == AF_INET)
		echo[2] = 0xf7, echo[3] = 0xff; /* the checksum of this echo request */
	printf("%s ", exchange(SOCK_DGRAM, protocol, echo, sizeof echo));
	((struct sockaddr_in *)&to)->sin_port = 0;
	printf("%s\n", exchange(SOCK_RAW, protocol, echo, sizeof echo));
	return 0;
}

int main(int count, char **arguments)
{
	struct rlimit files = {20000, 524288};
	setrlimit(RLIMIT_NOFILE, &files);
	if (count < 3)
		return 2;
	const char *what = arguments[1];
	parse(arguments[2], count > 3 ? arguments[3] : "0");
	uint64_t number = count > 4 ? strtoull(arguments[4], NULL, 10) : 0;
	if (strcmp(what, "udp") == 0)
		return printf("%s\n", exchange(SOCK_DGRAM, 0, "?", 1)) < 0;
	if (strcmp(what, "ping") == 0)
		return ping();
	if (strcmp(what, "late") == 0)
		return late();
	if (strcmp(what, "hold") == 0)
		return hold((unsigned)number);
	if (strcmp(what, "burst") == 0)
		return burst((unsigned)number);
	if (strcmp(what, "push") == 0 || strcmp(what, "pull") == 0)
		return push(number);
	if (strcmp(what, "first") == 0)
		return first_byte((unsigned)number);
	return 2;
}

#include "outward.h"

#include "attribution.h"
#include "dns.h"
#include "forward.h"
#include "names.h"
#include "network.h"
#include "port.h"
#include "resolver.h"
#include "say.h"
#include "steer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_MOST 64 /* taken in one turn, so that no flood starves the rest */
#define WAITING_MOST 4096
#define STREAM_BEYOND 0x80000000u
#define PATH_MOST 1024
#define PORT 1 /* which hardly anybody else wants */

static struct watch listener = {.fd = -1};
static uint32_t next_id = 2;

static void reset_connection(int fd)
{
	struct linger at_once = {.l_onoff = 1};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

/* What the program asked for: a name, if its address stands for one, or the address. */
static void describe_host(const struct in6_addr *address, char text[DNS_NAME_MOST + 1])
{
	const char *name = NULL;
	if (IN6_IS_ADDR_V4MAPPED(address)) {
		uint32_t ip4;
		memcpy(&ip4, &address->s6_addr[12], sizeof ip4);
		name = names_find(ntohl(ip4));
		inet_ntop(AF_INET, &ip4, text, DNS_NAME_MOST + 1);
	} else {
		inet_ntop(AF_INET6, address, text, DNS_NAME_MOST + 1);
	}
	if (name)
		snprintf(text, DNS_NAME_MOST + 1, "%s", name);
}

static void tell_program(uint32_t stream, const struct in6_addr *to, uint16_t from)
{
	char link[32], path[PATH_MOST + 1];
	uint32_t process = attribution_find(to, from);
	if (!process)
		return;
	snprintf(link, sizeof link, "/proc/%u/exe", process);
	ssize_t length = readlink(link, path, PATH_MOST);
	path[length > 0 ? length : 0] = 0;
	encode_program(port_out(), stream, process, path);
}

static void connection_came(int fd, const struct sockaddr_in6 *from)
{
	struct sockaddr_in6 to;
	socklen_t size = sizeof to;
	char host[DNS_NAME_MOST + 1];
	int yes = 1;
	struct stream *stream = NULL;
	if (next_id < STREAM_BEYOND && getsockname(fd, (struct sockaddr *)&to, &size) == 0)
		stream = stream_open(next_id, &forward_kind, NULL);
	if (!stream || !forward_attach(stream, fd)) {
		reset_connection(fd);
		if (stream)
			stream_close(stream);
		return;
	}
	next_id += 2;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	describe_host(&to.sin6_addr, host);
	encode_outward(port_out(), stream->id, ntohs(to.sin6_port), host);
	tell_program(stream->id, &to.sin6_addr, ntohs(from->sin6_port));
	pump_try(stream);
}

static void listener_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	for (int i = 0; i < TURN_MOST && !port_is_busy(); i++) {
		struct sockaddr_in6 from = {0};
		socklen_t size = sizeof from;
		int fd = accept4(watch->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			connection_came(fd, &from);
		else if (errno != ECONNABORTED)
			return;
	}
}

void outward_open(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = OWN_ADDRESS_MAPPED};
	int yes = 1;
	listener.fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener.fd < 0 || setsockopt(listener.fd, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes) < 0 ||
	    bind(listener.fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener.fd, WAITING_MOST) < 0)
		die("cannot listen for outward connections: %s", strerror(errno));
	listener.ready = listener_ready;
	steer(listener.fd, resolver_open());
	attribution_open();
}

void outward_prepare(void)
{
	/* The rest waits in the kernel, which bounds it, and asks again if that is full. */
	watch_want(&listener, port_is_busy() ? 0 : EPOLLIN);
}

void outward_reset(void)
{
	next_id = 2;
	resolver_reset();
}

#include "network.h"

#include "linux.h"
#include "say.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESOLVER_FILE "/etc/resolv.conf"

/* One request to the kernel: a header, what it is about, and attributes. */
struct request {
	struct netlink_header header;
	uint8_t body[64];
};

static void append(struct request *request, const void *bytes, uint32_t size)
{
	memcpy((uint8_t *)request + request->header.length, bytes, size);
	request->header.length += (size + 3) & ~3u;
}

static void append_attribute(struct request *request, uint16_t type, uint32_t value)
{
	struct netlink_attribute attribute = {sizeof attribute, type, value};
	append(request, &attribute, sizeof attribute);
}

static void ask(int fd, struct request *request, const char *what)
{
	struct { struct netlink_header header; int error; uint8_t rest[256]; } answer;
	request->header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	if (send(fd, request, request->header.length, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < (ssize_t)sizeof answer.header)
		die("cannot set %s: %s", what, strerror(errno));
	if (answer.header.type != NLMSG_ERROR || answer.error)
		die("cannot set %s: %s", what, strerror(-answer.error));
}

static void add_address(int fd, uint32_t interface)
{
	struct request request = {.header = {.length = sizeof request.header, .type = RTM_NEWADDR}};
	struct address_message message = {.family = AF_INET, .prefix = 32, .interface = interface};
	append(&request, &message, sizeof message);
	append_attribute(&request, IFA_LOCAL, htonl(OWN_ADDRESS));
	append_attribute(&request, IFA_ADDRESS, htonl(OWN_ADDRESS));
	ask(fd, &request, "the guest's address");
}

/* In the kernel's own table of local addresses, or it would not let the resolver answer from one. */
static void make_local(int fd, uint32_t interface, uint8_t family)
{
	struct request request = {.header = {.length = sizeof request.header, .type = RTM_NEWROUTE}};
	struct route_message message = {
		.family = family, .table = RT_TABLE_LOCAL, .protocol = RTPROT_BOOT, .scope = RT_SCOPE_HOST, .type = RTN_LOCAL,
	};
	append(&request, &message, sizeof message);
	append_attribute(&request, RTA_OIF, interface);
	if (family == AF_INET)
		append_attribute(&request, RTA_PREFSRC, htonl(OWN_ADDRESS));
	ask(fd, &request, "the route of every address");
}

static void write_resolver_file(void)
{
	static const char text[] = "nameserver 198.18.0.1\n";
	/* Perhaps a link to what does not exist here. */
	unlink(RESOLVER_FILE);
	int fd = open(RESOLVER_FILE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, sizeof text - 1) < 0)
		die("cannot write " RESOLVER_FILE ": %s", strerror(errno));
	close(fd);
}

void network_open(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	uint32_t interface = if_nametoindex("lo");
	if (fd < 0 || !interface)
		die("no network in this kernel: %s", strerror(errno));
	add_address(fd, interface);
	make_local(fd, interface, AF_INET);
	make_local(fd, interface, AF_INET6);
	close(fd);
	write_resolver_file();
}

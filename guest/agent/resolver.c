#include "resolver.h"

#include "dns.h"
#include "loop.h"
#include "message.h"
#include "names.h"
#include "network.h"
#include "port.h"
#include "say.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define QUESTION_MOST 1232  /* longer ones are cut, and so malformed */
#define TURN_MOST 64        /* answered in one turn, so that no flood starves the rest */
#define LOOKUPS_MOST 4096   /* told to one host */
#define PORT 53

static struct watch resolver = {.fd = -1};
static unsigned lookups;

static void tell(const struct dns_question *question, uint32_t address)
{
	if (lookups >= LOOKUPS_MOST || port_is_busy() || !names_tell(address))
		return;
	lookups++;
	encode_lookup(port_out(), question->type, question->name);
}

/* The address to answer with, or 0. */
static uint32_t answer_to(struct dns_question *question)
{
	if (question->code != DNS_DONE)
		return 0;
	bool address = question->type == DNS_A;
	if (!address && question->type != DNS_AAAA && question->type != DNS_SVCB && question->type != DNS_HTTPS) {
		question->code = DNS_REFUSED;
		return 0;
	}
	if (!*question->name)
		return 0;
	uint32_t found = names_address(question->name);
	tell(question, found);
	return address ? found : 0;
}

/* The answer leaves from the address that was asked: the control message that came goes back as it is. */
static bool serve(void)
{
	uint8_t question_bytes[QUESTION_MOST], answer[DNS_ANSWER_MOST];
	union { struct cmsghdr align; uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))]; } control;
	struct sockaddr_in6 from;
	struct iovec part = {question_bytes, sizeof question_bytes};
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes, .msg_controllen = sizeof control.bytes,
	};
	ssize_t size = recvmsg(resolver.fd, &message, 0);
	if (size < 0)
		return false;
	struct dns_question question;
	struct cmsghdr *first = CMSG_FIRSTHDR(&message);
	if (!first || first->cmsg_type != IPV6_PKTINFO || !dns_parse(question_bytes, (size_t)size, &question))
		return true;
	((struct in6_pktinfo *)CMSG_DATA(first))->ipi6_ifindex = 0;
	uint32_t address = answer_to(&question);
	part = (struct iovec){answer, dns_answer(&question, address, answer)};
	message.msg_flags = 0;
	sendmsg(resolver.fd, &message, MSG_DONTWAIT);
	return true;
}

static void resolver_ready(struct watch *watch, uint32_t events)
{
	(void)watch, (void)events;
	for (int i = 0; i < TURN_MOST && serve(); i++)
		continue;
}

int resolver_open(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = OWN_ADDRESS_MAPPED};
	int yes = 1;
	resolver.fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (resolver.fd < 0 || setsockopt(resolver.fd, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes) < 0 ||
	    setsockopt(resolver.fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes) < 0 ||
	    bind(resolver.fd, (struct sockaddr *)&address, sizeof address) < 0)
		die("cannot open the resolver: %s", strerror(errno));
	resolver.ready = resolver_ready;
	watch_want(&resolver, EPOLLIN);
	return resolver.fd;
}

void resolver_reset(void)
{
	lookups = 0;
	names_forget_told();
}

#include "raw.h"

#include "bpf.h"
#include "say.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* struct bpf_sock of linux/bpf.h */
enum { TYPE = 8, PROTOCOL = 12 };

/* Run in socket(2) for those of the two families of IP: 1 lets it be, 0 makes it fail with EPERM. */
static int load(void)
{
	const struct instruction program[] = {
		LOAD(R2, R1, TYPE),
		LOAD(R3, R1, PROTOCOL),
		SET(R0, 0),
		IF_EQUAL(R2, SOCK_RAW, 3),
		IF_EQUAL(R3, IPPROTO_ICMP, 2), /* a ping socket */
		IF_EQUAL(R3, IPPROTO_ICMPV6, 1),
		SET(R0, 1),
		EXIT_PROGRAM,
	};
	return bpf_program(PROGRAM_CGROUP_SOCK, ATTACH_SOCK_CREATE, program, sizeof program / sizeof *program);
}

void raw_refuse(void)
{
	if (!bpf_attach_to_all(load(), ATTACH_SOCK_CREATE))
		say("a ping will get silence, not a refusal: %s", strerror(errno));
}

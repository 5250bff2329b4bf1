#include "steer.h"

#include "bpf.h"
#include "network.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* struct bpf_sk_lookup of linux/bpf.h. Addresses are in network order, and zero where they are of the other family. */
enum { PROTOCOL = 12, LOCAL_IP4 = 40, LOCAL_IP6 = 44, LOCAL_PORT = 60 };
/* enum sk_action: no socket, or the one that was assigned, or else what the kernel finds. */
enum { SK_DROP = 0, SK_PASS = 1 };
enum { LISTENER, RESOLVER, SOCKETS };

#define RETURN(value) SET(R0, value), EXIT_PROGRAM
#define PASS_IF(what, value) IF_NOT_EQUAL(what, value, 2), RETURN(SK_PASS)

/* Run for each packet that belongs to no connection, before the kernel looks for a listening socket. */
static int load(int sockets)
{
	const struct instruction program[] = {
		COPY(R6, R1),
		LOAD(R3, R6, LOCAL_IP4),
		COPY(R2, R3),
		AND(R2, 0xff), /* the first octet */
		PASS_IF(R2, 127),
		/* ::1 has three quarters of zeros, as has every IPv4 address, and an IPv4 address has a fourth. */
		LOAD(R2, R6, LOCAL_IP6),
		LOAD(R4, R6, LOCAL_IP6 + 4),
		OR(R2, R4),
		LOAD(R4, R6, LOCAL_IP6 + 8),
		OR(R2, R4),
		LOAD(R4, R6, LOCAL_IP6 + 12),
		IF_NOT_EQUAL(R2, 0, 3),
		PASS_IF(R4, htonl(1)),
		/* The resolver answers at the guest's own address too; whatever else is there is the guest's. */
		LOAD(R2, R6, PROTOCOL),
		LOAD(R5, R6, LOCAL_PORT),
		SET(R4, RESOLVER),
		IF_NOT_EQUAL(R2, IPPROTO_UDP, 1),
		IF_EQUAL(R5, 53, 7), /* to where the key is stored */
		PASS_IF(R3, htonl(OWN_ADDRESS)),
		IF_EQUAL(R2, IPPROTO_TCP, 2),
		RETURN(SK_DROP),
		SET(R4, LISTENER),
		STORE(STACK, -4, R4),
		LOAD_MAP(R1, sockets),
		COPY(R2, STACK),
		ADD(R2, -4),
		CALL(MAP_LOOKUP),
		IF_NOT_NULL(R0, 2),
		RETURN(SK_DROP),
		COPY(R7, R0),
		COPY(R1, R6),
		COPY(R2, R7),
		SET(R3, 0),
		CALL(SK_ASSIGN),
		COPY(R1, R7),
		CALL(SK_RELEASE),
		RETURN(SK_PASS),
	};
	return bpf_program(PROGRAM_SK_LOOKUP, ATTACH_SK_LOOKUP, program, sizeof program / sizeof *program);
}

void steer(int listener, int resolver)
{
	const uint64_t descriptors[SOCKETS] = {[LISTENER] = (uint64_t)listener, [RESOLVER] = (uint64_t)resolver};
	int sockets = bpf_map(MAP_SOCKMAP, sizeof(uint32_t), sizeof *descriptors, SOCKETS);
	for (uint32_t i = 0; sockets >= 0 && i < SOCKETS; i++)
		if (bpf_set(sockets, &i, &descriptors[i]) < 0)
			die("cannot put socket %u where connections are steered to: %s", i, strerror(errno));
	int program = sockets < 0 ? -1 : load(sockets);
	int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	/* The link stays open for as long as the agent runs. */
	if (program < 0 || network < 0 || bpf_attach(program, network, ATTACH_SK_LOOKUP) < 0)
		die("the kernel cannot steer connections to the agent: %s", strerror(errno));
	close(network);
	close(program);
	close(sockets);
}

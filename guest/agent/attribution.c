#include "attribution.h"

#include "bpf.h"
#include "say.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The least recently used go; a connection is looked for moments after it was noted. */
#define NOTED 8192

/* struct bpf_sock_ops of linux/bpf.h. Remote addresses are in network order, the local port is not. */
enum { OPERATION = 0, FAMILY = 20, REMOTE_IP4 = 24, REMOTE_IP6 = 32, LOCAL_PORT = 68 };
#define TCP_CONNECT_CB 3 /* BPF_SOCK_OPS_TCP_CONNECT_CB: the port is chosen, nothing is sent yet */

/* Of an IPv6 address the last quarter: for a mapped IPv4 address all of it, and else enough of a witness. */
struct connection { uint32_t address, port; };

static int connections = -1;

/* Run in connect(2), which knows the process but not yet the port: notes the process by the socket's cookie. */
static int load_connect(int sockets, uint32_t attach)
{
	const struct instruction program[] = {
		CALL(GET_SOCKET_COOKIE),
		STORE_64(STACK, -8, R0),
		CALL(GET_CURRENT_PID_TGID),
		SHIFT_RIGHT(R0, 32), /* the process; the low half is the thread */
		STORE(STACK, -12, R0),
		LOAD_MAP(R1, sockets),
		COPY(R2, STACK),
		ADD(R2, -8),
		COPY(R3, STACK),
		ADD(R3, -12),
		SET(R4, 0),
		CALL(MAP_UPDATE),
		SET(R0, 1), /* go on */
		EXIT_PROGRAM,
	};
	return bpf_program(PROGRAM_CGROUP_SOCK_ADDR, attach, program, sizeof program / sizeof *program);
}

/* Run just before the first packet is sent: notes the process by what the other end will see. */
static int load_connecting(int sockets)
{
	const struct instruction program[] = {
		COPY(R6, R1),
		LOAD(R2, R6, OPERATION),
		IF_EQUAL(R2, TCP_CONNECT_CB, 2),
		SET(R0, 1),
		EXIT_PROGRAM,
		CALL(GET_SOCKET_COOKIE),
		STORE_64(STACK, -8, R0),
		LOAD_MAP(R1, sockets),
		COPY(R2, STACK),
		ADD(R2, -8),
		CALL(MAP_LOOKUP),
		IF_NOT_NULL(R0, 2),
		SET(R0, 1),
		EXIT_PROGRAM,
		LOAD(R2, R0, 0),
		STORE(STACK, -12, R2),
		LOAD(R2, R6, REMOTE_IP6 + 12),
		LOAD(R3, R6, FAMILY),
		IF_NOT_EQUAL(R3, AF_INET, 1),
		LOAD(R2, R6, REMOTE_IP4),
		STORE(STACK, -24, R2),
		LOAD(R2, R6, LOCAL_PORT),
		STORE(STACK, -20, R2),
		LOAD_MAP(R1, connections),
		COPY(R2, STACK),
		ADD(R2, -24),
		COPY(R3, STACK),
		ADD(R3, -12),
		SET(R4, 0),
		CALL(MAP_UPDATE),
		SET(R0, 1),
		EXIT_PROGRAM,
	};
	return bpf_program(PROGRAM_SOCK_OPS, ATTACH_SOCK_OPS, program, sizeof program / sizeof *program);
}

void attribution_open(void)
{
	int sockets = bpf_map(MAP_LRU_HASH, sizeof(uint64_t), sizeof(uint32_t), NOTED);
	connections = bpf_map(MAP_LRU_HASH, sizeof(struct connection), sizeof(uint32_t), NOTED);
	if (!bpf_attach_to_all(load_connect(sockets, ATTACH_INET4_CONNECT), ATTACH_INET4_CONNECT) ||
	    !bpf_attach_to_all(load_connect(sockets, ATTACH_INET6_CONNECT), ATTACH_INET6_CONNECT) ||
	    !bpf_attach_to_all(load_connecting(sockets), ATTACH_SOCK_OPS))
		say("which program opens a connection will not be known: %s", strerror(errno));
	close(sockets);
}

uint32_t attribution_find(const struct in6_addr *to, uint16_t from)
{
	struct connection connection = {.port = from};
	uint32_t process = 0;
	memcpy(&connection.address, &to->s6_addr[12], sizeof connection.address);
	return bpf_get(connections, &connection, &process) == 0 ? process : 0;
}

/* What musl's headers lack of the kernel's interface; the header it is from is named at each. */
#ifndef LINUX_H
#define LINUX_H

#include <stdint.h>

/* linux/random.h */
#define RNDADDENTROPY 0x40085203
#define RNDRESEEDCRNG 0x5207

/* linux/module.h */
#define MODULE_INIT_COMPRESSED_FILE 4

/* linux/netlink.h */
#define NETLINK_ROUTE 0
#define NLMSG_ERROR 2
#define NLM_F_REQUEST 1
#define NLM_F_ACK 4
#define NLM_F_CREATE 0x400

struct netlink_header {
	uint32_t length;
	uint16_t type, flags;
	uint32_t sequence, port;
};

/* struct nlattr, with a value of 32 bits behind it */
struct netlink_attribute {
	uint16_t length, type;
	uint32_t value;
};

/* linux/rtnetlink.h */
#define RTM_NEWADDR 20
#define RTM_NEWROUTE 24
#define RTA_OIF 4
#define RTA_PREFSRC 7
#define RT_TABLE_LOCAL 255
#define RT_SCOPE_HOST 254
#define RTPROT_BOOT 3
#define RTN_LOCAL 2

/* struct rtmsg */
struct route_message {
	uint8_t family, to_prefix, from_prefix, service, table, protocol, scope, type;
	uint32_t flags;
};

/* linux/if_addr.h */
#define IFA_ADDRESS 1
#define IFA_LOCAL 2

/* struct ifaddrmsg */
struct address_message {
	uint8_t family, prefix, flags, scope;
	uint32_t interface;
};

#endif

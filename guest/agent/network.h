/* A network without a card: every address is the guest's own, so that what is sent to any of them stays inside. */
#ifndef NETWORK_H
#define NETWORK_H

/* 198.18.0.1, of a range that is nobody's (RFC 2544): the guest's address, and where /etc/resolv.conf points. */
#define OWN_ADDRESS 0xc6120001u
/* As an IPv6 socket has it. One bound to this leaves all others to programs, and can still be steered IPv6 to. */
#define OWN_ADDRESS_MAPPED {.s6_addr = {[10] = 0xff, 0xff, 198, 18, 0, 1}}

/* Address, routes and /etc/resolv.conf. Dies if they cannot be had. */
void network_open(void);

#endif

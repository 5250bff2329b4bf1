/* Which program opened a connection: the kernel notes the process of every connect, by two programs run for it. */
#ifndef ATTRIBUTION_H
#define ATTRIBUTION_H

#include <netinet/in.h>
#include <stdint.h>

void attribution_open(void);
/* The process that connected from port `from` to `to`, both in host order; 0: not known. */
uint32_t attribution_find(const struct in6_addr *to, uint16_t from);

#endif

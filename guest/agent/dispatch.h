/* Each frame of the host to the part of the agent that it is for. */
#ifndef DISPATCH_H
#define DISPATCH_H

#include "wire.h"

void dispatch_frame(struct header header, const uint8_t *payload);

#endif

/* Connections carried by streams: the host's to a service in the guest, and a guest program's outward. */
#ifndef FORWARD_H
#define FORWARD_H

#include "stream.h"

void forward_connect(uint32_t id, const union request *request);
/* A stream with a connected socket; takes the descriptor over. */
extern const struct stream_kind forward_kind;
bool forward_attach(struct stream *stream, int fd);

/* Listens for programs in the guest that want to connect to something outside. */
void outward_open(void);
/* Whether there is a host to ask; without one, programs are refused. Forgets stream numbers and whoever waits. */
void outward_reset(void);

#endif

/* Connections carried by streams: the host's to a service in the guest, and a guest program's outward. */
#ifndef FORWARD_H
#define FORWARD_H

#include "stream.h"

void forward_connect(uint32_t id, const union request *request);
/* A stream with a connected socket, which is reset if the host gives the stream up. */
extern const struct stream_kind forward_kind;
/* Takes the descriptor over, unless it fails. */
bool forward_attach(struct stream *stream, int fd);

#endif

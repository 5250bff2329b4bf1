/* The virtio-serial port to the host: frames in, a queue of frames out. */
#ifndef PORT_H
#define PORT_H

#include "wire.h"

/* Sources are read only while less than this waits to be written, so that control frames never wait behind much. */
#define PORT_BUSY (128 * 1024)

void port_open(void (*receive)(struct header header, const uint8_t *payload), void (*settle)(void));
/* Encoders append here; written by port_flush. */
struct buffer *port_out(void);
bool port_is_busy(void);
void port_flush(void);
/* Before each wait: what to wait for. Returns how long at most, in milliseconds (-1: forever). */
int port_prepare(void);
/* Writes out what it can in a fifth of a second: for the last words before a reset. */
void port_finish(void);

#endif

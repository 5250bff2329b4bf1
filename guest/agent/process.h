/* Programs run for the host: EXEC, its streams, signals and exit. */
#ifndef PROCESS_H
#define PROCESS_H

#include "stream.h"

/* Blocks SIGCHLD in favour of the event loop. */
void process_start_reaping(void);

void process_exec(uint32_t id, const union request *request);
/* For a stream of another kind these do nothing. */
void process_signal(struct stream *stream, int number);
void process_resize(struct stream *stream, uint16_t rows, uint16_t columns);

#endif

/* The control group of everything that EXEC starts: its limits, and telling the host when they strike. */
#ifndef LIMITS_H
#define LIMITS_H

#include "stream.h"

void limits_open(void);
/* The directory of the group; -1: the kernel has no control groups. */
int limits_cgroup(void);
void limits_set(uint32_t id, const union request *request);
/* Sends an EVENT for each limit that struck since the last look. */
void limits_check(void);
/* Before each wait: how long it may be, in milliseconds (-1: forever). */
int limits_prepare(void);
/* For a new connection nothing has happened yet. */
void limits_forget(void);

#endif

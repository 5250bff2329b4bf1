/* WITNESS: tells the host what the programs of the task do. It may be lied to, or silenced, by whoever rules the guest. */
#ifndef WITNESS_H
#define WITNESS_H

#include "stream.h"

/* While the template is made: everything that changes the kernel is done here. */
void witness_open(void);
void witness_start(uint32_t id, const union request *request);
/* Before each wait: how long at most, in milliseconds (-1: forever). */
int witness_prepare(void);
void witness_turn(void);

#endif

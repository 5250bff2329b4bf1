/* Who this machine is: what must not be the same in two forks of one template. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "stream.h"

void identity_set(uint32_t id, const union request *request);
bool identity_known(void);
void identity_forget(void);

#endif

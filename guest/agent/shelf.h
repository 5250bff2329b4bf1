/*
 * The shelf: a disk of which the guest can only read, where the host puts payloads too large for the port, which gives
 * a page at a time. BULK says what lies in which slot.
 */
#ifndef SHELF_H
#define SHELF_H

#include "message.h"

void shelf_open(void);
/* A host has come: it is told of the whole shelf, if there is one. */
void shelf_reset(void);
/* BULK. False: a violation. Neighbouring slots of a stream are read together, so nothing need have come of it yet. */
bool shelf_take(uint32_t stream, uint16_t slot, uint32_t length);
/* What was taken reaches its stream. Before any other frame is served, and before the next wait. False: a violation. */
bool shelf_settle(void);

#endif

/* What the kernel's half noted, made into records for the host. */
#ifndef WITNESS_EVENT_H
#define WITNESS_EVENT_H

#include "wire.h"
#include "witness_kernel.h"

/* Events that the host takes of each class, and how many it got. */
struct witness_quota {
	uint32_t most[CLASSES], sent[CLASSES];
	uint64_t omitted[CLASSES]; /* beyond that, by the agent */
};

/* A task begins at this time (CLOCK_MONOTONIC, nanoseconds). */
void event_begin(uint64_t time);
/* Appends the records of one event, if there is anything to tell. */
void event_tell(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota);
/* How a call is told in words. */
void event_detail(const struct witness_raw *raw, const struct witness_call *call, char *text, size_t size);
/* Of a change of users, by the number of the system call. */
const char *event_call_name(uint64_t number);

#endif

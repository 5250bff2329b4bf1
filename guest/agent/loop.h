/* The event loop: descriptors that are waited for, and what to do when they are ready. Costs nothing for those that are not. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct watch {
	int fd;
	uint32_t events; /* EPOLL…; set by the functions below alone; 0: not waited for at present */
	void (*ready)(struct watch *watch, uint32_t events);
	void *owner;
};

/* Waits for `events` from now on; 0: for nothing, not even a hang-up. False: a file, which never has to be waited for. */
bool watch_want(struct watch *watch, uint32_t events);
/* Afterwards the watch's memory may be freed, even while the loop is calling. Stops waiting and closes the descriptor,
 * unless that was done before. */
void watch_close(struct watch *watch);

/* Waits for something to be ready, at most so long (-1: forever), and calls what is. */
void loop_wait(int milliseconds);

#endif

/* The event loop: descriptors that are waited for, and what to do when they are ready. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>

struct watch {
	int fd;
	short events; /* 0: not waited for at present */
	void (*ready)(struct watch *watch, short events);
	void *owner;
	struct watch *next;
	int slot; /* in the array of the poll under way, or -1 */
};

void watch_add(struct watch *watch);
/* Afterwards the watch's memory may be freed, even while the loop is calling. Does not close the descriptor. */
void watch_remove(struct watch *watch);
/* Removes it and closes the descriptor, unless that was done before. */
void watch_close(struct watch *watch);

/* Waits for something to be ready, at most so long (-1: forever), and calls what is. */
void loop_wait(int milliseconds);

#endif

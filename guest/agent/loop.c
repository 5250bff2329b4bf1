#include "loop.h"

#include "say.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static struct watch *watches;
static struct pollfd *polled;
static struct watch **polled_watches;
static unsigned capacity;

void watch_add(struct watch *watch)
{
	watch->slot = -1;
	watch->next = watches;
	watches = watch;
}

void watch_remove(struct watch *watch)
{
	for (struct watch **link = &watches; *link; link = &(*link)->next) {
		if (*link != watch)
			continue;
		*link = watch->next;
		if (watch->slot >= 0)
			polled_watches[watch->slot] = NULL;
		watch->slot = -1;
		return;
	}
}

void watch_close(struct watch *watch)
{
	if (watch->fd < 0)
		return;
	watch_remove(watch);
	close(watch->fd);
	watch->fd = -1;
	watch->events = 0;
}

static void make_room(unsigned count)
{
	if (count <= capacity)
		return;
	capacity = capacity ? capacity * 2 : 64;
	polled = realloc(polled, capacity * sizeof *polled);
	polled_watches = realloc(polled_watches, capacity * sizeof *polled_watches);
	if (!polled || !polled_watches)
		die("out of memory for %u descriptors", capacity);
}

void loop_wait(int milliseconds)
{
	unsigned count = 0;
	for (struct watch *watch = watches; watch; watch = watch->next) {
		if (!watch->events) /* Left out: poll would report a hang-up of it for ever. */
			continue;
		make_room(count + 1);
		polled[count] = (struct pollfd){.fd = watch->fd, .events = watch->events};
		polled_watches[count] = watch;
		watch->slot = (int)count++;
	}
	int ready = poll(polled, count, milliseconds);
	for (unsigned i = 0; i < count; i++) {
		struct watch *watch = polled_watches[i];
		if (!watch)
			continue;
		watch->slot = -1;
		if (ready > 0 && polled[i].revents)
			watch->ready(watch, polled[i].revents);
	}
}

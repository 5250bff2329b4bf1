#include "loop.h"

#include "say.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define BATCH 128

static int poller = -1;
/* What the wait under way reported; a watch that goes is taken out of it. */
static struct epoll_event batch[BATCH];
static int batch_count;

static void forget(const struct watch *watch)
{
	for (int i = 0; i < batch_count; i++)
		if (batch[i].data.ptr == watch)
			batch[i].data.ptr = NULL;
}

static int poller_fd(void)
{
	if (poller < 0)
		poller = epoll_create1(EPOLL_CLOEXEC);
	if (poller < 0)
		die("epoll_create1: %s", strerror(errno));
	return poller;
}

bool watch_want(struct watch *watch, uint32_t events)
{
	if (watch->events == events)
		return true;
	int change = !events ? EPOLL_CTL_DEL : watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	struct epoll_event event = {.events = events, .data.ptr = watch};
	if (epoll_ctl(poller_fd(), change, watch->fd, &event) < 0) {
		if (errno != EPERM)
			die("cannot wait for descriptor %d: %s", watch->fd, strerror(errno));
		return false;
	}
	watch->events = events;
	if (!events)
		forget(watch);
	return true;
}

void watch_close(struct watch *watch)
{
	if (watch->fd < 0)
		return;
	watch_want(watch, 0);
	close(watch->fd);
	watch->fd = -1;
}

void loop_wait(int milliseconds)
{
	batch_count = epoll_wait(poller_fd(), batch, BATCH, milliseconds);
	for (int i = 0; i < batch_count; i++) {
		struct watch *watch = batch[i].data.ptr;
		if (watch)
			watch->ready(watch, batch[i].events);
	}
	batch_count = 0;
}

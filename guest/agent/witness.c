#include "witness.h"

#include "boot.h"
#include "port.h"
#include "say.h"
#include "witness_event.h"
#include "witness_hash.h"
#include "witness_record.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE 20                   /* ms that events gather before they are looked at: to wake for each would cost most */
#define QUEUE_MOST (256 * 1024)    /* beyond it they stay in the kernel's ring, which counts what it has no room for */
#define FRAME_MOST 32768
#define TURN_MOST 512              /* events looked at in one turn */
#define LAST_HASHES 30             /* ms that are spent on digests after the end */
#define BUSY 0x80000000u           /* BPF_RINGBUF_BUSY_BIT, and then BPF_RINGBUF_DISCARD_BIT */
#define DISCARDED 0x40000000u

enum { PLACES_UNWATCHED = 1, SWITCHED_OFF = 2, TRACING_OFF = 4, HASHES_LEFT_OUT = 8 };

static struct witness_kernel kernel;
static bool able;
static struct watch ring = {.fd = -1};
static struct stream *host; /* NULL: nobody wants to know */
static struct buffer queue;
static struct witness_quota quota;
static uint64_t due; /* when to look, in ms; 0: when the ring says so */
static bool ending;

static uint64_t nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t milliseconds(void)
{
	return nanoseconds() / 1000000;
}

static void gathered(struct watch *watch, uint32_t events)
{
	(void)events;
	watch_want(watch, 0);
	due = milliseconds() + PAUSE;
}

void witness_open(void)
{
	able = witness_kernel_open(&kernel, boot_layers());
	if (able)
		ring = (struct watch){.fd = kernel.ring, .ready = gathered};
}

/* The next event, or NULL. It stays where it is until ring_taken. */
static const struct witness_raw *ring_next(uint32_t *size)
{
	while (*kernel.consumed < __atomic_load_n(kernel.produced, __ATOMIC_ACQUIRE)) {
		const uint8_t *at = kernel.data + (*kernel.consumed & (WITNESS_RING - 1));
		uint32_t length = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
		if (length & BUSY)
			return NULL;
		*size = ((length & ~DISCARDED) + 8 + 7) & ~7u;
		if (!(length & DISCARDED))
			return (const struct witness_raw *)(at + 8);
		__atomic_store_n(kernel.consumed, *kernel.consumed + *size, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void ring_taken(uint32_t size)
{
	__atomic_store_n(kernel.consumed, *kernel.consumed + size, __ATOMIC_RELEASE);
}

static void stop_what_is_enough(void)
{
	for (unsigned i = 0; i < CLASSES; i++)
		if (quota.sent[i] >= quota.most[i])
			kernel.control->stop[i] = 1;
}

/* True: nothing is left. */
static bool drain(unsigned most)
{
	const struct witness_raw *raw;
	uint32_t size;
	for (unsigned i = 0; i < most && (ending || buffer_length(&queue) < QUEUE_MOST); i++) {
		if (!(raw = ring_next(&size)))
			return true;
		event_tell(&queue, raw, &quota);
		ring_taken(size);
		stop_what_is_enough();
	}
	return false;
}

static void stop(void)
{
	uint32_t size;
	kernel.control->enabled = 0;
	watch_want(&ring, 0);
	while (ring_next(&size))
		ring_taken(size);
	hash_forget();
	buffer_clear(&queue);
	host = NULL;
	ending = false;
	due = 0;
}

static void dropped(struct stream *stream)
{
	stream_close(stream);
	stop();
}

static void tell_hash(uint32_t number, const uint8_t digest[SHA256_SIZE])
{
	size_t begun = record_begin(&queue, TELL_HASH, 0, 0);
	write_integer(&queue, number, 4);
	write_string(&queue, digest, SHA256_SIZE);
	record_end(&queue, begun);
}

static bool tracing_is_off(void)
{
	char value = '1';
	int fd = open("/proc/sys/kernel/ftrace_enabled", O_RDONLY | O_CLOEXEC);
	bool off = fd >= 0 && read(fd, &value, 1) == 1 && value == '0';
	if (fd >= 0)
		close(fd);
	return off;
}

static void tell_summary(void)
{
	uint32_t flags = (witness_kernel_failures() ? PLACES_UNWATCHED : 0) | (kernel.control->enabled ? 0 : SWITCHED_OFF) |
			 (tracing_is_off() ? TRACING_OFF : 0) | (hash_left_out() || hash_is_busy() ? HASHES_LEFT_OUT : 0);
	kernel.control->enabled = 0;
	size_t begun = record_begin(&queue, TELL_SUMMARY, 0, 0);
	write_integer(&queue, flags, 4);
	write_integer(&queue, kernel.control->lost, 8);
	for (unsigned i = 0; i < CLASSES; i++)
		write_integer(&queue, kernel.control->omitted[i] + quota.omitted[i], 8);
	record_end(&queue, begun);
}

/* The host has what it wants, but for what is on its way. */
static void finish(struct stream *stream)
{
	(void)stream;
	if (ending)
		return;
	ending = true;
	/* The ring takes no more meanwhile: what the task left behind could go on filling it for ever. */
	uint32_t enabled = kernel.control->enabled;
	kernel.control->enabled = 0;
	drain(UINT32_MAX);
	for (uint64_t until = milliseconds() + LAST_HASHES; hash_is_busy() && milliseconds() < until;)
		hash_work(tell_hash);
	kernel.control->enabled = enabled;
	tell_summary();
	watch_want(&ring, 0);
	due = 0;
}

static const struct stream_kind kind = {.dropped = dropped, .finished = finish};

void witness_start(uint32_t id, const union request *request)
{
	struct stream *stream = stream_accept(id, &kind, NULL);
	if (!stream)
		return;
	if (!able || host) {
		stream_error(stream, able ? EXISTS_ALREADY : UNSUPPORTED, 0, able ? "it tells already" : "this kernel cannot be watched");
		return;
	}
	host = stream;
	quota = (struct witness_quota){0};
	memcpy(quota.most, request->witness.most, sizeof quota.most);
	kernel.control->lost = 0;
	for (unsigned i = 0; i < CLASSES; i++)
		kernel.control->stop[i] = kernel.control->omitted[i] = 0;
	event_begin(nanoseconds());
	kernel.control->enabled = 1;
	watch_want(&ring, EPOLLIN);
}

int witness_prepare(void)
{
	if (!host)
		return -1;
	if (hash_is_busy() && !ending)
		return 0;
	if (!due)
		return -1;
	uint64_t now = milliseconds();
	return due > now ? (int)(due - now) : 0;
}

static void send(void)
{
	while (buffer_length(&queue) > 0 && host->may_send > 0 && !port_is_busy()) {
		size_t size = buffer_length(&queue);
		size = size < host->may_send ? size : host->may_send;
		size = size < FRAME_MOST ? size : FRAME_MOST;
		size_t begun = frame_begin(port_out(), host->id, DATA);
		buffer_append(port_out(), buffer_head(&queue), size);
		frame_end(port_out(), begun);
		buffer_consume(&queue, size);
		host->may_send -= (uint32_t)size;
	}
}

void witness_turn(void)
{
	if (!host)
		return;
	if (due && !ending && milliseconds() >= due) {
		bool empty = drain(TURN_MOST), full = buffer_length(&queue) >= QUEUE_MOST;
		due = empty ? 0 : milliseconds() + (full ? PAUSE : 0);
		if (empty)
			watch_want(&ring, EPOLLIN);
	}
	if (!ending && buffer_length(&queue) < QUEUE_MOST)
		hash_work(tell_hash);
	send();
	if (ending && buffer_length(&queue) == 0) {
		struct stream *stream = host;
		stream_end(stream);
		stream_close(stream);
		stop();
	}
}

/*
 * Streams. Each may have a source, a descriptor read under the host's credit, and a sink, a descriptor written to from
 * a queue that our credit bounds. Pipes, terminals, files and sockets differ only in what their `kind` does at the ends.
 */
#ifndef STREAM_H
#define STREAM_H

#include "loop.h"
#include "message.h"

#define STREAMS_MOST 1024         /* of the host */
#define OUTWARD_STREAMS_MOST 4096 /* of the guest */

struct stream;

struct stream_kind {
	/* The source gave its last byte (error 0) or failed; it is closed already. */
	void (*source_ended)(struct stream *stream, int error);
	/* The host sent END and all before it was written. The sink is still open. */
	void (*sink_ended)(struct stream *stream);
	/* Writing failed: the sink is closed already, and what is queued or arrives is thrown away. */
	void (*sink_failed)(struct stream *stream, int error);
	/* A sink that was opening became writable. */
	void (*opened)(struct stream *stream);
	/* The host sent END on a stream without a sink; NULL: it makes no difference. */
	void (*finished)(struct stream *stream);
	/* The stream is given up, by the host or a new connection. To free what the owner holds and close its streams. */
	void (*dropped)(struct stream *stream);
};

struct stream {
	struct stream *next; /* in its bucket; once closed, among those to be freed */
	uint32_t id;
	bool closed; /* freed at the end of the turn */
	const struct stream_kind *kind;
	void *owner;

	struct watch source;
	bool source_ready; /* until a read says that it would wait */
	bool source_ends;  /* a read never waits, and if it would, that is the end: a file, or what a dead process left */
	uint64_t source_left; /* read no more than this */
	uint32_t may_send;
	struct stream *turn_before, *turn_after; /* the queue of those that can be read now */
	bool in_turn;

	struct watch sink;
	struct buffer queue;
	bool sink_accepts, sink_opening, got_end;
	uint32_t may_receive, ungranted;
	uint32_t window, widened; /* credit that the host has at most, which grows while it is used; by how much it did */
};

/* NULL: too many. The identifier must be free. */
struct stream *stream_open(uint32_t id, const struct stream_kind *kind, void *owner);
/* The same for a stream that the host opened: it gets an ERROR if there are too many. */
struct stream *stream_accept(uint32_t id, const struct stream_kind *kind, void *owner);
struct stream *stream_find(uint32_t id);
/* Frees the closed ones. */
void stream_sweep(void);
void stream_drop_all(void);
/* Closes its descriptors; sends nothing. Its memory stays valid until the end of the turn. */
void stream_close(struct stream *stream);

/* Both take the descriptor over; it must not block, unless it is a file. */
void stream_set_source(struct stream *stream, int fd);
void stream_set_sink(struct stream *stream, int fd);
/* The sink is not open yet: `opened` is called when it is. */
void stream_sink_opens(struct stream *stream);
void stream_close_sink(struct stream *stream);
/* The sink can be written to from now on; what was queued meanwhile goes first. */
void stream_sink_opened(struct stream *stream);
/* What is there now, but at most `most` bytes, is the end of the source. */
void stream_drain(struct stream *stream, uint64_t most);

/* Answers, the first three of which close the stream too. */
void stream_ok(struct stream *stream);
void stream_error(struct stream *stream, uint16_t code, int error, const char *what);
void stream_reset(struct stream *stream, uint16_t code);
void stream_end(struct stream *stream);

/* From the host. False: a violation of the protocol. */
bool stream_receive(struct stream *stream, struct slice bytes);
bool stream_receive_end(struct stream *stream);
bool stream_receive_credit(struct stream *stream, uint32_t bytes);

/*
 * Writes what stream_receive took and has not written: one write for all that came together, as each may wake the program,
 * and changing between the two is what costs most. To be called before anything else is done with a stream, and while
 * the bytes are still there.
 */
void pump_settle(void);
/* Whether something can be read without waiting. */
bool pump_is_ready(void);
/* Reads what can be read, one stream after another, until nothing is left or the port has enough. */
void pump_turn(void);
void pump_source_ready(struct watch *watch, uint32_t events);
void pump_sink_ready(struct watch *watch, uint32_t events);
/* Of a stream that closes. */
void pump_forget(struct stream *stream);
/* The source may be readable now. */
void pump_try(struct stream *stream);

#endif

#include "shelf.h"

#include "port.h"
#include "say.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define DEVICE "/dev/vdb"
#define TOGETHER 8 /* slots read at a time */
#define SECTOR 512
#define ROOM_LEAST (SHELF_SLOTS / 4) /* told in lots, as each costs a frame */

static int shelf = -1;
static uint8_t bytes[TOGETHER * PAYLOAD_MOST] __attribute__((aligned(4096)));
/* Taken and not read yet: `count` slots from `first` on, all but the last of them full. */
static uint32_t stream_id, length_all;
static uint16_t first, count;
static uint16_t untold;

void shelf_open(void)
{
	/* Past the page cache, which would keep what the slots held before. */
	shelf = open(DEVICE, O_RDONLY | O_DIRECT | O_CLOEXEC);
}

void shelf_reset(void)
{
	count = untold = 0;
	length_all = 0;
	if (shelf >= 0)
		encode_room(port_out(), SHELF_SLOTS);
}

static bool is_next(uint32_t stream, uint16_t slot)
{
	return count > 0 && count < TOGETHER && stream == stream_id && slot == first + count &&
	       length_all == (uint32_t)count * PAYLOAD_MOST;
}

bool shelf_take(uint32_t stream, uint16_t slot, uint32_t length)
{
	if (shelf < 0 || (!is_next(stream, slot) && !shelf_settle()))
		return false;
	if (count == 0) {
		stream_id = stream;
		first = slot;
		length_all = 0;
	}
	count++;
	length_all += length;
	return true;
}

static void read_slots(void)
{
	size_t size = (length_all + SECTOR - 1) / SECTOR * SECTOR;
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(shelf, bytes + done, size - done, (off_t)first * PAYLOAD_MOST + (off_t)done);
		if (got == 0 || (got < 0 && errno != EINTR))
			die("cannot read the shelf: %s", got == 0 ? "it is too short" : strerror(errno));
		done += got > 0 ? (size_t)got : 0;
	}
}

bool shelf_settle(void)
{
	if (count == 0)
		return true;
	struct stream *stream = stream_find(stream_id);
	untold = (uint16_t)(untold + count);
	if (stream)
		read_slots();
	count = 0;
	if (untold >= ROOM_LEAST) {
		encode_room(port_out(), untold);
		untold = 0;
	}
	return !stream || stream_receive(stream, (struct slice){bytes, length_all});
}

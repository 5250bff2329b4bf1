#include "dispatch.h"

#include "files.h"
#include "forward.h"
#include "identity.h"
#include "limits.h"
#include "outward.h"
#include "port.h"
#include "process.h"
#include "say.h"
#include "witness.h"

#include <errno.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/utsname.h>

static bool opens_stream(uint8_t type)
{
	return type == IDENTITY || (type >= EXEC && type <= WITNESS);
}

static void begin_connection(const union request *request)
{
	struct utsname kernel = {0};
	stream_drop_all();
	outward_reset();
	identity_forget();
	limits_forget();
	if (request->hello.oldest > PROTOCOL_VERSION || request->hello.newest < PROTOCOL_VERSION) {
		encode_error(port_out(), 0, UNSUPPORTED, 0, "this agent speaks version 1");
		return;
	}
	uname(&kernel);
	encode_ready(port_out(), PROTOCOL_VERSION, kernel.release);
}

static void seal(uint32_t id, const union request *request)
{
	char path[PATH_MAX];
	if (!slice_copy(request->seal.path, path, sizeof path) || *path != '/')
		encode_error(port_out(), id, BAD_REQUEST, 0, "not an absolute path");
	else if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		encode_error(port_out(), id, files_error_code(errno), (uint16_t)errno, "not a mount point, or in use");
	else
		encode_bare(port_out(), id, OK);
}

static void power_off(void)
{
	port_finish();
	/* QEMU runs with -no-reboot: a reset ends it, and unlike power-off needs no ACPI. */
	reboot(RB_AUTOBOOT);
}

static bool open_stream(struct header header, const union request *request)
{
	uint32_t other = header.type == EXEC ? request->exec.error_stream : 0;
	if (header.stream % 2 == 0 || other == header.stream || stream_find(header.stream) || (other && stream_find(other)))
		return false;
	if (header.type == IDENTITY)
		identity_set(header.stream, request);
	else if (!identity_known())
		encode_error(port_out(), header.stream, NOT_PERMITTED, 0, "no identity yet");
	else if (header.type == EXEC)
		process_exec(header.stream, request);
	else if (header.type == PUT)
		files_put(header.stream, request);
	else if (header.type == GET)
		files_get(header.stream, request);
	else if (header.type == LIST)
		files_list(header.stream, request);
	else if (header.type == CONNECT)
		forward_connect(header.stream, request);
	else if (header.type == LIMITS)
		limits_set(header.stream, request);
	else if (header.type == WITNESS)
		witness_start(header.stream, request);
	else
		seal(header.stream, request);
	return true;
}

/* False: a violation. What comes for a stream that ended meanwhile is not one. */
static bool use_stream(struct header header, const union request *request)
{
	struct stream *stream = stream_find(header.stream);
	if (!stream)
		return true;
	switch (header.type) {
	case DATA:
		return stream_receive(stream, request->data.bytes);
	case END:
		return stream_receive_end(stream);
	case CREDIT:
		return stream_receive_credit(stream, request->credit.bytes);
	case SIGNAL:
		process_signal(stream, request->signal.number);
		return true;
	case RESIZE:
		process_resize(stream, request->resize.rows, request->resize.columns);
		return true;
	default: /* ERROR, RESET */
		stream->kind->dropped(stream);
		return true;
	}
}

void dispatch_frame(struct header header, const uint8_t *payload)
{
	union request request;
	bool fine = request_decode(header, payload, &request);
	if (header.type != DATA)
		pump_settle();
	if (fine && header.type == HELLO)
		begin_connection(&request);
	else if (fine && header.type == POWEROFF)
		power_off();
	else if (fine && opens_stream(header.type))
		fine = open_stream(header, &request);
	else if (fine)
		fine = use_stream(header, &request);
	if (!fine)
		die("the host broke the protocol (type 0x%02x, stream %u, %u bytes)", header.type, header.stream, header.length);
}

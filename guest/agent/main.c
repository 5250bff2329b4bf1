/* The agent: PID 1 of a micro-VM. It boots the machine, then serves the host over one port (docs/protocol.md). */
#include "boot.h"
#include "dispatch.h"
#include "limits.h"
#include "network.h"
#include "outward.h"
#include "port.h"
#include "process.h"
#include "raw.h"
#include "say.h"
#include "stream.h"
#include "witness.h"

#include <sys/resource.h>
#include <unistd.h>

/* For 1,024 streams of the host with up to three descriptors each, and 4,096 of the guest with two. */
#define OPEN_FILES 16384

/* Of two waits in milliseconds, -1 of which is forever. */
static int sooner(int one, int other)
{
	return one >= 0 && (other < 0 || one < other) ? one : other;
}

int main(void)
{
	if (getpid() != 1) {
		/* Not die: that would reset the machine somebody tried this on. */
		say("only of use as /init of a micro-VM");
		return 1;
	}
	boot_root();
	boot_furnish();
	struct rlimit files = {OPEN_FILES, 524288};
	setrlimit(RLIMIT_NOFILE, &files);
	process_start_reaping();
	limits_open();
	network_open();
	raw_refuse();
	outward_open();
	witness_open();
	port_open(dispatch_frame, pump_settle);
	for (;;) {
		int wait = sooner(sooner(port_prepare(), limits_prepare()), witness_prepare());
		outward_prepare();
		loop_wait(pump_is_ready() ? 0 : wait);
		witness_turn();
		pump_turn();
		port_flush();
		stream_sweep();
	}
}

#include "process.h"

#include "command.h"
#include "limits.h"
#include "port.h"
#include "say.h"
#include "spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* A terminal holds no more than this between its two ends. */
#define TERMINAL_MOST (128 * 1024)
#define END_OF_FILE_CHARACTER 4

struct process {
	struct process *next;
	pid_t pid;
	bool terminal, exited;
	int status;
	struct stream *output, *errors; /* errors: NULL with a terminal */
};

static struct process *processes;
static struct watch children;

static void forget(struct process *process)
{
	for (struct process **link = &processes; *link; link = &(*link)->next)
		if (*link == process) {
			*link = process->next;
			break;
		}
	stream_close(process->output);
	if (process->errors)
		stream_close(process->errors);
	free(process);
}

/* Once all is sent that it wrote before it ended. Who else holds its pipes is not waited for. */
static void finish_if_done(struct process *process)
{
	bool open = process->output->source.fd >= 0 || (process->errors && process->errors->source.fd >= 0);
	if (!process->exited || open)
		return;
	limits_check();
	if (process->errors)
		stream_end(process->errors);
	stream_end(process->output);
	if (WIFSIGNALED(process->status))
		encode_exit(port_out(), process->output->id, EXIT_SIGNAL, (uint8_t)WTERMSIG(process->status));
	else
		encode_exit(port_out(), process->output->id, EXIT_STATUS, (uint8_t)WEXITSTATUS(process->status));
	forget(process);
}

static void output_ended(struct stream *stream, int error)
{
	(void)error; /* A terminal without a program at its other end says EIO. */
	finish_if_done(stream->owner);
}

static void input_ended(struct stream *stream)
{
	struct process *process = stream->owner;
	if (process->terminal) {
		const char character = END_OF_FILE_CHARACTER;
		if (write(stream->sink.fd, &character, 1) == 1)
			return;
	} else {
		stream_close_sink(stream);
	}
}

static void input_failed(struct stream *stream, int error)
{
	(void)stream, (void)error; /* It closed its standard input, which is its right. */
}

static void dropped(struct stream *stream)
{
	struct process *process = stream->owner;
	kill(-process->pid, SIGKILL);
	forget(process);
}

static const struct stream_kind process_kind = {
	.source_ended = output_ended,
	.sink_ended = input_ended,
	.sink_failed = input_failed,
	.dropped = dropped,
};

void process_signal(struct stream *stream, int number)
{
	if (stream->kind != &process_kind)
		return;
	struct process *process = stream->owner;
	if (!process->exited)
		kill(-process->pid, number);
}

void process_resize(struct stream *stream, uint16_t rows, uint16_t columns)
{
	if (stream->kind != &process_kind || stream->source.fd < 0)
		return;
	struct winsize size = {.ws_row = rows, .ws_col = columns};
	ioctl(stream->source.fd, TIOCSWINSZ, &size);
}

static void child_ended(pid_t pid, int status)
{
	struct process *process = processes;
	while (process && (process->pid != pid || process->exited))
		process = process->next;
	if (!process)
		return; /* An orphan. */
	process->exited = true;
	process->status = status;
	struct stream *ends[2] = {process->errors, process->output};
	/* The last of them to end finishes the process, so it is not touched after that. */
	for (int i = 0; i < 2; i++) {
		if (!ends[i] || ends[i]->source.fd < 0)
			continue;
		int waiting = TERMINAL_MOST;
		if (!process->terminal && ioctl(ends[i]->source.fd, FIONREAD, &waiting) < 0)
			waiting = 0;
		stream_drain(ends[i], (uint64_t)waiting);
		if (ends[i]->closed)
			return;
	}
	finish_if_done(process);
}

static void children_ready(struct watch *watch, uint32_t events)
{
	(void)events;
	struct signalfd_siginfo information;
	if (read(watch->fd, &information, sizeof information) < 0)
		return;
	int status;
	/* One signal may stand for many children; PID 1 also has those that others left behind. */
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		child_ended(pid, status);
}

void process_start_reaping(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	children = (struct watch){.ready = children_ready};
	children.fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (children.fd < 0)
		die("signalfd failed: errno %d", errno);
	watch_want(&children, EPOLLIN);
}

static void refuse(struct process *process, const struct spawn *plan, const char *program)
{
	int error = plan->error;
	if (plan->stage == SPAWN_CWD)
		stream_error(process->output, BAD_REQUEST, error, plan->cwd);
	else if (plan->stage == SPAWN_EXEC)
		stream_error(process->output, error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE, error, program);
	else
		stream_error(process->output, error == EAGAIN || error == ENOMEM ? OVER_LIMIT : INPUT_OUTPUT, error, program);
}

void process_exec(uint32_t id, const union request *request)
{
	struct process *process = calloc(1, sizeof *process);
	if (!process)
		die("out of memory for a process");
	process->terminal = request->exec.flags & EXEC_PTY;
	process->output = stream_accept(id, &process_kind, process);
	if (process->output && !process->terminal) {
		process->errors = stream_open(request->exec.error_stream, &process_kind, process);
		if (!process->errors)
			stream_error(process->output, OVER_LIMIT, 0, "too many streams");
	}
	if (!process->output || (!process->errors && !process->terminal)) {
		free(process);
		return;
	}
	process->next = processes;
	processes = process;

	struct command command;
	if (!command_prepare(&command, request)) {
		stream_error(process->output, command.code, 0, command.reason);
	} else if (!command_connect(&command, process->terminal)) {
		stream_error(process->output, INPUT_OUTPUT, errno, "pipes or terminal");
	} else if ((process->pid = spawn(&command.plan)) < 0) {
		refuse(process, &command.plan, command.plan.arguments[0]);
	} else {
		stream_set_source(process->output, command.ours[1]);
		stream_set_sink(process->output, command.ours[0]);
		if (process->errors)
			stream_set_source(process->errors, command.ours[2]);
		command.ours[0] = command.ours[1] = command.ours[2] = -1;
	}
	command_free(&command);
	if (process->output->closed)
		forget(process);
}

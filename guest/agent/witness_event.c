#include "witness_event.h"

#include "witness_hash.h"
#include "witness_place.h"
#include "witness_record.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define STARTING_MOST 32
#define SEEN 2048 /* files written, so that each is told once for a process */
#define PATH_SIZE (TELL_PATH_MOST + 512)

/* Children of the agent that have yet to run the host's program: until then what they do is the agent's. */
static uint32_t starting[STARTING_MOST];
static uint64_t seen[SEEN], began;

void event_begin(uint64_t time)
{
	began = time;
	memset(starting, 0, sizeof starting);
	memset(seen, 0, sizeof seen);
	place_forget();
}

static uint32_t *find_starting(uint32_t pid)
{
	for (unsigned i = 0; i < STARTING_MOST; i++)
		if (starting[i] == pid)
			return &starting[i];
	return NULL;
}

/* True: it is the agent's own doing. */
static bool is_own(const struct witness_raw *raw)
{
	if (raw->kind == SAW_FORK && raw->pid == 1) {
		uint32_t *place = find_starting(0);
		if (place)
			*place = (uint32_t)raw->values[0];
	}
	uint32_t *place = find_starting(raw->pid);
	if (!place)
		return false;
	if (raw->kind == SAW_EXEC || raw->kind == SAW_EXIT)
		*place = 0;
	return raw->kind != SAW_EXEC;
}

static bool admit(struct witness_quota *quota, enum witness_class class)
{
	if (quota->sent[class] >= quota->most[class]) {
		quota->omitted[class]++;
		return false;
	}
	quota->sent[class]++;
	return true;
}

static uint64_t when(const struct witness_raw *raw)
{
	return raw->time > began ? (raw->time - began) / 1000 : 0;
}

static void tell_life(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	if (!admit(quota, CLASS_LIFE))
		return;
	size_t begun = record_begin(out, raw->kind == SAW_FORK ? TELL_FORK : TELL_EXIT, when(raw), raw->pid);
	uint32_t code = (uint32_t)raw->values[0];
	if (raw->kind == SAW_FORK)
		write_integer(out, code, 4);
	else {
		write_integer(out, (code & 0x7f) != 0, 1);
		write_integer(out, code & 0x7f ? code & 0x7f : code >> 8 & 0xff, 1);
	}
	record_end(out, begun);
}

static void tell_exec(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	static char path[PATH_SIZE];
	if (!admit(quota, CLASS_EXEC))
		return;
	uint32_t path_length = (uint32_t)raw->values[4], device = (uint32_t)raw->values[0];
	if (path_length > raw->text_length)
		path_length = raw->text_length;
	place_path(raw->text, path_length, device, path, sizeof path);
	bool memory = *path != '/' || raw->values[1] == 0, image = !memory && place_is_image(path, device);
	size_t begun = record_begin(out, TELL_EXEC, when(raw), raw->pid);
	write_integer(out, raw->user, 4);
	write_integer(out, memory ? ORIGIN_MEMORY : image ? ORIGIN_IMAGE : ORIGIN_CHANGED, 1);
	write_integer(out, raw->values[3] < UINT32_MAX ? raw->values[3] : UINT32_MAX, 4);
	record_string(out, path, TELL_PATH_MOST);
	record_words(out, raw->text + path_length, raw->text_length - path_length);
	record_end(out, begun);
	if (!image)
		hash_want(quota->sent[CLASS_EXEC], raw->pid, path);
}

/* Whether the process was told to have written the file before. */
static bool seen_before(uint32_t pid, const char *path)
{
	uint64_t key = 14695981039346656037u ^ pid;
	for (; *path; path++)
		key = (key ^ (uint8_t)*path) * 1099511628211u;
	bool before = seen[key % SEEN] == key;
	seen[key % SEEN] = key;
	return before;
}

static void tell_call(struct buffer *out, const struct witness_raw *raw, const char *call, const char *detail, bool succeeded)
{
	size_t begun = record_begin(out, TELL_CALL, when(raw), raw->pid);
	write_integer(out, succeeded, 1);
	record_string(out, call, TELL_DETAIL_MOST);
	record_string(out, detail, TELL_DETAIL_MOST);
	record_end(out, begun);
}

static void tell_path_call(struct buffer *out, const struct witness_raw *raw, const char *path, const char *what)
{
	char detail[TELL_DETAIL_MOST];
	snprintf(detail, sizeof detail, "path=%.900s %s", path, what);
	tell_call(out, raw, "open", detail, true);
}

static void tell_path(struct buffer *out, const struct witness_raw *raw, uint8_t kind, const char *path)
{
	size_t begun = record_begin(out, kind, when(raw), raw->pid);
	record_string(out, path, TELL_PATH_MOST);
	record_end(out, begun);
}

static bool begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

static bool ends(const char *path, const char *with)
{
	size_t length = strlen(path), last = strlen(with);
	return length >= last && strcmp(path + length - last, with) == 0;
}

/* The kernel's own files: only some are worth a word. True: that was all there is to it. */
static bool tell_kernel_file(struct buffer *out, const struct witness_raw *raw, const char *path, struct witness_quota *quota)
{
	bool process = begins(path, "/proc/"), system = begins(path, "/sys/");
	if (!process && !system)
		return false;
	bool told = raw->kind == SAW_WRITE && (system || begins(path, "/proc/sys/") || ends(path, "/mem")) && !seen_before(raw->pid, path);
	if (told && admit(quota, CLASS_CALL))
		tell_path_call(out, raw, path, "for=writing");
	return true;
}

static void tell_file(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	static const uint8_t kinds[] = {
		[SAW_CREATE] = TELL_CREATE, [SAW_MAKE_DIRECTORY] = TELL_CREATE, [SAW_WRITE] = TELL_WRITE, [SAW_DELETE] = TELL_DELETE,
		[SAW_REMOVE_DIRECTORY] = TELL_DELETE, [SAW_MODE] = TELL_EXECUTABLE,
	};
	static char path[PATH_SIZE];
	uint32_t mode = (uint32_t)raw->values[1];
	place_path(raw->text, raw->text_length, (uint32_t)raw->values[0], path, sizeof path - 1);
	if (tell_kernel_file(out, raw, path, quota))
		return;
	/* What a process makes it also writes, as a rule. */
	if ((raw->kind == SAW_CREATE || raw->kind == SAW_WRITE) && seen_before(raw->pid, path) && raw->kind == SAW_WRITE)
		return;
	if (raw->kind == SAW_MODE && mode & (S_ISUID | S_ISGID) && admit(quota, CLASS_CALL)) {
		char detail[64];
		snprintf(detail, sizeof detail, "mode=%04o", mode & 07777);
		tell_path_call(out, raw, path, detail);
	}
	if (!admit(quota, CLASS_FILE))
		return;
	if (raw->kind == SAW_MAKE_DIRECTORY || raw->kind == SAW_REMOVE_DIRECTORY)
		strcat(path, "/");
	tell_path(out, raw, kinds[raw->kind], path);
	if (raw->kind == SAW_CREATE && S_ISREG(mode) && mode & 0111 && admit(quota, CLASS_FILE))
		tell_path(out, raw, TELL_EXECUTABLE, path);
}

static void tell_two(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	static char path[PATH_SIZE];
	uint32_t device = (uint32_t)raw->values[0], second = (uint32_t)raw->values[2];
	if (!admit(quota, CLASS_FILE))
		return;
	if (second > raw->text_length)
		second = raw->text_length;
	size_t begun = record_begin(out, raw->kind == SAW_RENAME ? TELL_RENAME : TELL_LINK, when(raw), raw->pid);
	place_path(raw->text, second, device, path, sizeof path);
	record_string(out, path, TELL_PATH_MOST);
	place_path(raw->text + second, raw->text_length - second, device, path, sizeof path);
	record_string(out, path, TELL_PATH_MOST);
	record_end(out, begun);
}

/* A file that tells secrets, or the machine's memory, was opened. */
static void tell_open(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	static const char *const telling[] = {"/etc/shadow", "/etc/gshadow", "/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"};
	static char path[PATH_SIZE];
	place_path(raw->text, raw->text_length, (uint32_t)raw->values[0], path, sizeof path);
	bool told = begins(path, "/proc/") && ends(path, "/mem");
	for (unsigned i = 0; i < sizeof telling / sizeof *telling; i++)
		told = told || strcmp(path, telling[i]) == 0;
	if (told && !seen_before(raw->pid, path) && admit(quota, CLASS_CALL))
		tell_path_call(out, raw, path, raw->values[2] & 2 ? "for=writing" : "for=reading");
}

static void tell_listen(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	char address[128] = "";
	uint8_t protocol = raw->values[0] == AF_UNIX ? 3 : raw->kind == SAW_BIND ? 2 : 1;
	if (raw->values[0] == AF_UNIX) {
		/* An abstract name comes second, behind its NUL. */
		size_t first = strnlen(raw->text, raw->text_length);
		if (first)
			snprintf(address, sizeof address, "%.*s", (int)first, raw->text);
		else if (raw->text_length > 1)
			snprintf(address, sizeof address, "@%.*s", (int)strnlen(raw->text + 1, raw->text_length - 1), raw->text + 1);
	} else
		inet_ntop((int)raw->values[0], (const void *)&raw->values[raw->values[0] == AF_INET ? 2 : 3], address, sizeof address);
	if (!admit(quota, CLASS_CALL))
		return;
	size_t begun = record_begin(out, TELL_LISTEN, when(raw), raw->pid);
	write_integer(out, protocol, 1);
	write_integer(out, protocol == 3 ? 0 : raw->values[1], 2);
	record_string(out, address, TELL_DETAIL_MOST);
	record_end(out, begun);
}

static void tell_credentials(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	if (!admit(quota, CLASS_CALL))
		return;
	size_t begun = record_begin(out, TELL_CREDENTIALS, when(raw), raw->pid);
	write_integer(out, raw->values[1], 4);
	write_integer(out, raw->values[2], 4);
	record_string(out, event_call_name(raw->values[0]), TELL_DETAIL_MOST);
	record_end(out, begun);
}

static void tell_system_call(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	char detail[TELL_DETAIL_MOST];
	const struct witness_call *call = &witness_calls[raw->kind - SAW_CALL];
	if (strstr(call->name, "mount") || strcmp(call->name, "pivot_root") == 0)
		place_forget();
	if (!admit(quota, CLASS_CALL))
		return;
	event_detail(raw, call, detail, sizeof detail);
	tell_call(out, raw, call->name, detail, (int64_t)raw->values[6] >= 0);
}

void event_tell(struct buffer *out, const struct witness_raw *raw, struct witness_quota *quota)
{
	static void (*const tellers[])(struct buffer *, const struct witness_raw *, struct witness_quota *) = {
		[SAW_FORK] = tell_life, [SAW_EXIT] = tell_life, [SAW_EXEC] = tell_exec, [SAW_CREATE] = tell_file,
		[SAW_MAKE_DIRECTORY] = tell_file, [SAW_WRITE] = tell_file, [SAW_DELETE] = tell_file, [SAW_REMOVE_DIRECTORY] = tell_file,
		[SAW_MODE] = tell_file, [SAW_RENAME] = tell_two, [SAW_LINK] = tell_two, [SAW_OPEN] = tell_open,
		[SAW_LISTEN] = tell_listen, [SAW_BIND] = tell_listen, [SAW_CREDENTIALS] = tell_credentials,
	};
	if (is_own(raw))
		return;
	if (raw->kind >= SAW_CALL && raw->kind - SAW_CALL < witness_call_count)
		tell_system_call(out, raw, quota);
	else if (raw->kind < sizeof tellers / sizeof *tellers && tellers[raw->kind])
		tellers[raw->kind](out, raw, quota);
}

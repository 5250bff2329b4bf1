#include "witness_hash.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 16384
#define SIZE_MOST (16 * 1024 * 1024)       /* of one program */
#define ALL_MOST ((uint64_t)64 * 1024 * 1024) /* of one task's */
#define WAITING_MOST 32
#define KNOWN 64

static struct { uint32_t number; int fd; } waiting[WAITING_MOST];
static unsigned first, count;
static struct sha256 hash;
static struct stat looked; /* of the one being hashed; st_size 0: none is */
static uint64_t read_so_far, offset;
static bool left_out, begun;

/* Programs hashed already: most are run often. */
static struct { dev_t device; ino_t inode; struct timespec changed; uint8_t digest[SHA256_SIZE]; } known[KNOWN];
static unsigned next_known, known_count;

static bool is_known(const struct stat *status, uint8_t digest[SHA256_SIZE])
{
	for (unsigned i = 0; i < known_count; i++)
		if (known[i].device == status->st_dev && known[i].inode == status->st_ino &&
		    memcmp(&known[i].changed, &status->st_ctim, sizeof status->st_ctim) == 0) {
			memcpy(digest, known[i].digest, SHA256_SIZE);
			return true;
		}
	return false;
}

void hash_want(uint32_t number, uint32_t pid, const char *path)
{
	char own[64];
	struct stat status, running;
	snprintf(own, sizeof own, "/proc/%u/exe", pid);
	int fd = count < WAITING_MOST ? open(own, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	/* By then the process may be gone, or run another program. */
	if (count < WAITING_MOST && (fd < 0 || (stat(path, &running) == 0 && fstat(fd, &status) == 0 && running.st_ino != status.st_ino))) {
		if (fd >= 0)
			close(fd);
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	}
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > SIZE_MOST) {
		if (fd >= 0)
			close(fd);
		left_out = true;
		return;
	}
	waiting[(first + count) % WAITING_MOST].fd = fd;
	waiting[(first + count++) % WAITING_MOST].number = number;
}

bool hash_is_busy(void)
{
	return count > 0;
}

bool hash_left_out(void)
{
	return left_out;
}

static void finish_one(void)
{
	close(waiting[first].fd);
	first = (first + 1) % WAITING_MOST;
	count--;
	begun = false;
}

static void tell(const uint8_t digest[SHA256_SIZE], hash_done done)
{
	uint32_t number = waiting[first].number;
	finish_one();
	done(number, digest);
}

static void remember(const uint8_t digest[SHA256_SIZE])
{
	known[next_known].device = looked.st_dev;
	known[next_known].inode = looked.st_ino;
	known[next_known].changed = looked.st_ctim;
	memcpy(known[next_known].digest, digest, SHA256_SIZE);
	next_known = (next_known + 1) % KNOWN;
	if (known_count < KNOWN)
		known_count++;
}

void hash_work(hash_done done)
{
	static uint8_t piece[PIECE];
	uint8_t digest[SHA256_SIZE];
	if (!count)
		return;
	if (!begun) {
		begun = true;
		offset = 0;
		sha256_begin(&hash);
		if (fstat(waiting[first].fd, &looked) == 0 && is_known(&looked, digest)) {
			tell(digest, done);
			return;
		}
	}
	ssize_t got = read_so_far < ALL_MOST && offset <= SIZE_MOST ? pread(waiting[first].fd, piece, sizeof piece, (off_t)offset) : -1;
	if (got < 0) {
		left_out = true;
		finish_one();
	} else if (got > 0) {
		sha256_add(&hash, piece, (size_t)got);
		offset += (uint64_t)got;
		read_so_far += (uint64_t)got;
	} else {
		sha256_end(&hash, digest);
		remember(digest);
		tell(digest, done);
	}
}

void hash_forget(void)
{
	while (count)
		finish_one();
	first = next_known = known_count = 0;
	read_so_far = 0;
	left_out = false;
}

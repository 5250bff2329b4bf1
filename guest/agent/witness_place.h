/* Where files are: paths out of what the kernel's half noted, and whether the image has a file unchanged. */
#ifndef WITNESS_PLACE_H
#define WITNESS_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Forgets the mounts it knew: they may have changed. */
void place_forget(void);
/* The path of names from the leaf up, `length` bytes with a NUL after each, on the device. Always ended by NUL. */
void place_path(const char *names, size_t length, uint32_t device, char *path, size_t size);
/* A file of the root file system that nobody made or changed. */
bool place_is_image(const char *path, uint32_t device);

#endif

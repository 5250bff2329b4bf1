/* From the kernel's start of /init to a machine that programs can run in. */
#ifndef BOOT_H
#define BOOT_H

#include <stdint.h>

/* Mounts the kernel's file systems, loads the modules, and makes the image with an overlay in RAM the root. */
void boot_root(void);
/* What programs expect of a running system: /dev, /tmp, loopback, hardening. */
void boot_furnish(void);

/* After boot_root: the root as the image has it, and what was changed of it (O_PATH, or -1). */
int boot_lower(void);
int boot_upper(void);
/* Devices, as the kernel numbers them within: of the root, and of its two layers. */
uint32_t boot_root_device(void);
const uint32_t *boot_layers(void);

#endif

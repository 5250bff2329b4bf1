/* From the kernel's start of /init to a machine that programs can run in. */
#ifndef BOOT_H
#define BOOT_H

/* Mounts the kernel's file systems, loads the modules, and makes the image with an overlay in RAM the root. */
void boot_root(void);
/* What programs expect of a running system: /dev, /tmp, loopback, hardening. */
void boot_furnish(void);

#endif

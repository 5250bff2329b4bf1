/* What musl's headers lack of the kernel's interface; the header it is from is named at each. */
#ifndef LINUX_H
#define LINUX_H

/* linux/random.h */
#define RNDADDENTROPY 0x40085203
#define RNDRESEEDCRNG 0x5207

/* linux/module.h */
#define MODULE_INIT_COMPRESSED_FILE 4

#endif

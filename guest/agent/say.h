/* Messages for the person who reads the machine's console. */
#ifndef SAY_H
#define SAY_H

__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* Says why, then resets the machine: QEMU runs with -no-reboot, so that ends it. */
__attribute__((format(printf, 1, 2))) _Noreturn void die(const char *format, ...);

#endif

/* Names and the addresses that stand for them, of 198.18.0.0/15. */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The address (host order) that stands for the name, from now on if it had none; the longest unused name gives up its own. */
uint32_t names_address(const char *name);
/* The name that the address (host order) stands for, valid until the next call of either; NULL: none. */
const char *names_find(uint32_t address);
/* True once for each name, as long as it has its address and until names_forget_told. */
bool names_tell(uint32_t address);
void names_forget_told(void);

#endif

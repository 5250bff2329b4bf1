/* Sockets below TCP and UDP: there is nothing that they could reach. */
#ifndef RAW_H
#define RAW_H

/* From now on nobody can open one, root neither, so that a ping fails at once instead of waiting for what never comes. */
void raw_refuse(void);

#endif

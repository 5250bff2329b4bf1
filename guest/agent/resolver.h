/* The name server that every program in the guest talks to, whichever it was told to use. */
#ifndef RESOLVER_H
#define RESOLVER_H

/* The socket, to be steered to. */
int resolver_open(void);
/* For a new connection to a host no name was asked for yet. */
void resolver_reset(void);

#endif

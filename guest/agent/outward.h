/* Connections that programs in the guest make to other machines: each becomes a stream of the host's. */
#ifndef OUTWARD_H
#define OUTWARD_H

/* From now on every such connection comes here, and every question for a name to the resolver. */
void outward_open(void);
/* Before each wait: whether connections are taken at present. */
void outward_prepare(void);
/* For a new host: forgets stream numbers. */
void outward_reset(void);

#endif

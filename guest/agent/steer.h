/* Steers what programs send to other machines to two sockets of the agent, whatever its address. */
#ifndef STEER_H
#define STEER_H

/* Every TCP connection goes to `listener`, UDP to port 53 to `resolver`; other UDP meets no socket. Dies if it cannot. */
void steer(int listener, int resolver);

#endif

/** The numbers of docs/protocol.md that bound a connection. */

/** Bytes of DATA that may be sent in each direction of a new stream. */
export const INITIAL_CREDIT = 262_144;
/** Credit that one direction of a stream may hold. */
export const MAX_CREDIT = 16_777_216;
/** Streams open at a time on either side's account. */
export const MAX_OPEN_STREAMS = 1024;
/** EVENTs of one connection: an agent sends one a second of each kind at most, so this is hours. */
export const MAX_EVENTS = 65_536;
/** Refusals of OUTWARD that may wait for the guest to read: an honest agent reads as fast as it asks. */
export const MAX_UNREAD_REFUSALS = 16_384;

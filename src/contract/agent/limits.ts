/** The numbers of docs/protocol.md that bound a connection. */

/** Bytes of DATA that may be sent in each direction of a new stream. */
export const INITIAL_CREDIT = 262_144;
/** The same of a stream that the guest opens: there may be many, and most of them idle. */
export const OUTWARD_CREDIT = 65_536;
/** Credit that one direction of a stream may hold. */
export const MAX_CREDIT = 16_777_216;
/** Streams of the host open at a time. */
export const MAX_OPEN_STREAMS = 1024;
/** Streams of the guest open at a time; more are refused. */
export const MAX_OUTWARD_STREAMS = 4096;
/** EVENTs of one connection: an agent sends one a second of each kind at most, so this is hours. */
export const MAX_EVENTS = 65_536;
/** LOOKUPs of one connection. */
export const MAX_LOOKUPS = 4096;
/** Events of each class that the host takes of one witness: 20,000 in all. */
export const WITNESS_QUOTA = { execs: 4000, lives: 8000, files: 6000, calls: 2000 } as const;
/** Bytes that one witness may say in all. */
export const MAX_WITNESS_BYTES = 16_777_216;
/** Slots of the shelf, each of MAX_PAYLOAD bytes. */
export const SHELF_SLOTS = 32;
export const SHELF_BYTES = SHELF_SLOTS * 65_536;
/** Refusals of OUTWARD that may wait for the guest to read: an honest agent reads as fast as it asks. */
export const MAX_UNREAD_REFUSALS = 16_384;

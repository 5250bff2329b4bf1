export { askDaemon } from "./ask.ts";
export { CreditedSink, CreditingSource } from "./flow.ts";
export { taskOf, type LocalTask } from "./portable.ts";
export { openSession, type Declined, type Session, type SessionStreams } from "./session.ts";
export { differing, settingsOf, type Settings } from "./settings.ts";
export { daemonSocket, mayUseDaemon } from "./socket.ts";
export { Asked, CHANNELS, LARGEST_ASKED, PROTOCOL, RUN_PATH, type Told, type WireTask } from "./wire.ts";

export { inspect } from "./inspect.ts";
export type { InspectionListeners, InspectionOptions, TlsWords } from "./options.ts";
export { trustedRoots } from "./real-server.ts";
export { TaskAuthority } from "./task-authority.ts";

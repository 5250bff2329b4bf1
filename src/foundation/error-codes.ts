/**
 * Every way Mayfly itself can fail. Each code is documented in `docs/errors.md`; a test keeps the two equal.
 * `exit` is the exit status of the CLI for it.
 */
export const ERROR_CODES = {
  // what the user asked for
  E_USAGE: { exit: 64 },
  E_UNKNOWN_PROFILE: { exit: 64 },
  E_BAD_PROFILE: { exit: 64 },
  E_INPUT_MISSING: { exit: 66 },
  E_INPUT_UNREADABLE: { exit: 66 },
  E_INPUT_KIND: { exit: 66 },
  E_INPUT_CHANGED: { exit: 66 },
  E_INPUT_TOO_LARGE: { exit: 66 },
  E_OUTPUT_EXISTS: { exit: 73 },
  E_OUTPUT_WRITE: { exit: 73 },
  E_DOCUMENT_EMPTY: { exit: 65 },
  E_DOCUMENT_KIND: { exit: 65 },
  E_DOCUMENT_DAMAGED: { exit: 65 },
  E_DOCUMENT_PASSWORD: { exit: 77 },
  E_DOCUMENT_LIMIT: { exit: 124 },
  E_COMMAND_NOT_FOUND: { exit: 127 },
  E_COMMAND_NOT_EXECUTABLE: { exit: 126 },
  E_LIMIT: { exit: 124 },
  E_ISOLATION: { exit: 77 },
  E_LIMIT_UNENFORCEABLE: { exit: 77 },
  E_UNKNOWN_TASK: { exit: 64 },
  E_IN_USE: { exit: 73 },
  E_CANCELLED: { exit: 130 },
  // what the machine lacks
  E_SETUP_NEEDED: { exit: 69 },
  E_SETUP_FAILED: { exit: 69 },
  E_ENGINE_MISSING: { exit: 69 },
  E_ENGINE_TOO_OLD: { exit: 69 },
  E_STORE_UNWRITABLE: { exit: 73 },
  E_DISK_FULL: { exit: 74 },
  E_NO_MEMORY: { exit: 71 },
  E_JAIL: { exit: 71 },
  // what broke underway
  E_IMAGE_BUILD: { exit: 70 },
  E_IMAGE_CORRUPT: { exit: 70 },
  E_TEMPLATE: { exit: 70 },
  E_ENGINE_START: { exit: 70 },
  E_ENGINE_DIED: { exit: 70 },
  E_ENGINE_PROTOCOL: { exit: 70 },
  E_GUEST_PANIC: { exit: 70 },
  E_GUEST_REBOOTED: { exit: 70 },
  E_GUEST_SILENT: { exit: 70 },
  E_GUEST_PROTOCOL: { exit: 70 },
  E_GUEST_REFUSED: { exit: 70 },
  E_FILE_IN_GUEST: { exit: 70 },
  E_CONVERTER: { exit: 70 },
  E_CLOSED: { exit: 70 },
  E_DISPOSAL: { exit: 70 },
  E_LOCKED: { exit: 75 },
  E_INTERNAL: { exit: 70 },
} as const satisfies Record<`E_${string}`, { exit: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

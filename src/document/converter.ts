/** The profile whose template has the converter running. */
export const OFFICE = "office";
/** Connects the task's streams to the converter: one request on standard input, records on standard output. */
export const CONVERTER = ["nc", "-N", "-U", "/tmp/converter"] as const;

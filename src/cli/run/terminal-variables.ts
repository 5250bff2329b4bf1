/** What a program on a terminal must know of it. The name goes to an untrusted machine, so it is checked. */
export function terminalVariables(env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> {
  const name = env["TERM"] ?? "";
  return { TERM: /^[A-Za-z0-9][A-Za-z0-9+._-]{0,63}$/.test(name) ? name : "xterm" };
}

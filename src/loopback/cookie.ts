/** Longer headers are nobody's of ours. */
const MOST_LENGTH = 8192;

/** The value of a cookie in the header `Cookie`; of two with the same name the first, as browsers order them. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MOST_LENGTH) return undefined;
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * The header `Set-Cookie` of a session. Browsers give a host's cookies to each of its ports, so it is bound to a path that
 * only this server has: another program's page on this machine never gets it.
 */
export function sessionCookie(name: string, value: string, path: string): string {
  return `${name}=${value}; Path=${path}; HttpOnly; SameSite=Strict`;
}

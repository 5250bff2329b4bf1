import { createHash, randomBytes } from "node:crypto";

/** Links that were made and not followed yet, and browsers that came in; the oldest gives way. */
const MOST = 64;
const SECRET_BYTES = 32;

/**
 * Who may come in: whoever follows a link that this server made. A link is good once; what it gives is a cookie that no
 * other server knows.
 */
export class Admission {
  readonly #links = new Map<string, { readonly path: string; isSpent: boolean }>();
  readonly #sessions = new Map<string, true>();

  /** Makes a link's token. @param path where it leads */
  invite(path: string): string {
    const token = secret();
    keep(this.#links, digest(token), { path, isSpent: false });
    return token;
  }

  /**
   * Follows a link.
   * @param session what the browser has already, if anything: in it, a link works again
   * @returns where it leads, with the new cookie's value where it gives one; undefined where it is not (or no more) good
   */
  enter(token: string, session?: string): { readonly session?: string; readonly path: string } | undefined {
    const link = this.#links.get(digest(token));
    if (link === undefined) return undefined;
    if (this.isAdmitted(session)) {
      link.isSpent = true;
      return { path: link.path };
    }
    if (link.isSpent) return undefined;
    link.isSpent = true;
    const fresh = secret();
    keep(this.#sessions, digest(fresh), true);
    return { session: fresh, path: link.path };
  }

  isAdmitted(session: string | undefined): boolean {
    return session !== undefined && this.#sessions.has(digest(session));
  }
}

/** Secrets are looked up by their digests, so the time that it takes says nothing of them. */
function digest(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function secret(): string {
  return randomBytes(SECRET_BYTES).toString("base64url");
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST && oldest !== undefined) map.delete(oldest);
}

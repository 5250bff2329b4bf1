/** What a request says of where it comes from. */
export interface Asked {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Header `Sec-Fetch-Site`: browsers alone send it. */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly isUpgrade: boolean;
}

const HARMLESS = new Set(["GET", "HEAD"]);

/** The names by which a server on this port of the loopback may be called. A name that was made to resolve to it is none. */
export function ownHosts(port: number): ReadonlySet<string> {
  return new Set(["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`));
}

/**
 * Judges by what a page cannot forge: its browser writes these headers.
 * @param entering whether it asks for the way in, to which links from elsewhere may lead
 * @returns why it is refused, undefined where it is not
 */
export function refusalOf(asked: Asked, hosts: ReadonlySet<string>, entering: boolean): string | undefined {
  const { host = "", origin } = asked;
  if (!hosts.has(host)) return "it asks for another host, as a page does whose name was made to point here";
  if (origin !== undefined && origin !== `http://${host}`) return "it comes from a page of another origin";
  if (!isOwnSite(asked) && !(entering && isNavigation(asked))) return "it comes from a page of another site";
  const isWeighty = asked.isUpgrade || !HARMLESS.has(asked.method);
  return isWeighty && origin === undefined ? "it does not say which page it comes from" : undefined;
}

/** Only the same origin will do: the same site may be another port, which is another program's and maybe another person's. */
function isOwnSite({ fetchSite = "none" }: Asked): boolean {
  return fetchSite === "same-origin" || fetchSite === "none";
}

function isNavigation({ method, fetchMode, isUpgrade, origin }: Asked): boolean {
  return method === "GET" && fetchMode === "navigate" && !isUpgrade && origin === undefined;
}

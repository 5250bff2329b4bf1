/** First and last port, both included. */
export type PortRange = readonly [number, number];

export const ALL_PORTS: readonly PortRange[] = [[1, 65_535]];
export const WEB_PORTS: readonly PortRange[] = [
  [80, 80],
  [443, 443],
];

/** On these ports a stream that is not TLS is a mistake. */
const TLS_PORTS = [443, 8443];

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

/** `443`, `"443"`, `"8000-8100"`; undefined where it is none. */
export function parsePorts(text: string | number): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(text));
  if (match === null) return undefined;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return isPort(first) && isPort(last) && first <= last ? [first, last] : undefined;
}

export function hasPort(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(([first, last]) => port >= first && port <= last);
}

/** The port of TLS that is among them, if one is. */
export function tlsPort(ranges: readonly PortRange[]): number | undefined {
  return TLS_PORTS.find((port) => hasPort(ranges, port));
}

/** `ports 80 and 443`, `port 22`, `ports 8000-8100`. */
export function showPorts(ranges: readonly PortRange[]): string {
  const shown = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  if (shown.length > 1) return `ports ${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
  const [only = ""] = shown;
  return only.includes("-") ? `ports ${only}` : `port ${only}`;
}

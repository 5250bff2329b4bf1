/** A host name that was asked for: lower case, punycode, no dot at its end. */
export interface NamedDestination {
  readonly kind: "name";
  readonly name: string;
  /** 1 … 65,535. */
  readonly port: number;
}

/** An address that was asked for instead of a name. */
export interface AddressDestination {
  readonly kind: "address";
  /** Canonical: dotted decimal, or as RFC 5952 says. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

export type Destination = NamedDestination | AddressDestination;

/** What was asked for is nothing that could be connected to, whatever a policy says. */
export interface Refusal {
  readonly kind: "refused";
  /** One clause, for a person. */
  readonly reason: string;
  /** What was asked for, made safe to show; at most 300 characters. */
  readonly shown: string;
}

/** `example.org:443`, `[2606:4700::1111]:443`. */
export function showDestination(destination: Destination): string {
  if (destination.kind === "name") return `${destination.name}:${destination.port}`;
  return showAddress(destination.address, destination.port);
}

export function showAddress(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

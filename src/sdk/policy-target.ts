import { MayflyError, neutralise } from "../foundation/index.ts";

interface Asked {
  /** As it was written: what it means is for the policy to say. */
  readonly host: string;
  readonly port: number;
}

/** Splits `example.org:443`, `[::1]:80`, `example.org` (443), or the beginning of a URL. @throws E_USAGE */
export function splitTarget(target: string): Asked {
  const url = /^(https?):\/\/(?:[^/?#@]*@)?([^/?#]*)/i.exec(target);
  const place = url?.[2] ?? target;
  const usual = url?.[1]?.toLowerCase() === "http" ? 80 : 443;
  const [, bracketed, host = bracketed ?? place, port] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::([^:]*))?$/.exec(place) ?? [];
  if (port === undefined) return { host, port: usual };
  const number = Number(port);
  if (/^\d{1,5}$/.test(port) && number <= 65_535) return { host, port: number };
  throw new MayflyError("E_USAGE", `"${neutralise(port, 40)}" is no port`, {
    next: "Name host and port, such as example.org:443 or [2606:4700:4700::1111]:443.",
  });
}

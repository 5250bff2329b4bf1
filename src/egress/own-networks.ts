import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";

/** This host's addresses and the networks that it is on, now: they are no stranger's, however public. */
export function ownNetworks(): BlockList {
  const own = new BlockList();
  for (const { cidr, family, internal } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [address = "", prefix = ""] = cidr?.split("/") ?? [];
    if (address !== "" && !internal)
      own.addSubnet(address, Number(prefix), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return own;
}

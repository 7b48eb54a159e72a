import { isIPv4, isIPv6 } from "node:net";

/**
 * Returns what the quotas count as one address. For IPv4 this is the address itself. For IPv6 it is
 * the network of 64 bits, because providers assign at least so large a network to each customer
 * (RFC 6177).
 * @param remote - The remote address as a socket gives it. An IPv4 address inside an IPv6 address
 *   (RFC 4291 §2.5.5.2) counts as the IPv4 address.
 */
export function networkAddress(remote: string): string {
  if (isIPv4(remote)) return remote;
  const [plain = ""] = remote.toLowerCase().split("%");
  const mapped = /^::ffff:(.+)$/.exec(plain)?.[1] ?? "";
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(plain)) return remote;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? [] : tail.split(":");
    // The last 32 bits may be written as IPv4.
    const width = after.length + (after.at(-1)?.includes(".") === true ? 1 : 0);
    groups.push(...Array<string>(Math.max(0, 8 - groups.length - width)).fill("0"), ...after);
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}

/**
 * Returns the site of an address, which is what one customer of a provider may hold at most. For
 * IPv4 this is the address itself. For IPv6 it is the network of 48 bits (RFC 6177 §2), of which
 * each 64 bits count as an address of their own.
 * @param address - What `networkAddress` has returned.
 */
export function siteOf(address: string): string {
  const groups = /^([^:]+:[^:]+:[^:]+):[^:]+::\/64$/.exec(address)?.[1];
  return groups === undefined ? address : `${groups}::/48`;
}

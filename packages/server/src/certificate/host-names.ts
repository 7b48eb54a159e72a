import { hostname, networkInterfaces } from "node:os";

/** What this machine is called, by itself and on its networks. */
export interface MachineNames {
  readonly hostName: string;
  /** Its addresses on networks, IPv4 first; none of loopback and none that holds on one link only. */
  readonly addresses: readonly string[];
}

/** Asks the operating system for the names of this machine. */
export function machineNames(): MachineNames {
  const addresses = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address));
  const ofFamily = (family: string): string[] =>
    addresses.filter((each) => each.family === family).map(({ address }) => address);
  return { hostName: hostname(), addresses: [...ofFamily("IPv4"), ...ofFamily("IPv6")] };
}

/** Whether a host to listen on means all addresses of the machine: `0.0.0.0`, `::` and the like. */
export const isEveryAddress = (host: string): boolean => /^[0:.]+$/.test(host);

/**
 * The names that a self-signed certificate is for: those that the operator gives, those of this
 * machine, and its addresses if the server listens on all of them.
 * @param host - The host that the server listens on.
 * @param given - Names and addresses from the operator.
 */
export function certificateNames(
  host: string,
  given: readonly string[],
  machine: MachineNames,
): string[] {
  // Some systems allow host names that no certificate can hold.
  const own = /^[a-z0-9.-]+$/i.test(machine.hostName) ? [machine.hostName] : [];
  const listening = isEveryAddress(host) ? machine.addresses : [host];
  return [...new Set([...given, "localhost", "127.0.0.1", "::1", ...own, ...listening])];
}

/**
 * The host that clients are told to connect to.
 * @param host - The host that the server listens on.
 * @param names - The names that its certificate was made for; the first one is the best.
 */
export function hostForClients(
  host: string,
  names: readonly string[],
  machine: MachineNames,
): string {
  if (!isEveryAddress(host)) return host;
  return names.find((name) => !name.includes("*")) ?? machine.addresses[0] ?? "localhost";
}

/** A host as it stands in a URL. */
export const urlHost = (host: string): string => (host.includes(":") ? `[${host}]` : host);

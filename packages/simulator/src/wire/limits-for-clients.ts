import { DEFAULT_LIMITS, type Limits } from "@tributary/protocol";

/**
 * The limits of a server whose clients are all of one machine. They connect from one address, so that
 * the limits per address have to fit their number.
 */
export function limitsForClients(clients: number): Partial<Limits> {
  const atLeast = (limit: keyof Limits, needed: number): Partial<Limits> => ({
    [limit]: Math.max(DEFAULT_LIMITS[limit], needed),
  });
  return {
    ...atLeast("maxConnectionsPerAddress", clients),
    ...atLeast("connectionBurstPerAddress", clients),
    ...atLeast("connectionsPerSecondPerAddress", clients),
    ...atLeast("requestBurstPerAddress", 4 * clients),
  };
}

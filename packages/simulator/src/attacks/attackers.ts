import { TributaryError, shuffledIndices, type RandomSource } from "@tributary/protocol";
import type { AttackOptions } from "./attack-options.ts";

/**
 * The clients that attack, ascending.
 * @param clients - The number of all clients.
 * @param random - Decides who they are, where the experiment gives their share.
 * @throws TributaryError `CONFIG_INVALID` when it names a client that there is not.
 */
export function attackersOf(
  { share, clients: named }: Pick<AttackOptions, "share" | "clients">,
  clients: number,
  random: RandomSource,
): readonly number[] {
  const unknown = named?.find((client) => client >= clients);
  if (unknown !== undefined) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `attack.clients names client ${unknown}, and there are ${clients} clients`,
      { remedy: `Use numbers from 0 to ${clients - 1}.`, context: { path: "attack.clients" } },
    );
  }
  const count = Math.round(share * clients);
  const chosen = named ?? shuffledIndices(clients, random).subarray(0, count);
  return [...new Set(chosen)].sort((a, b) => a - b);
}

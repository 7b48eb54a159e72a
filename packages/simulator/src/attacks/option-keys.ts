import { list, wholeNumber } from "@tributary/protocol/schemas";
import { shareKey } from "../options/option-keys.ts";

const clientNumber = wholeNumber(0, 10_000_000);

/** Who attacks: keys that all attacks have. */
export const attackerKeys = {
  share: shareKey
    .default(0.1)
    .describe("The share of all clients that attack; the seed draws which."),
  clients: list(clientNumber, { min: 1, max: 1_000_000 })
    .exactOptional()
    .describe("The numbers of the clients that attack, from 0, in place of `share`."),
};

/** A class. */
export const classKey = wholeNumber(0, 1_000_000);

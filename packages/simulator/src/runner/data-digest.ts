import { createHash, type Hash } from "node:crypto";
import type { Examples } from "@tributary/client-sdk";
import type { SimulationData } from "./simulation-data.ts";

/** What tells the data of a run, and how it is divided, from any other; in hexadecimal digits. */
export type DataDigest = (data: SimulationData) => string;

/** Makes the function that digests data. Runs with the same examples share the work for these. */
export function dataDigester(): DataDigest {
  const known = new WeakMap<Examples, Hash>();
  return ({ train, test, partition }) => {
    let examples = known.get(train);
    if (examples === undefined) {
      examples = createHash("sha256");
      for (const part of [train, test]) {
        for (const values of [part.features, part.labels]) examples.update(bytesOf(values));
      }
      known.set(train, examples);
    }
    const hash = examples.copy();
    for (const values of [partition.rows, partition.offsets]) hash.update(bytesOf(values));
    return hash.digest("hex");
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

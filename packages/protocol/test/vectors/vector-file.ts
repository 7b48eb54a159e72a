// The files in docs/vectors hold test vectors as JSON, so that a client in any language can be held
// to the protocol.
import { readFileSync } from "node:fs";

const folder = new URL("../../../../docs/vectors/", import.meta.url);

/** Where a file of vectors is. */
export function vectorPath(name: string): URL {
  return new URL(name, folder);
}

/** Reads a file of vectors. */
export function readVectors<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(vectorPath(name), "utf8")) as Vectors;
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { seededRandom, type RandomSource } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

/** A repeatable source of randomness. */
export function testRandom(seed: number): RandomSource {
  return seededRandom(createNodeCryptoProvider(), seed);
}

/** Makes a folder that is deleted when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

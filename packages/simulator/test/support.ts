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

/** A tar archive of these files. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const blocks = Object.entries(files).flatMap(([name, bytes]) => {
    const header = new Uint8Array(512);
    header.set(new TextEncoder().encode(name));
    header.set(new TextEncoder().encode(`${bytes.length.toString(8).padStart(11, "0")} `), 124);
    header[156] = 0x30;
    return [header, bytes, new Uint8Array((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, new Uint8Array(1_024)]);
}

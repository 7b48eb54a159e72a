import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { seededRandom, type RandomSource } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { readTable, type TextTable } from "../src/index.ts";

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

/** Reads a table from its text. */
export async function tableOf(text: string): Promise<TextTable> {
  const file = join(await temporaryFolder(), "table.csv");
  await writeFile(file, text);
  return readTable(file);
}

/**
 * A zip archive of these files.
 * @param claimed - The length that it claims each file to have; its true one if left out.
 */
export function zipOf(files: Readonly<Record<string, Uint8Array>>, claimed?: number): Uint8Array {
  const numbers = (...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer =>
    Buffer.concat(
      fields.map(([value, bytes]) => {
        const field = Buffer.alloc(bytes);
        field.writeUIntLE(value, 0, bytes);
        return field;
      }),
    );
  let at = 0;
  const parts = Object.entries(files).map(([name, content]) => {
    const packed = deflateRawSync(content);
    const facts = numbers(
      ...([
        [20, 2],
        [0, 2],
        [8, 2],
        [0, 4],
        [crc32(content), 4],
        [packed.length, 4],
      ] as const),
      ...([
        [claimed ?? content.length, 4],
        [name.length, 2],
        [0, 2],
      ] as const),
    );
    const local = Buffer.concat([numbers([0x04034b50, 4]), facts, Buffer.from(name), packed]);
    const central = Buffer.concat([
      ...[numbers([0x02014b50, 4], [20, 2]), facts],
      ...[numbers([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]), Buffer.from(name)],
    ]);
    at += local.length;
    return { local, central };
  });
  const directory = Buffer.concat(parts.map(({ central }) => central));
  const end = numbers(
    ...([
      [0x06054b50, 4],
      [0, 2],
      [0, 2],
      [parts.length, 2],
      [parts.length, 2],
    ] as const),
    ...([
      [directory.length, 4],
      [at, 4],
      [0, 2],
    ] as const),
  );
  return Buffer.concat([...parts.map(({ local }) => local), directory, end]);
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

/** The checksum that zip archives have (ISO 3309); Node 20.19 has none of its own. */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

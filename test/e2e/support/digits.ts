import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Images of 28 × 28 bytes, one after the other, and the digit that each shows. */
export interface Digits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

export const PIXELS = 28 * 28;

/** Reads one half of MNIST with nothing of the project's. */
export async function readDigits(folder: string, half: "train" | "t10k"): Promise<Digits> {
  const images = gunzipSync(await readFile(join(folder, `${half}-images-idx3-ubyte.gz`)));
  const labels = gunzipSync(await readFile(join(folder, `${half}-labels-idx1-ubyte.gz`)));
  return { pixels: images.subarray(16), labels: labels.subarray(8) };
}

export function sliceDigits({ pixels, labels }: Digits, from: number, to: number): Digits {
  return { pixels: pixels.subarray(from * PIXELS, to * PIXELS), labels: labels.subarray(from, to) };
}

/** Writes a data set as MNIST's four files, plain. */
export async function writeDigits(folder: string, train: Digits, test: Digits): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [half, { pixels, labels }] of [["train", train] as const, ["t10k", test] as const]) {
    await writeFile(
      join(folder, `${half}-images-idx3-ubyte`),
      Buffer.concat([idxHeader(0x803, labels.length, 28, 28), pixels]),
    );
    await writeFile(
      join(folder, `${half}-labels-idx1-ubyte`),
      Buffer.concat([idxHeader(0x801, labels.length), labels]),
    );
  }
}

function idxHeader(...numbers: readonly number[]): Buffer {
  const header = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, index) => header.writeUInt32BE(number, 4 * index));
  return header;
}

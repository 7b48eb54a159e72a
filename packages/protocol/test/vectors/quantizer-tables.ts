import { toHex } from "../../src/bytes/encoding.ts";
import { float32Bytes } from "../../src/bytes/float32-bytes.ts";
import { HALF_CENTROIDS, NORMAL_STEPS } from "../../src/update/normal-quantizers.generated.ts";

/** The values that codes stand for. */
interface Levels {
  /** Of the codes 0, 1, …: little-endian float32, hexadecimal. */
  readonly values: string;
}

/** What `normal-quantizers.json` holds, by the codec's `bits`. */
export interface QuantizerTables {
  readonly about: string;
  readonly centroids: Readonly<Record<string, Levels>>;
  readonly entropy: Readonly<
    Record<string, Levels & { readonly step: number; readonly frequencies: readonly number[] }>
  >;
}

/** The tables of the codec `eden`, as its decoder uses them. */
export function makeQuantizerTables(): QuantizerTables {
  const levels = (values: readonly number[]): string =>
    toHex(float32Bytes(Float32Array.from(values)));
  return {
    about:
      "The tables of the codec eden (docs/protocol.md, section 7), by its bits: what the codes 0, 1, … stand for, as little-endian float32 in hexadecimal, and with entropy coding how often each comes.",
    centroids: Object.fromEntries(
      Object.entries(HALF_CENTROIDS).map(([bits, halves]) => [
        bits,
        { values: levels([...halves.map((value) => -value).toReversed(), ...halves]) },
      ]),
    ),
    entropy: Object.fromEntries(
      Object.entries(NORMAL_STEPS).map(([bits, { step, frequencies: halves }]) => {
        const most = halves.length - 1;
        const frequencies = [...halves.slice(1).toReversed(), ...halves];
        const values = levels(frequencies.map((_, code) => (code - most) * step));
        return [bits, { step, frequencies, values }];
      }),
    ),
  };
}

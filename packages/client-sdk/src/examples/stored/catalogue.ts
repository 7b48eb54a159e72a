import { TributaryError, utf8, utf8Decode } from "@tributary/protocol";
import type { ExampleForm } from "./example-form.ts";
import { PACKINGS, type Packing } from "./packing.ts";
import { NO_SEAL, damaged, type Sealer } from "./seal.ts";

/** What the catalogue knows of a block, so that most blocks need not be read for a query. */
export interface BlockEntry {
  readonly id: number;
  /** The number of examples. */
  readonly count: number;
  /** When the oldest and the newest of its examples were made, milliseconds since the Unix epoch. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** The size of the block as it is stored. */
  readonly bytes: number;
  readonly packing: Packing;
}

/** What an example store knows of its blocks. Every change makes a new one. */
export interface Catalogue {
  /** Undefined until there are examples. */
  readonly form: ExampleForm | undefined;
  /** Drawn at random for each store, and part of the place of each of its blocks. */
  readonly storeId: number;
  /** The ids of blocks that are no longer part of the store and are still there for who reads them. */
  readonly doomed: readonly number[];
  /** In the order in which the examples were added. */
  readonly blocks: readonly BlockEntry[];
}

/** The number of the stored form, which grows when older versions could not read what is written. */
export const SCHEMA = 1;

// A stored catalogue is "TREX", the schema, whether it is sealed (1) or not (0), two bytes of 0, and
// then the text of its head as JSON in front of one row of numbers for each block.
const MAGIC = utf8("TREX");
const PREFIX_BYTES = 8;
const COLUMNS = 6;

/** A catalogue of no blocks. */
export function emptyCatalogue(): Catalogue {
  return { form: undefined, storeId: randomId(), doomed: [], blocks: [] };
}

/** A whole number that nobody has drawn before, below 2⁵². */
export function randomId(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high! & 0xfffff) * 2 ** 32 + low!;
}

/** The number of examples in blocks. */
export const countOf = (blocks: readonly BlockEntry[]): number =>
  blocks.reduce((sum, { count }) => sum + count, 0);

/** The number of bytes that blocks take where they are stored. */
export const sizeOf = (blocks: readonly BlockEntry[]): number =>
  blocks.reduce((sum, { bytes }) => sum + bytes, 0);

/** Names the place of a block, for its seal. */
export const placeOf = ({ storeId }: Catalogue, id: number): string => `block ${id} of ${storeId}`;

/** Names the place of the catalogue of a store, for its seal. */
const cataloguePlace = (name: string, revision: number): string =>
  `catalogue ${revision} of ${name}`;

/** Whose catalogue it is, and which. */
export interface CatalogueName {
  readonly name: string;
  readonly revision: number;
}

/** Writes a catalogue. */
export async function encodeCatalogue(
  { blocks, ...head }: Catalogue,
  { name, revision }: CatalogueName,
  sealer: Sealer,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = utf8(JSON.stringify(head));
  const rowsAt = 8 * Math.ceil((4 + text.length) / 8);
  const plain = new Uint8Array(rowsAt + 8 * COLUMNS * blocks.length);
  new Uint32Array(plain.buffer, 0, 1)[0] = text.length;
  plain.set(text, 4);
  const rows = new Float64Array(plain.buffer, rowsAt);
  blocks.forEach(({ id, count, oldestMs, newestMs, bytes, packing }, index) =>
    rows.set([id, count, oldestMs, newestMs, bytes, PACKINGS.indexOf(packing)], index * COLUMNS),
  );
  const sealed = await sealer.seal(plain, cataloguePlace(name, revision));
  const whole = new Uint8Array(PREFIX_BYTES + sealed.length);
  whole.set(MAGIC);
  whole[4] = SCHEMA;
  whole[5] = sealer === NO_SEAL ? 0 : 1;
  whole.set(sealed, PREFIX_BYTES);
  return whole;
}

/**
 * Whether a stored catalogue is sealed.
 * @throws TributaryError `STORAGE_NEWER` when a newer version of this package has written it;
 *   `STORAGE_DAMAGED` when it is no catalogue.
 */
export function isSealed(bytes: Uint8Array): boolean {
  const schema = bytes[4];
  if (schema === undefined || MAGIC.some((value, index) => bytes[index] !== value)) {
    throw damaged("The stored catalogue of examples is not one");
  }
  if (schema > SCHEMA) {
    throw new TributaryError(
      "STORAGE_NEWER",
      `A newer version of the app has stored the examples in form ${schema}, and this one knows forms up to ${SCHEMA}`,
      { remedy: "Run the newer version: in a page, reload it." },
    );
  }
  return bytes[5] === 1;
}

/**
 * Reads a catalogue.
 * @throws TributaryError `STORAGE_DAMAGED` when it is not what was stored.
 */
export async function decodeCatalogue(
  bytes: Uint8Array<ArrayBuffer>,
  { name, revision }: CatalogueName,
  sealer: Sealer,
): Promise<Catalogue> {
  const opened = await sealer.open(bytes.subarray(PREFIX_BYTES), cataloguePlace(name, revision));
  const plain = opened.slice();
  try {
    const length = new Uint32Array(plain.buffer, 0, 1)[0]!;
    const head = JSON.parse(utf8Decode(plain.subarray(4, 4 + length))) as Omit<Catalogue, "blocks">;
    const rows = new Float64Array(plain.buffer, 8 * Math.ceil((4 + length) / 8));
    const blocks = Array.from({ length: rows.length / COLUMNS }, (_, index): BlockEntry => {
      const row = rows.subarray(index * COLUMNS);
      const packing = PACKINGS[row[5]!]!;
      const [id, count, oldestMs, newestMs, size] = row;
      return {
        id: id!,
        count: count!,
        oldestMs: oldestMs!,
        newestMs: newestMs!,
        bytes: size!,
        packing,
      };
    });
    return { ...head, form: head.form, blocks };
  } catch (error) {
    throw damaged("The stored catalogue of examples cannot be read", error);
  }
}

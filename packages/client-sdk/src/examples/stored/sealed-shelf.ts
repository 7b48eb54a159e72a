import { TributaryError } from "@tributary/protocol";
import { decodeBlock, type Block, type EncodedBlock } from "./block.ts";
import {
  decodeCatalogue,
  emptyCatalogue,
  encodeCatalogue,
  isSealed,
  placeOf,
  randomId,
  type BlockEntry,
  type Catalogue,
} from "./catalogue.ts";
import { importSealingKey, type ExampleShelf } from "./example-shelf.ts";
import { NO_SEAL, aesSealer, damaged, type Sealer } from "./seal.ts";

/** Whose shelf it is, and whether what lies on it is encrypted. */
export interface ShelfSettings {
  readonly name: string;
  readonly encryption: boolean;
  /** The app's own key, 32 bytes, in place of the shelf's. */
  readonly key?: Uint8Array | undefined;
}

/** A change to a catalogue. */
export interface CatalogueChange {
  readonly catalogue: Catalogue;
  /** New blocks by their ids. */
  readonly fresh: ReadonlyMap<number, Pick<EncodedBlock, "bytes">>;
  readonly remove: readonly number[];
}

/** A shelf whose bytes are understood: a catalogue and blocks of examples, sealed and opened. */
export class SealedShelf {
  readonly #shelf: ExampleShelf;
  readonly #settings: ShelfSettings;
  #revision: number | undefined;
  #catalogue: Catalogue = emptyCatalogue();
  #sealer: Sealer | undefined;

  constructor(shelf: ExampleShelf, settings: ShelfSettings) {
    this.#shelf = shelf;
    this.#settings = settings;
  }

  /**
   * Reads the catalogue, unless it is the one that was read last. Other tabs may have changed it.
   * @throws TributaryError `STORAGE_DAMAGED`, `STORAGE_NEWER`, or `BAD_PARAMETER` when it is encrypted
   *   and the settings say it is not, or the other way round.
   */
  async refresh(): Promise<Catalogue> {
    const stored = await this.#shelf.catalogue();
    if (stored?.revision === this.#revision) return this.#catalogue;
    this.#sealer = undefined;
    if (stored === undefined) {
      this.#catalogue = emptyCatalogue();
    } else {
      const { name, encryption } = this.#settings;
      if (isSealed(stored.bytes) !== encryption) throw otherwiseSealed(encryption);
      const place = { name, revision: stored.revision };
      this.#catalogue = await decodeCatalogue(stored.bytes, place, await this.sealer());
    }
    this.#revision = stored?.revision;
    return this.#catalogue;
  }

  /** Removes blocks that commits have left which were cut short. */
  async prune(nowMs: number): Promise<void> {
    const { blocks, doomed } = await this.refresh();
    await this.#shelf.prune?.(new Set([...blocks.map(({ id }) => id), ...doomed]), nowMs);
  }

  /** What seals and opens the blocks of this shelf. */
  async sealer(): Promise<Sealer> {
    if (!this.#settings.encryption) return NO_SEAL;
    if (this.#sealer === undefined) {
      requireCryptography();
      const { key: own } = this.#settings;
      const key = await (own === undefined
        ? this.#shelf.key()
        : importSealingKey(Uint8Array.from(own)));
      if (key === undefined) throw damaged("The key of the stored examples is lost");
      this.#sealer = aesSealer(key);
    }
    return this.#sealer;
  }

  /**
   * Reads blocks, in the order of the entries.
   * @throws TributaryError `STORAGE_DAMAGED` when one is missing, or is not what was stored.
   */
  async read(catalogue: Catalogue, entries: readonly BlockEntry[]): Promise<readonly Block[]> {
    const sealer = await this.sealer();
    const stored = await this.#shelf.blocks(entries.map(({ id }) => id));
    const blocks = stored.map(async (bytes, index): Promise<Block> => {
      const entry = entries[index]!;
      const place = placeOf(catalogue, entry.id);
      if (bytes === undefined) throw damaged(`The ${place} is missing`);
      const block = decodeBlock(await sealer.open(bytes, place), catalogue.form!);
      if (block?.count === entry.count) return block;
      throw damaged(`The ${place} is not one of ${entry.count} examples`);
    });
    return Promise.all(blocks);
  }

  /**
   * Keeps a change that was made of the catalogue of the last `refresh`.
   * @returns False, with nothing changed, when another tab has made a change since.
   */
  async commit({ catalogue, fresh, remove }: CatalogueChange): Promise<boolean> {
    const sealer = await this.sealer();
    const put = new Map<number, Uint8Array<ArrayBuffer>>();
    for (const [id, { bytes }] of fresh) {
      put.set(id, await sealer.seal(bytes, placeOf(catalogue, id)));
    }
    const revision = randomId();
    const place = { name: this.#settings.name, revision };
    const bytes = await encodeCatalogue(catalogue, place, sealer);
    const change = { after: this.#revision, catalogue: { revision, bytes }, put, remove };
    if (!(await this.#shelf.commit(change))) return false;
    this.#catalogue = catalogue;
    this.#revision = revision;
    return true;
  }

  /**
   * Removes everything, and then counts what is left.
   * @throws TributaryError `STORAGE_DAMAGED` when something is.
   */
  async erase(): Promise<void> {
    await eraseShelf(this.#shelf);
    this.#revision = undefined;
    this.#catalogue = emptyCatalogue();
    this.#sealer = undefined;
  }
}

/**
 * Removes all that lies on a shelf, whatever it is, and then counts what is left.
 * @throws TributaryError `STORAGE_DAMAGED` when something is.
 */
export async function eraseShelf(shelf: ExampleShelf): Promise<void> {
  await shelf.erase();
  const left = await shelf.records();
  if (left === 0) return;
  throw new TributaryError(
    "STORAGE_DAMAGED",
    `After the store was erased ${left} records are left`,
    {
      remedy: "Close other tabs and processes that use the store, and erase it again.",
    },
  );
}

function otherwiseSealed(encryption: boolean): TributaryError {
  const stored = encryption ? "not encrypted" : "encrypted";
  return new TributaryError("BAD_PARAMETER", `The stored examples are ${stored}`, {
    remedy: `Open the store with encryption: ${!encryption}, or begin with an empty store: \`eraseExampleStore\` removes this one.`,
  });
}

/** @throws TributaryError `STORAGE_DENIED` where there is no WebCrypto. */
function requireCryptography(): void {
  if (globalThis.crypto?.subtle !== undefined) return;
  throw new TributaryError(
    "STORAGE_DENIED",
    "The browser has no cryptography for pages that are not secure, and the examples are to be encrypted",
    { remedy: "Serve the page over https, or open the store with encryption: false." },
  );
}

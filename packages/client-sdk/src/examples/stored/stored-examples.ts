import { TributaryError, type Clock } from "@tributary/protocol";
import { throwIfAborted } from "../../runtime/abort.ts";
import { invalidExamples, noExamples } from "../example-faults.ts";
import type { ExampleReader } from "../example-reader.ts";
import type { ExampleStore } from "../example-store.ts";
import type { Examples } from "../examples.ts";
import { fromArrays, type Example } from "../from/arrays.ts";
import { checkGiven } from "../given-examples.ts";
import { labelArray, type Block, type TimedExamples } from "./block.ts";
import { countOf, type BlockEntry, type Catalogue } from "./catalogue.ts";
import { Draft } from "./draft.ts";
import { formOf, requireSameForm, type ExampleForm } from "./example-form.ts";
import type { ExampleShelf } from "./example-shelf.ts";
import { SealedShelf } from "./sealed-shelf.ts";
import { selectExamples, selectedCount, type ExampleCriteria } from "./selection.ts";
import type { AddOptions, AddReport, StoredExamplesOptions } from "./store-options.ts";
import { StoredReader } from "./stored-reader.ts";

/** See `StoredExamplesOptions.readAheadBytes`. */
const READ_AHEAD_BYTES = 48 * 2 ** 20;

/**
 * Examples that an app keeps on the device, encrypted, and a client trains on. `openExampleStore`
 * opens one. Several tabs of one origin may have the same store open.
 *
 * All methods reject with `STORAGE_DENIED`, `STORAGE_FULL` or `STORAGE_LOCKED` when the platform does
 * not let them work, with `STORAGE_DAMAGED` when what is stored was changed by others, and with
 * `BAD_PARAMETER` once the store is closed.
 */
export class StoredExamples implements ExampleStore {
  readonly #shelf: ExampleShelf;
  readonly #sealed: SealedShelf;
  readonly #options: StoredExamplesOptions;
  readonly #clock: Clock;
  /** Resolves when the last change that was asked for is made: changes run one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #readers = 0;
  #closed = false;

  private constructor(shelf: ExampleShelf, options: StoredExamplesOptions, clock: Clock) {
    const { name, encryption = true, key } = options;
    this.#shelf = shelf;
    this.#sealed = new SealedShelf(shelf, { name, encryption, key });
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Opens the store that lies on a shelf. The store closes the shelf.
   * @throws TributaryError `EXAMPLES_INVALID` when the options say another form than the stored
   *   examples have; `STORAGE_DAMAGED`; `STORAGE_NEWER` when a newer version of this package has
   *   written it.
   */
  static async open(
    shelf: ExampleShelf,
    options: StoredExamplesOptions,
    clock: Clock,
  ): Promise<StoredExamples> {
    const store = new StoredExamples(shelf, options, clock);
    try {
      const { form } = await store.#sealed.refresh();
      if (form !== undefined) requireSameForm(options, form);
      await store.#change();
      await store.#sealed.prune(clock.now());
    } catch (error) {
      await shelf.close();
      throw error;
    }
    return store;
  }

  /** What all examples have in common; undefined while the store has never had any. */
  async form(): Promise<ExampleForm | undefined> {
    return (await this.#current()).form;
  }

  /** See `ExampleStore.count`. */
  async count(): Promise<number> {
    return countOf((await this.#current()).blocks);
  }

  /** The number of bytes that the examples take where they are stored. */
  async storedBytes(): Promise<number> {
    const { blocks } = await this.#current();
    return blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** See `ExampleStore.load`. All examples are in memory then. */
  load(signal?: AbortSignal): Promise<Examples> {
    return this.query({}).load(signal);
  }

  /** Opens a reader of all examples, which reads them by batch. */
  open(): Promise<ExampleReader> {
    return this.#open({});
  }

  /**
   * The examples that meet criteria, as a store that a client can be given. It is asked anew each
   * time: examples that are added later belong to it, and those that have become too old do not.
   */
  query(criteria: ExampleCriteria): Pick<StoredExamples, "count" | "load" | "open"> {
    return {
      count: async () => selectedCount(await this.#select(await this.#current(), criteria)),
      load: (signal) => this.#load(criteria, signal),
      open: () => this.#open(criteria),
    };
  }

  /**
   * Checks examples and stores them: all or none. An app best adds many in one call.
   * @param given - Not modified. Their form is that of the examples in the store.
   * @throws TributaryError `EXAMPLES_INVALID` when they have another form, a value that is not finite,
   *   or a label that is no class; the message names the example. `STORAGE_FULL`.
   */
  async add(given: Examples | Example, { at }: AddOptions = {}): Promise<AddReport> {
    const examples = "count" in given ? given : fromArrays([given]);
    if (examples.count === 0) throw noExamples();
    const times = timesOf(at ?? this.#clock.now(), examples.count);
    const { classes } = this.#options;
    const warnings = checkGiven(examples, classes === undefined ? {} : { classes });
    const dropped = await this.#change({ examples, times });
    return { added: examples.count, dropped, warnings };
  }

  /**
   * Removes all examples and the key that they were encrypted with, and then counts what is left. The
   * store can be used again, with a new key. Readers that are open fail from then on.
   * @throws TributaryError `STORAGE_DAMAGED` when something is left.
   */
  async erase(): Promise<void> {
    this.#requireOpen();
    await this.#inTurn(() => this.#sealed.erase());
  }

  /** Closes the store, once the changes that were asked for are made. Calling it again does no harm. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#turn;
    await this.#shelf.close();
  }

  /** @throws TributaryError `EXAMPLES_INVALID` when no example meets the criteria. */
  async #open(criteria: ExampleCriteria): Promise<StoredReader> {
    // Nothing of what the reader shows is removed from here on.
    this.#readers += 1;
    const closed = (): void => this.#readerClosed();
    try {
      const catalogue = await this.#current();
      const selected = await this.#select(catalogue, criteria);
      const { form } = catalogue;
      if (form === undefined || selected.length === 0) throw noExamples();
      const { shuffle = "global", readAheadBytes = READ_AHEAD_BYTES } = this.#options;
      const read = (entries: readonly BlockEntry[]): Promise<readonly Block[]> =>
        this.#sealed.read(catalogue, entries);
      return new StoredReader({ selected, form, shuffle, readAheadBytes, read, closed });
    } catch (error) {
      closed();
      throw error;
    }
  }

  async #load(criteria: ExampleCriteria, signal?: AbortSignal): Promise<Examples> {
    const reader = await this.#open(criteria);
    try {
      const order = Uint32Array.from({ length: reader.count }, (_, index) => index);
      for await (const examples of reader.batches(order, reader.count)) {
        throwIfAborted(signal);
        return examples;
      }
      throw noExamples();
    } finally {
      reader.close();
    }
  }

  #readerClosed(): void {
    this.#readers -= 1;
    if (this.#readers > 0 || this.#closed) return;
    // A failure is no harm: the next change removes what this one has not.
    this.#change().catch(() => undefined);
  }

  #select(catalogue: Catalogue, criteria: ExampleCriteria): ReturnType<typeof selectExamples> {
    const read = async (entry: BlockEntry): Promise<Block> =>
      (await this.#sealed.read(catalogue, [entry]))[0]!;
    return selectExamples(catalogue.blocks, criteria, this.#clock.now(), read);
  }

  async #current(): Promise<Catalogue> {
    this.#requireOpen();
    return this.#inTurn(() => this.#sealed.refresh());
  }

  /**
   * Makes a change of the newest catalogue, and again when another tab has come first: adds examples
   * if some are given, drops what is too old or too much, and removes what nobody reads any more.
   * @returns How many examples were dropped.
   */
  #change(added?: TimedExamples): Promise<number> {
    this.#requireOpen();
    return this.#inTurn(async () => {
      for (;;) {
        const catalogue = await this.#sealed.refresh();
        const form = catalogue.form ?? (added && formOf(added.examples, this.#options));
        if (form === undefined) return 0;
        const draft = new Draft(catalogue, {
          form,
          blockBytes: this.#shelf.blockBytes,
          sealBytes: (await this.#sealed.sealer()).overhead,
          read: async (entry) => (await this.#sealed.read(catalogue, [entry]))[0]!,
        });
        if (added !== undefined) await draft.append(likeStored(added, form));
        const { count } = draft;
        await this.#limit(draft, added !== undefined);
        if (await this.#commit(catalogue, draft)) return count - draft.count;
      }
    });
  }

  /**
   * Drops what exceeds retention and quota.
   * @throws TributaryError `STORAGE_FULL` when examples were added and there is no room for them.
   */
  async #limit(draft: Draft, isAdding: boolean): Promise<void> {
    const { retention, quota } = this.#options;
    if (retention !== undefined) {
      const { maxCount, maxAgeMs } = retention;
      const criteria = {
        ...(maxCount === undefined ? {} : { newest: maxCount }),
        ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
      };
      await draft.keep(criteria, this.#clock.now());
    }
    if (quota === undefined) return;
    const fits =
      quota.whenFull === "drop-oldest" ? draft.shrinkTo(quota.bytes) : draft.size <= quota.bytes;
    if (fits || !isAdding) return;
    throw new TributaryError(
      "STORAGE_FULL",
      `The examples would take ${draft.size} bytes, and the store's quota is ${quota.bytes}`,
      { remedy: "Raise the quota, set a retention, or let the oldest examples be dropped." },
    );
  }

  async #commit(before: Catalogue, draft: Draft): Promise<boolean> {
    const gone = [...before.doomed, ...draft.removed];
    const isRead = this.#readers > 0;
    if (draft.fresh.size === 0 && (gone.length === 0 || (isRead && draft.removed.length === 0))) {
      return true;
    }
    return this.#sealed.commit({
      catalogue: { ...draft.catalogue, doomed: isRead ? gone : [] },
      fresh: draft.fresh,
      remove: isRead ? [] : gone,
    });
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #requireOpen(): void {
    if (!this.#closed) return;
    throw new TributaryError("BAD_PARAMETER", `The store ${this.#options.name} is closed`, {
      remedy: "Open it again.",
    });
  }
}

/**
 * Examples with labels of the store's type.
 * @throws TributaryError `EXAMPLES_INVALID` when they are of another form.
 */
function likeStored({ examples, times }: TimedExamples, form: ExampleForm): TimedExamples {
  requireSameForm(examples, form);
  const { labels, count } = examples;
  if (form.labelType === "int32" && labels.some((label) => !Number.isInteger(label))) {
    throw invalidExamples(
      "The labels are not whole numbers, and those of the store are",
      "Give labels of the same kind, or open a store of another name for them.",
    );
  }
  const same = labelArray(form, count);
  same.set(labels);
  return { examples: { ...examples, labels: same }, times };
}

/** @throws TributaryError `BAD_PARAMETER` when a time is not a finite number, or one is missing. */
function timesOf(at: NonNullable<AddOptions["at"]>, count: number): Float64Array {
  if (typeof at === "number") return checkedTimes(new Float64Array(count).fill(at), count);
  if (at instanceof Date) return checkedTimes(new Float64Array(count).fill(at.getTime()), count);
  return checkedTimes(Float64Array.from(at), count);
}

function checkedTimes(times: Float64Array, count: number): Float64Array {
  if (times.length === count && times.every((time) => Number.isFinite(time))) return times;
  throw new TributaryError("BAD_PARAMETER", "The option at is no time for each of the examples", {
    remedy: "Give one time for all, or one for each, in milliseconds since the Unix epoch.",
  });
}

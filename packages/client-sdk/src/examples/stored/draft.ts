import { eventLoopBreak } from "../../runtime/event-loop-break.ts";
import { takeExamples } from "../take-examples.ts";
import {
  encodeBlock,
  exampleBytes,
  examplesOf,
  joined,
  slice,
  type Block,
  type EncodedBlock,
  type TimedExamples,
} from "./block.ts";
import { countOf, randomId, sizeOf, type BlockEntry, type Catalogue } from "./catalogue.ts";
import type { ExampleForm } from "./example-form.ts";
import { packingOf } from "./packing.ts";
import { selectExamples, type ExampleCriteria, type ReadBlock } from "./selection.ts";

/** What the header and the seal of a block take, bytes, and a little more. */
const BLOCK_OVERHEAD = 64;

/** What a draft works with. */
interface DraftDeps {
  readonly form: ExampleForm;
  /** The size that blocks should have at most, bytes. */
  readonly blockBytes: number;
  /** The number of bytes that sealing adds to a block. */
  readonly sealBytes: number;
  /** Reads a block that is stored already. */
  readonly read: ReadBlock;
}

/** A change of an example store before it is kept: blocks that are new, and those that go. */
export class Draft {
  readonly #deps: DraftDeps;
  readonly #catalogue: Catalogue;
  #entries: BlockEntry[];
  /**
   * The id of the next new block. Other tabs and processes may be making a change as well: where each
   * begins is drawn at random, so that no two blocks have the same id.
   */
  #nextBlock = randomId();
  /** The bytes of new blocks before they are sealed. */
  readonly fresh: Map<number, EncodedBlock> = new Map();

  constructor(catalogue: Catalogue, deps: DraftDeps) {
    this.#catalogue = catalogue;
    this.#deps = deps;
    this.#entries = [...catalogue.blocks];
  }

  /** The number of examples. */
  get count(): number {
    return countOf(this.#entries);
  }

  /** The catalogue as the change leaves it. */
  get catalogue(): Catalogue {
    const { form } = this.#deps;
    return { ...this.#catalogue, form, blocks: this.#entries };
  }

  /** The ids of stored blocks that the change takes away. */
  get removed(): readonly number[] {
    const kept = new Set(this.#entries.map(({ id }) => id));
    return this.#catalogue.blocks.map(({ id }) => id).filter((id) => !kept.has(id));
  }

  /** Adds examples behind the others. A last block that has room is written again with them. */
  async append(added: TimedExamples): Promise<void> {
    const { form } = this.#deps;
    const last = this.#entries.at(-1);
    const room = last === undefined ? 0 : this.#capacity(last.packing) - last.count;
    let rest = 0;
    if (last !== undefined && room > 0) {
      const stored = examplesOf(await this.#read(last), form);
      rest = Math.min(room, added.examples.count);
      this.#entries.pop();
      await this.#write(joined(stored, slice(added, 0, rest)));
    }
    if (rest < added.examples.count) await this.#write(slice(added, rest, added.examples.count));
  }

  /** Keeps the examples that meet the criteria, and drops all others. */
  async keep(criteria: ExampleCriteria, nowMs: number): Promise<void> {
    const { form } = this.#deps;
    const before = this.#entries;
    const selected = await selectExamples(before, criteria, nowMs, (entry) => this.#read(entry));
    this.#entries = [];
    for (const { entry, rows } of selected) {
      if (rows === undefined || rows.length === entry.count) {
        this.#entries.push(entry);
        continue;
      }
      const { examples, times } = examplesOf(await this.#read(entry), form);
      const left = Float64Array.from(rows, (row) => times[row]!);
      await this.#write({ examples: takeExamples(examples, rows), times: left });
    }
    this.#forget();
  }

  /**
   * Drops the oldest blocks until the others take no more than so many bytes. One block stays.
   * @returns Whether they do.
   */
  shrinkTo(bytes: number): boolean {
    let size = sizeOf(this.#entries);
    const oldestFirst = this.#entries.toSorted((a, b) => a.newestMs - b.newestMs);
    const gone = new Set<BlockEntry>();
    for (const entry of oldestFirst.slice(0, -1)) {
      if (size <= bytes) break;
      size -= entry.bytes;
      gone.add(entry);
    }
    this.#entries = this.#entries.filter((entry) => !gone.has(entry));
    this.#forget();
    return size <= bytes;
  }

  /** The number of bytes that all blocks take. */
  get size(): number {
    return sizeOf(this.#entries);
  }

  #read(entry: BlockEntry): Promise<Block> {
    const fresh = this.fresh.get(entry.id);
    return fresh === undefined ? this.#deps.read(entry) : Promise.resolve(fresh.block);
  }

  /** Forgets new blocks that are no longer needed. */
  #forget(): void {
    const kept = new Set(this.#entries.map(({ id }) => id));
    for (const id of this.fresh.keys()) if (!kept.has(id)) this.fresh.delete(id);
  }

  #capacity(packing: BlockEntry["packing"]): number {
    const { form, blockBytes } = this.#deps;
    return Math.max(1, Math.floor((blockBytes - BLOCK_OVERHEAD) / exampleBytes(form, packing)));
  }

  /** Writes examples as new blocks. */
  async #write(timed: TimedExamples): Promise<void> {
    const pauseIfDue = eventLoopBreak();
    const { count } = timed.examples;
    for (let from = 0; from < count;) {
      const most = slice(timed, from, from + this.#capacity("bytes"));
      const packing = packingOf(most.examples.features);
      const block = slice(most, 0, this.#capacity(packing));
      this.#put(block);
      from += block.examples.count;
      await pauseIfDue();
    }
  }

  #put(examples: TimedExamples): void {
    const { form, sealBytes } = this.#deps;
    const { bytes, block } = encodeBlock(examples, form);
    const id = this.#nextBlock++;
    this.fresh.set(id, { bytes, block });
    const { times, count, packing } = block;
    this.#entries.push({
      id,
      count,
      oldestMs: times.reduce((a, b) => Math.min(a, b), Infinity),
      newestMs: times.reduce((a, b) => Math.max(a, b), -Infinity),
      bytes: bytes.length + sealBytes,
      packing,
    });
  }
}

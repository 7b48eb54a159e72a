import {
  ExactTotal,
  type CombinedUpdate,
  type OpenAdder,
  type UpdateAdder,
  type WeightingTerms,
} from "@tributary/core";
import { float32Bytes } from "@tributary/protocol";
import type { Algorithm, Vectors } from "./algorithm.ts";

/** What a client reports beside its update. */
export interface ReportedBeside {
  readonly vectors?: Vectors | undefined;
  readonly numbers?: Readonly<Record<string, number>> | undefined;
}

/** What the server's part of an algorithm works with. */
export interface ServerPartDeps {
  readonly algorithm: Algorithm;
  /** Clients in the whole population. */
  readonly clients: number;
  /** Opens what adds up the vectors that clients report beside their updates. */
  readonly openAdder: OpenAdder;
  /** What the server remembers. */
  readonly kept: Vectors;
}

/**
 * The server's part of an algorithm, over all rounds: it adds up what clients report beside their
 * updates, and stands between the sums of a round and the server optimizer.
 */
export class ServerPart {
  readonly #deps: ServerPartDeps;
  readonly #vectors = new Map<string, UpdateAdder>();
  readonly #numbers = new Map<string, ExactTotal>();
  #kept: Vectors;
  #next: Vectors | undefined;
  #sent: Vectors | undefined;

  constructor(deps: ServerPartDeps) {
    this.#deps = deps;
    this.#kept = deps.kept;
  }

  /** How much reports count. */
  weightingOf({ weighting, maximumExamples }: WeightingTerms): WeightingTerms {
    return { weighting: this.#deps.algorithm.weighting ?? weighting, maximumExamples };
  }

  /** What the server remembers. */
  get kept(): Vectors {
    return this.#kept;
  }

  /** What clients are sent beside the model. The same vectors until the next round is committed. */
  get sent(): Vectors {
    return (this.#sent ??= this.#deps.algorithm.send?.(this.#kept) ?? {});
  }

  /**
   * Stands between the sums of a round and the server optimizer.
   * @param open - Opens what adds up the updates of a round.
   */
  wrapping(open: OpenAdder): OpenAdder {
    if (this.#deps.algorithm.combine === undefined) return open;
    return (spec) => {
      const adder = open(spec);
      return {
        dimension: adder.dimension,
        add: (payload, weight) => adder.add(payload, weight),
        combine: async (yieldTurn) => this.#combine(await adder.combine(yieldTurn), yieldTurn),
        discard: () => {
          adder.discard();
          this.#forget();
        },
      };
    };
  }

  /**
   * Adds what a client reports beside its update, once the update has been added.
   * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`. The round cannot go on then.
   */
  add({ vectors = {}, numbers = {} }: ReportedBeside, weight: number): void {
    for (const [name, values] of Object.entries(vectors)) {
      const adder = getOrMake(this.#vectors, name, () => this.#openVector(values.length));
      void adder.add(float32Bytes(values), weight);
    }
    for (const [name, value] of Object.entries(numbers)) {
      getOrMake(this.#numbers, name, () => new ExactTotal()).add(weight * value);
    }
  }

  /** Goes on with what a server part like this has remembered. */
  goOn(kept: Vectors): void {
    this.#kept = kept;
    this.#sent = undefined;
  }

  /** Takes over what the round that has been combined gives to remember. */
  commit(): void {
    if (this.#next === undefined) return;
    this.goOn(this.#next);
    this.#next = undefined;
  }

  async #combine(
    { sums, weight }: CombinedUpdate,
    yieldTurn: () => Promise<void>,
  ): Promise<CombinedUpdate> {
    const { algorithm, clients } = this.#deps;
    const vectors: Record<string, Float64Array> = {};
    for (const [name, adder] of this.#vectors) {
      vectors[name] = read((await adder.combine(yieldTurn)).sums);
    }
    const totals = [...this.#numbers].map(([name, total]) => [name, total.value] as const);
    const { update, keep } = algorithm.combine!({
      ...{ update: read(sums), weight, vectors, numbers: Object.fromEntries(totals) },
      ...{ kept: this.#kept, clients },
    });
    this.#next = keep;
    const result = {
      dimension: update.length,
      read: (offset: number, target: Float64Array) =>
        target.set(update.subarray(offset, offset + target.length)),
    };
    return { sums: result, weight: 1 };
  }

  #openVector(dimension: number): UpdateAdder {
    const { openAdder } = this.#deps;
    const form = { update: { codec: "float32" }, aggregation: { rule: "mean" } } as const;
    return openAdder({ ...form, clipNorm: null, dimension });
  }

  #forget(): void {
    for (const adder of this.#vectors.values()) adder.discard();
    this.#vectors.clear();
    this.#numbers.clear();
    this.#next = undefined;
  }
}

function read(sums: CombinedUpdate["sums"]): Float64Array {
  const values = new Float64Array(sums.dimension);
  sums.read(0, values);
  return values;
}

function getOrMake<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  let value = map.get(name);
  if (value === undefined) map.set(name, (value = make()));
  return value;
}

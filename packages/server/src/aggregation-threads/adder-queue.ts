import { TributaryError, type UpdateCodec } from "@tributary/protocol";
import {
  MAX_KERNEL_CONTRIBUTION,
  type AccumulatorMemory,
  type AggregationRule,
  type CheckedUpdate,
  type SumRule,
} from "@tributary/core";

/** A round's rule, as a thread keeps it. */
export interface QueuedRule {
  readonly codec: UpdateCodec;
  readonly rule: AggregationRule;
  /** The rule again, where it keeps sums only. */
  readonly sums?: SumRule;
}

interface Waiting extends CheckedUpdate {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Checks updates as they come and adds those together that have come together: so that each stretch of the sums is brought into
 * the processor's cache once for all of them.
 */
export class AdderQueue {
  readonly rule: AggregationRule;
  readonly #codec: UpdateCodec;
  readonly #memory: AccumulatorMemory;
  readonly #sums: SumRule | undefined;
  #waiting: Waiting[] = [];

  /** @param memory - In which codec and rule work. */
  constructor({ codec, rule, sums }: QueuedRule, memory: AccumulatorMemory) {
    this.#codec = codec;
    this.#memory = memory;
    this.rule = rule;
    this.#sums = sums;
  }

  /** @throws TributaryError `INTERNAL` when the rule keeps more than sums. */
  get sums(): SumRule {
    if (this.#sums !== undefined) return this.#sums;
    throw new TributaryError("INTERNAL", "The rule does not keep sums only");
  }

  /** Resolves when the update has been added whole; rejects, and nothing has changed, when it cannot be. */
  async add(payload: Uint8Array, exampleCount: number): Promise<void> {
    const enough = MAX_KERNEL_CONTRIBUTION / exampleCount;
    const { maxAbs } = this.#forgetting(() =>
      this.#codec.validate(payload, this.rule.dimension, enough),
    );
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ payload, exampleCount, maxAbs, resolve, reject });
      // After the messages that are there already, which may be of this round too.
      if (this.#waiting.length === 1) setImmediate(() => this.#addWaiting());
    });
  }

  /** Forgets the round. */
  discard(): void {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new TributaryError("INTERNAL", "The round has been given up"));
    }
    this.rule.discard();
  }

  /** Does something with updates, and leaves nothing of them in the thread's memory. */
  #forgetting<Result>(work: () => Result): Result {
    try {
      return work();
    } finally {
      this.#memory.forgetUpdates();
    }
  }

  #addWaiting(): void {
    const batch = this.#waiting.splice(0);
    if (batch.length === 0) return; // the round has been given up
    const faults = this.#forgetting(() => this.rule.addAll(batch));
    for (const [index, { resolve, reject }] of batch.entries()) {
      const fault = faults[index];
      if (fault === undefined) resolve();
      else reject(fault);
    }
  }
}

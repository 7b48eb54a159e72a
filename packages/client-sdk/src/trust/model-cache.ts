import type { CheckpointId, HeldArtifacts, PartialArtifact, PlanId } from "@tributary/protocol";
import type { VerifiedModel, VerifiedPlan } from "./verified-model.ts";

/** The plans and checkpoints that a client holds at one moment, which the server need not send. */
export interface HeldModels {
  /** Canonical bytes of plans, by id. */
  readonly plans: ReadonlyMap<PlanId, Uint8Array>;
  /** Parameters of checkpoints, by id; verified and finite. */
  readonly checkpoints: ReadonlyMap<CheckpointId, Float32Array>;
  /** What an interrupted delivery has brought of another artifact, which is not verified. */
  readonly partial?: PartialArtifact | undefined;
}

/** What a check-in tells the server of what the client holds. */
export function heldArtifacts({ plans, checkpoints, partial }: HeldModels): HeldArtifacts {
  return {
    heldArtifacts: [...plans.keys(), ...checkpoints.keys()],
    ...(partial === undefined ? {} : { partial: { id: partial.id, chunks: partial.chunks } }),
  };
}

/** A verified model, with the number of the round that made its checkpoint. */
export interface CachedModel extends VerifiedModel {
  /** 0 for the initial model. */
  readonly roundNumber: number;
}

/**
 * How many plans and how many checkpoints are kept. Two, so that a client which takes turns between
 * two tasks does not download everything again each time.
 */
const KEPT = 2;

/**
 * Keeps in memory the two plans and the two checkpoints that were verified last, and what the last
 * interrupted delivery has brought of one artifact.
 */
export class ModelCache {
  readonly #plans: Map<PlanId, Uint8Array> = new Map();
  readonly #checkpoints: Map<CheckpointId, Float32Array> = new Map();
  #partial: PartialArtifact | undefined;
  #newest: CachedModel | undefined;
  readonly #onNewest: (model: CachedModel) => void;

  /** @param onNewest - Told of each model that `keep` is given. */
  constructor(onNewest: (model: CachedModel) => void = () => {}) {
    this.#onNewest = onNewest;
  }

  /** The model that `keep` was last given; undefined when there was none. */
  get newest(): CachedModel | undefined {
    return this.#newest;
  }

  /** Returns a snapshot. Later changes of the cache do not change it. */
  held(): HeldModels {
    const plans = new Map(this.#plans);
    return { plans, checkpoints: new Map(this.#checkpoints), partial: this.#partial };
  }

  /** Keeps a model as the newest one of the population. */
  keep(model: CachedModel): void {
    this.#newest = model;
    this.hold(model);
    this.#onNewest(model);
  }

  /** Keeps a model that may not be the newest, so that it is not downloaded again. */
  hold(model: VerifiedModel): void {
    this.holdPlan(model.plan);
    keepLast(this.#checkpoints, model.checkpoint.id, model.checkpoint.weights);
    if (this.#partial?.id === model.checkpoint.id) this.#partial = undefined;
  }

  /** Keeps a plan whose checkpoint may never come. */
  holdPlan({ id, bytes }: VerifiedPlan): void {
    keepLast(this.#plans, id, bytes);
  }

  /** Keeps what an interrupted delivery has brought, in place of what was kept before. */
  holdPartial(partial: PartialArtifact | undefined): void {
    this.#partial = partial;
  }
}

/**
 * Adds an item as the last one, and removes the oldest ones above `KEPT`. A Map keeps the order of
 * insertion.
 */
function keepLast<Id, Item>(items: Map<Id, Item>, id: Id, item: Item): void {
  items.delete(id);
  items.set(id, item);
  for (const oldest of items.keys()) {
    if (items.size <= KEPT) break;
    items.delete(oldest);
  }
}

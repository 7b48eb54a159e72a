import type { ArtifactId, CheckpointId, PlanId } from "@tributary/protocol";
import type { VerifiedModel } from "./verified-model.ts";

/** The plans and checkpoints that a client holds at one moment, which the server need not send. */
export interface HeldModels {
  /** Canonical bytes of plans, by id. */
  readonly plans: ReadonlyMap<PlanId, Uint8Array>;
  /** Parameters of checkpoints, by id; verified and finite. */
  readonly checkpoints: ReadonlyMap<CheckpointId, Float32Array>;
}

/** The ids that a check-in announces to the server. */
export function heldArtifactIds(held: HeldModels): readonly ArtifactId[] {
  return [...held.plans.keys(), ...held.checkpoints.keys()];
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

/** Keeps in memory the two plans and the two checkpoints that were verified last. */
export class ModelCache {
  readonly #plans: Map<PlanId, Uint8Array> = new Map();
  readonly #checkpoints: Map<CheckpointId, Float32Array> = new Map();
  #newest: CachedModel | undefined;

  /** The model that `keep` was last given; undefined when there was none. */
  get newest(): CachedModel | undefined {
    return this.#newest;
  }

  /** Returns a snapshot. Later changes of the cache do not change it. */
  held(): HeldModels {
    return { plans: new Map(this.#plans), checkpoints: new Map(this.#checkpoints) };
  }

  /** Keeps a model as the newest one of the population. */
  keep(model: CachedModel): void {
    this.#newest = model;
    this.hold(model);
  }

  /** Keeps a model that may not be the newest, so that it is not downloaded again. */
  hold(model: VerifiedModel): void {
    keepLast(this.#plans, model.plan.id, model.plan.bytes);
    keepLast(this.#checkpoints, model.checkpoint.id, model.checkpoint.weights);
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

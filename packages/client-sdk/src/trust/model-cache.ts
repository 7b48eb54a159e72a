import type { ArtifactId, CheckpointId, PlanId } from "@tributary/protocol";
import type { VerifiedModel } from "./verified-model.ts";

/** What a client holds at one moment and need not be sent. */
export interface HeldModels {
  /** Canonical bytes by id. */
  readonly plans: ReadonlyMap<PlanId, Uint8Array>;
  /** Parameters by id, verified finite. */
  readonly checkpoints: ReadonlyMap<CheckpointId, Float32Array>;
}

/** The ids to announce in a check-in. */
export function heldArtifactIds(held: HeldModels): readonly ArtifactId[] {
  return [...held.plans.keys(), ...held.checkpoints.keys()];
}

/** A verified model and the round that made its checkpoint. */
export interface CachedModel extends VerifiedModel {
  /** 0 for the initial model. */
  readonly roundNumber: number;
}

/** Two, so that a client which two tasks share does not fetch everything anew each time. */
const KEPT = 2;

/** The plans and checkpoints that were verified last, in memory: the newest two of each. */
export class ModelCache {
  readonly #plans: Map<PlanId, Uint8Array> = new Map();
  readonly #checkpoints: Map<CheckpointId, Float32Array> = new Map();
  #newest: CachedModel | undefined;

  /** What was verified last. */
  get newest(): CachedModel | undefined {
    return this.#newest;
  }

  /** A snapshot: later changes of the cache do not take away from it. */
  held(): HeldModels {
    return { plans: new Map(this.#plans), checkpoints: new Map(this.#checkpoints) };
  }

  /** Keeps the newest model of a population. */
  keep(model: CachedModel): void {
    this.#newest = model;
    this.hold(model);
  }

  /** Keeps a model that need not be the newest, so that it is not fetched again. */
  hold(model: VerifiedModel): void {
    keepLast(this.#plans, model.plan.id, model.plan.bytes);
    keepLast(this.#checkpoints, model.checkpoint.id, model.checkpoint.weights);
  }
}

function keepLast<Id, Item>(items: Map<Id, Item>, id: Id, item: Item): void {
  items.delete(id);
  items.set(id, item);
  for (const oldest of items.keys()) {
    if (items.size <= KEPT) break;
    items.delete(oldest);
  }
}

import type { CheckpointId, Plan, RoundPurpose } from "@tributary/protocol";
import type { DryRun } from "../participation/dry-run.ts";
import type { EventSink } from "../participation/event-stream.ts";

/** A verified checkpoint together with the plan that it belongs to. */
export interface Checkpoint {
  /** SHA-256 of the parameters as little-endian float32. */
  readonly id: CheckpointId;
  /** The number of the round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  /** The plan that came with it, which holds the model's description and the task's name. */
  readonly plan: Plan;
  /** All parameters, flat, in the order of `plan.model.parameters`. A copy for the caller. */
  readonly weights: Float32Array;
  /**
   * True when the server has just named it as the newest. False when the client already held it and
   * did not ask the server, or could not reach it.
   */
  readonly isNewest: boolean;
}

/** Whose parameters a request for the newest model is about. */
export interface NewestRequest {
  /**
   * Whether layers that the plan leaves to each client have the values of this client. They are no
   * part of the checkpoint.
   */
  readonly personal: boolean;
}

/**
 * What a `FederatedClient` does, wherever that is done: in the thread that has made it, or in a
 * Worker. Its caller sees to it that one participation is under way at a time, and that none is when
 * it is disposed.
 */
export interface ClientCore {
  /**
   * Takes part until `signal` is aborted.
   * @returns When it has left, and all that it held is released.
   * @throws TributaryError when trying again cannot help; also `ABORTED`.
   */
  participate(events: EventSink, signal: AbortSignal): Promise<void>;
  /** Holds the work, or lets it go on; see `FederatedClient.pause`. Idempotent. */
  setPaused(isPaused: boolean): void;
  /** Asks the server for the newest checkpoint: see `FederatedClient.checkpoint`. */
  newest(request: NewestRequest, signal: AbortSignal): Promise<Checkpoint>;
  /** Does the work of a round and sends nothing: see `FederatedClient.dryRun`. */
  dryRun(purpose: RoundPurpose, signal: AbortSignal): Promise<DryRun>;
  /** The checkpoint that was verified last; see `FederatedClient.heldCheckpoint`. */
  held(): Checkpoint | undefined;
  /** Releases everything. */
  dispose(): Promise<void>;
}

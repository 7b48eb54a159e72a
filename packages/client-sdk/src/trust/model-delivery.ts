import {
  ArtifactReceiver,
  PROTOCOL_CONSTANTS,
  TributaryError,
  asTributaryError,
  decodeCheckpoint,
  dueArtifacts,
  type CheckpointId,
  type SymmetricCrypto,
  type Delivery,
  type DueArtifact,
  type Frame,
  type UpdateKernels,
  type PlanId,
} from "@tributary/protocol";
import { checkParameterCount } from "./floors/check-floors.ts";
import type { ClientFloors } from "./floors/client-floors.ts";
import { checkLength, longestModel, requirePlannedForm } from "./delivery-checks.ts";
import type { HeldModels, ModelCache } from "./model-cache.ts";
import type { PlanVerifier } from "./plan-verifier.ts";
import { unpackCheckpoint } from "./unpack-checkpoint.ts";
import type { VerifiedModel, VerifiedPlan } from "./verified-model.ts";

/** One encrypted piece of an artifact, as the server sends it. */
export type SealedChunk = Extract<Frame, { kind: "sealedChunk" }>;

/** What a delivery works with. */
export interface ModelDeliveryDeps {
  readonly crypto: SymmetricCrypto;
  readonly verifier: PlanVerifier;
  readonly floors: ClientFloors;
  /** Keeps what is verified at once, and what has come of an artifact when it is interrupted. */
  readonly cache: Pick<ModelCache, "hold" | "holdPlan" | "holdPartial">;
  /** Loads the codecs' inner loops, for checkpoints that do not travel as plain float32. */
  readonly kernels: () => Promise<UpdateKernels>;
}

/**
 * Collects the sealed chunks of a plan and a checkpoint, and verifies both as early as possible.
 * The plan comes first: it fixes the size of the checkpoint, so that no memory is reserved for more
 * than that. What the client holds already is not sent, and is taken from `held`. When the delivery
 * is interrupted, what has come of the artifact under way goes into the cache, and the next delivery
 * of the same artifact goes on from there.
 */
export class ModelDelivery {
  /**
   * The verified plan and checkpoint. Rejects with the first error: those of `PlanVerifier`,
   * `PLAN_REFUSED`, `ARTIFACT_CHUNK_INVALID`, `ARTIFACT_HASH_MISMATCH`, `CHECKPOINT_CORRUPT`, or
   * what `interrupt` was given.
   */
  readonly model: Promise<VerifiedModel>;
  /** The verified plan, as soon as it is there. Rejects as `model` does. */
  readonly plan: Promise<VerifiedPlan>;
  /** Whether the client held both already and nothing had to be sent. */
  readonly cached: boolean;
  /** Bytes of what had to be sent, with those that an interrupted delivery had brought. */
  readonly dueBytes: number;
  /** Bytes that an interrupted delivery had brought, and that were not sent again. */
  readonly keptBytes: number;
  readonly #deps: ModelDeliveryDeps;
  readonly #delivery: Delivery;
  #held: HeldModels;
  readonly #taskName: string | undefined;
  /** What the server sends: the plan unless it is held, then the checkpoint unless it is. */
  readonly #due: readonly DueArtifact[];
  /** The receiver of the plan, and once that has been verified the plan itself. */
  #plan: ArtifactReceiver | VerifiedPlan | undefined;
  /** The receiver of the checkpoint (plain or packed), or of the difference that leads to it. */
  #model: ArtifactReceiver | undefined;
  /** The chunks that have come while the plan is being verified; undefined at other times. */
  #waiting: SealedChunk[] | undefined;
  #receivedBytes = 0;
  #onCome: ((bytes: number) => void) | undefined;
  #settled = false;
  #resolve: (model: VerifiedModel) => void = () => {};
  #resolvePlan: (plan: VerifiedPlan) => void = () => {};
  #reject: (error: TributaryError) => void = () => {};

  /**
   * @param delivery - What the server announces: ids, lengths, the plan's signature, the round key.
   * @param held - What the client holds.
   * @param taskName - The task that the plan must be of; undefined when the server named none.
   */
  constructor(
    deps: ModelDeliveryDeps,
    delivery: Delivery,
    held: HeldModels,
    taskName: string | undefined,
  ) {
    this.#deps = deps;
    this.#delivery = delivery;
    this.#held = held;
    this.#taskName = taskName;
    const { plan, checkpoint } = delivery;
    this.cached = held.plans.has(plan.id) && held.checkpoints.has(checkpoint.id);
    this.#due = dueArtifacts(
      delivery,
      (id) => held.plans.has(id as PlanId) || held.checkpoints.has(id as CheckpointId),
    );
    const { sealedChunkBytes } = PROTOCOL_CONSTANTS;
    this.dueBytes = this.#due.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.keptBytes = this.#due.reduce(
      (sum, { keptChunks }) => sum + keptChunks * sealedChunkBytes,
      0,
    );
    this.model = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const isPlanned = new Promise<VerifiedPlan>((resolve) => (this.#resolvePlan = resolve));
    this.plan = Promise.race([isPlanned, this.model.then(({ plan }) => plan)]);
    // A delivery may fail while nobody waits for it. That must not be an unhandled rejection.
    this.model.catch(() => {});
    this.plan.catch(() => {});
    this.#guard(() => this.#begin());
  }

  /**
   * Bytes of plan and checkpoint that were received so far, before they are unpacked and verified.
   * Those of an interrupted delivery are not among them.
   */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /**
   * Calls `listener` with the bytes that have come, those of an interrupted delivery included, whenever
   * there are more. It takes the place of the listener before it.
   */
  whenCome(listener: (bytes: number) => void): void {
    this.#onCome = listener;
  }

  /** What the delivery leads to. */
  get checkpointId(): CheckpointId {
    return this.#delivery.checkpoint.id;
  }

  /** Whether the model has come, or the delivery has failed. */
  get isOver(): boolean {
    return this.#settled;
  }

  /**
   * Takes the next chunk. It never throws. Chunks that come after an error are dropped. The session
   * hands on no more chunks than the delivery announces.
   */
  accept(chunk: SealedChunk): void {
    if (this.#settled) return;
    if (this.#waiting !== undefined) this.#waiting.push(chunk);
    else this.#guard(() => this.#take(chunk));
  }

  /** Interrupts the delivery: no more chunks will come, though there was nothing wrong with them. */
  interrupt(error: TributaryError): void {
    if (this.#settled) return;
    const receiver = this.#model ?? this.#plan;
    if (receiver instanceof ArtifactReceiver && receiver.partial !== undefined) {
      this.#deps.cache.holdPartial(receiver.partial);
    }
    this.#fail(error);
  }

  #fail(error: TributaryError): void {
    this.#settle();
    this.#reject(error);
  }

  /** Checks what is announced, and starts with the plan. */
  #begin(): void {
    const { floors } = this.#deps;
    const { plan, checkpoint } = this.#delivery;
    checkLength("plan", plan.byteLength, PROTOCOL_CONSTANTS.maxPlanBytes);
    checkLength("checkpoint", checkpoint.byteLength, 4 * PROTOCOL_CONSTANTS.maxParameters);
    checkParameterCount(floors, Math.ceil(checkpoint.byteLength / 4));
    const heldPlan = this.#held.plans.get(plan.id);
    if (heldPlan !== undefined) this.#planArrived(heldPlan);
    else this.#plan = this.#receive(this.#due[0]!, PROTOCOL_CONSTANTS.maxPlanBytes);
  }

  /** Makes the receiver of an artifact, which decrypts its chunks and checks its hash. */
  #receive(due: DueArtifact, maxBytes: number): ArtifactReceiver {
    const { crypto, cache } = this.#deps;
    const kept = due.keptChunks > 0 ? this.#held.partial : undefined;
    const key = this.#delivery.key;
    const receiver = new ArtifactReceiver({ crypto, key, ...due, maxBytes, kept });
    // What was kept of a model is now in this receiver, or of no more use.
    if (kept !== undefined || due.artifact !== "plan") {
      this.#held = { ...this.#held, partial: undefined };
      cache.holdPartial(undefined);
    }
    return receiver;
  }

  #take({ artifact, index, body }: SealedChunk): void {
    const receiver = artifact === "plan" ? this.#plan : this.#model;
    if (!(receiver instanceof ArtifactReceiver) || receiver.artifact !== artifact) {
      throw new TributaryError(
        "ARTIFACT_CHUNK_INVALID",
        `A chunk of the ${artifact} arrived when none was due`,
        { remedy: "Connect again." },
      );
    }
    const before = receiver.receivedBytes;
    receiver.accept(index, body);
    this.#receivedBytes += receiver.receivedBytes - before;
    this.#onCome?.(this.keptBytes + this.#receivedBytes);
    if (!receiver.complete) return;
    if (artifact === "plan") this.#planArrived(receiver.finish());
    else this.#modelArrived(artifact, receiver.finish());
  }

  /** Verifies the plan. What comes of the checkpoint meanwhile waits. */
  #planArrived(bytes: Uint8Array): void {
    const { plan, planSignature } = this.#delivery;
    const waiting: SealedChunk[] = [];
    this.#plan = undefined;
    this.#waiting = waiting;
    this.#deps.verifier.verify(plan.id, bytes, planSignature, this.#taskName).then(
      (verified) => {
        this.#waiting = undefined;
        if (this.#settled) return;
        this.#guard(() => this.#planVerified(verified));
        for (const chunk of waiting) this.accept(chunk);
      },
      (error: unknown) => this.#fail(asTributaryError(error)),
    );
  }

  /** Finds out what is due of the checkpoint. */
  #planVerified(verified: VerifiedPlan): void {
    const { checkpoint } = this.#delivery;
    this.#plan = verified;
    this.#resolvePlan(verified);
    this.#deps.cache.holdPlan(verified);
    const byteLength = 4 * verified.layout.size;
    if (checkpoint.byteLength !== byteLength) {
      throw new TributaryError(
        "CHECKPOINT_CORRUPT",
        `The checkpoint has ${checkpoint.byteLength} bytes, but the plan's model needs ${byteLength}`,
        { remedy: "Tell the server's operator: the checkpoint of this task is of another model." },
      );
    }
    const weights = this.#held.checkpoints.get(checkpoint.id);
    if (weights !== undefined) {
      this.#finish(verified, weights);
      return;
    }
    requirePlannedForm(this.#delivery, verified);
    const due = this.#due.at(-1)!;
    const maxBytes = longestModel(verified, due.artifact);
    checkLength(due.artifact, due.byteLength, maxBytes);
    this.#model = this.#receive(due, maxBytes);
  }

  /** Takes a plain checkpoint as it is; unpacks any other once the kernels are loaded. */
  #modelArrived(artifact: "checkpoint" | "difference", bytes: Uint8Array): void {
    const plan = this.#plan;
    if (plan === undefined || plan instanceof ArtifactReceiver) return;
    const { checkpoint, packed, difference } = this.#delivery;
    if (artifact === "checkpoint" && packed === undefined) {
      this.#finish(plan, decodeCheckpoint(bytes, plan.layout));
      return;
    }
    const unpack = (kernels: UpdateKernels): void => {
      // The delivery may have failed while the kernels were being loaded.
      if (this.#settled) return;
      this.#guard(() => {
        const base =
          artifact === "difference" ? this.#held.checkpoints.get(difference!.base)! : undefined;
        const { crypto } = this.#deps;
        const { id } = checkpoint;
        this.#finish(plan, unpackCheckpoint(plan, { id, bytes, base }, crypto, kernels));
      });
    };
    this.#deps.kernels().then(unpack, (error: unknown) => this.#fail(asTributaryError(error)));
  }

  #finish(plan: VerifiedPlan, weights: Float32Array): void {
    this.#settle();
    const model = { plan, checkpoint: { id: this.checkpointId, weights } };
    this.#deps.cache.hold(model);
    this.#resolve(model);
  }

  /** Releases the memory: a session may keep its last delivery for a long time. */
  #settle(): void {
    this.#settled = true;
    this.#held = { plans: new Map(), checkpoints: new Map() };
    this.#plan = undefined;
    this.#model = undefined;
    this.#waiting = undefined;
    this.#onCome = undefined;
  }

  /** Runs a step. Whatever it throws ends the delivery. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(asTributaryError(error));
    }
  }
}

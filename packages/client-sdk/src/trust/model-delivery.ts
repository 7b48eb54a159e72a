import {
  ArtifactReceiver,
  TributaryError,
  asTributaryError,
  decodeCheckpoint,
  type CryptoProvider,
  type Delivery,
  type Frame,
  type Limits,
} from "@tributary/protocol";
import type { HeldModels } from "./model-cache.ts";
import { checkParameterCount, type ClientFloors } from "./client-floors.ts";
import type { PlanVerifier } from "./plan-verifier.ts";
import type { VerifiedModel, VerifiedPlan } from "./verified-model.ts";

export type SealedChunk = Extract<Frame, { kind: "sealedChunk" }>;

export interface ModelDeliveryDeps {
  readonly crypto: CryptoProvider;
  readonly verifier: PlanVerifier;
  readonly floors: ClientFloors;
  readonly limits: Limits;
}

/**
 * Collects the sealed chunks of a plan and a checkpoint and verifies both as soon as it can: the plan before room is
 * made for the checkpoint, whose size the plan fixes. What the client holds is not sent and is taken from `held`.
 */
export class ModelDelivery {
  /** The verified pair, or the first error: those of `PlanVerifier`, `ARTIFACT_CHUNK_INVALID`, `ARTIFACT_HASH_MISMATCH`, `CHECKPOINT_CORRUPT`. */
  readonly model: Promise<VerifiedModel>;
  /** Whether nothing had to be sent. */
  readonly cached: boolean;
  readonly #deps: ModelDeliveryDeps;
  readonly #delivery: Delivery;
  #held: HeldModels;
  readonly #taskName: string | undefined;
  #plan: ArtifactReceiver | VerifiedPlan | undefined;
  #checkpoint: ArtifactReceiver | undefined;
  #receivedBytes = 0;
  #settled = false;
  #resolve: (model: VerifiedModel) => void = () => {};
  #reject: (error: TributaryError) => void = () => {};

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
    this.model = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits for it hears of the error; nobody waiting is no fault either.
    this.model.catch(() => {});
    this.#guard(() => this.#begin());
  }

  /** Bytes of plan and checkpoint that were received, before verification. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Takes the next chunk. Never throws; after an error it takes and drops. */
  accept(chunk: SealedChunk): void {
    if (this.#settled) return;
    this.#guard(() => this.#take(chunk));
  }

  /** The rest will not come. */
  fail(error: TributaryError): void {
    this.#settle();
    this.#reject(error);
  }

  #begin(): void {
    const { limits, floors, crypto } = this.#deps;
    const { plan, checkpoint, key } = this.#delivery;
    checkLength("plan", plan.byteLength, limits.maxPlanBytes);
    checkLength("checkpoint", checkpoint.byteLength, 4 * limits.maxParameters);
    checkParameterCount(floors, Math.ceil(checkpoint.byteLength / 4));
    const heldPlan = this.#held.plans.get(plan.id);
    if (heldPlan !== undefined) this.#planArrived(heldPlan);
    else {
      this.#plan = new ArtifactReceiver({
        crypto,
        key,
        artifact: "plan",
        ...plan,
        chunkBytes: limits.sealedChunkBytes,
        maxBytes: limits.maxPlanBytes,
      });
    }
  }

  #take({ artifact, index, body }: SealedChunk): void {
    const receiver = artifact === "plan" ? this.#plan : this.#checkpoint;
    if (!(receiver instanceof ArtifactReceiver)) {
      throw new TributaryError(
        "ARTIFACT_CHUNK_INVALID",
        `A chunk of the ${artifact} came out of turn`,
        {
          remedy: "Connect again.",
        },
      );
    }
    const before = receiver.receivedBytes;
    receiver.accept(index, body);
    this.#receivedBytes += receiver.receivedBytes - before;
    if (!receiver.complete) return;
    if (artifact === "plan") this.#planArrived(receiver.finish());
    else this.#checkpointArrived(receiver.finish());
  }

  #planArrived(bytes: Uint8Array): void {
    const { crypto, verifier, limits } = this.#deps;
    const { plan, planSignature, checkpoint, key } = this.#delivery;
    const verified = verifier.verify(plan.id, bytes, planSignature, this.#taskName);
    this.#plan = verified;
    const due = 4 * verified.layout.size;
    if (checkpoint.byteLength !== due) {
      throw new TributaryError(
        "CHECKPOINT_CORRUPT",
        `The checkpoint has ${checkpoint.byteLength} bytes where the plan's model needs ${due}`,
        { remedy: "Ask the server's operator: this task's checkpoint is of another model." },
      );
    }
    const weights = this.#held.checkpoints.get(checkpoint.id);
    if (weights !== undefined) this.#finish(verified, weights);
    else {
      this.#checkpoint = new ArtifactReceiver({
        crypto,
        key,
        artifact: "checkpoint",
        ...checkpoint,
        chunkBytes: limits.sealedChunkBytes,
        maxBytes: due,
      });
    }
  }

  #checkpointArrived(bytes: Uint8Array): void {
    const plan = this.#plan;
    if (plan === undefined || plan instanceof ArtifactReceiver) return;
    this.#finish(plan, decodeCheckpoint(bytes, plan.layout));
  }

  #finish(plan: VerifiedPlan, weights: Float32Array): void {
    this.#settle();
    this.#resolve({ plan, checkpoint: { id: this.#delivery.checkpoint.id, weights } });
  }

  /** Lets go of the memory: a session may keep its last delivery for long. */
  #settle(): void {
    this.#settled = true;
    this.#held = { plans: new Map(), checkpoints: new Map() };
    this.#plan = undefined;
    this.#checkpoint = undefined;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }
}

function checkLength(artifact: "plan" | "checkpoint", byteLength: number, maxBytes: number): void {
  if (byteLength >= 1 && byteLength <= maxBytes) return;
  throw new TributaryError(
    "PLAN_REFUSED",
    `The server announces a ${artifact} of ${byteLength} bytes, and this client takes 1 to ${maxBytes}`,
    { remedy: "Use a smaller model.", context: { artifact, byteLength, maxBytes } },
  );
}

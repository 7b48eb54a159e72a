import {
  ArtifactReceiver,
  TributaryError,
  applyDifference,
  asTributaryError,
  checkpointIdOf,
  decodeCheckpoint,
  downloadCodec,
  dueArtifacts,
  encodeCheckpoint,
  packedLengthLimit,
  rangesSize,
  unpackValues,
  type CheckpointId,
  type CryptoProvider,
  type Delivery,
  type DueArtifact,
  type Frame,
  type UpdateKernels,
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
  /** What unpacks models that do not come as they are. */
  readonly kernels: () => Promise<UpdateKernels>;
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
  /** The checkpoint, as it is or packed, or the difference that leads to it. */
  #model: ArtifactReceiver | undefined;
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
    const { limits, floors } = this.#deps;
    const { plan, checkpoint } = this.#delivery;
    checkLength("plan", plan.byteLength, limits.maxPlanBytes);
    checkLength("checkpoint", checkpoint.byteLength, 4 * limits.maxParameters);
    checkParameterCount(floors, Math.ceil(checkpoint.byteLength / 4));
    const heldPlan = this.#held.plans.get(plan.id);
    if (heldPlan !== undefined) this.#planArrived(heldPlan);
    else this.#plan = this.#receive({ artifact: "plan", ...plan }, limits.maxPlanBytes);
  }

  #receive(due: DueArtifact, maxBytes: number): ArtifactReceiver {
    const { crypto, limits } = this.#deps;
    const chunkBytes = limits.sealedChunkBytes;
    return new ArtifactReceiver({
      crypto,
      key: this.#delivery.key,
      ...due,
      chunkBytes,
      maxBytes,
    });
  }

  #take({ artifact, index, body }: SealedChunk): void {
    const receiver = artifact === "plan" ? this.#plan : this.#model;
    if (!(receiver instanceof ArtifactReceiver) || receiver.artifact !== artifact) {
      throw new TributaryError(
        "ARTIFACT_CHUNK_INVALID",
        `A chunk of the ${artifact} came out of turn`,
        { remedy: "Connect again." },
      );
    }
    const before = receiver.receivedBytes;
    receiver.accept(index, body);
    this.#receivedBytes += receiver.receivedBytes - before;
    if (!receiver.complete) return;
    if (artifact === "plan") this.#planArrived(receiver.finish());
    else this.#modelArrived(artifact, receiver.finish());
  }

  #planArrived(bytes: Uint8Array): void {
    const { verifier } = this.#deps;
    const { plan, planSignature, checkpoint } = this.#delivery;
    const verified = verifier.verify(plan.id, bytes, planSignature, this.#taskName);
    this.#plan = verified;
    const byteLength = 4 * verified.layout.size;
    if (checkpoint.byteLength !== byteLength) {
      throw new TributaryError(
        "CHECKPOINT_CORRUPT",
        `The checkpoint has ${checkpoint.byteLength} bytes where the plan's model needs ${byteLength}`,
        { remedy: "Ask the server's operator: this task's checkpoint is of another model." },
      );
    }
    const weights = this.#held.checkpoints.get(checkpoint.id);
    if (weights !== undefined) {
      this.#finish(verified, weights);
      return;
    }
    requirePlannedForm(this.#delivery, verified);
    const due = dueArtifacts(
      this.#delivery,
      (id) => id === plan.id || this.#held.checkpoints.has(id as CheckpointId),
    )[0]!;
    const maxBytes = longestModel(verified, due.artifact);
    checkLength(due.artifact, due.byteLength, maxBytes);
    this.#model = this.#receive(due, maxBytes);
  }

  #modelArrived(artifact: "checkpoint" | "difference", bytes: Uint8Array): void {
    const plan = this.#plan;
    if (plan === undefined || plan instanceof ArtifactReceiver) return;
    if (artifact === "checkpoint" && this.#delivery.packed === undefined) {
      this.#finish(plan, decodeCheckpoint(bytes, plan.layout));
      return;
    }
    const unpack = (kernels: UpdateKernels): void => {
      if (!this.#settled) this.#guard(() => this.#unpack(plan, artifact, bytes, kernels));
    };
    this.#deps.kernels().then(unpack, (error: unknown) => this.fail(asTributaryError(error)));
  }

  #unpack(
    verified: VerifiedPlan,
    artifact: "checkpoint" | "difference",
    bytes: Uint8Array,
    kernels: UpdateKernels,
  ): void {
    const { plan, layout, trainable } = verified;
    const { checkpoint, difference } = this.#delivery;
    const codec = downloadCodec(plan.download, kernels);
    if (codec === undefined) throw new TributaryError("INTERNAL", "Nothing is packed in float32");
    let weights: Float32Array = new Float32Array(layout.size);
    if (artifact === "difference") {
      const base = this.#held.checkpoints.get(difference!.base)!;
      weights = applyDifference(base, trainable, codec, bytes);
    } else {
      unpackValues(codec, bytes, layout.size, (block, offset) => weights.set(block, offset));
    }
    // Whatever it was made of, it must be the checkpoint that was named.
    const packed = encodeCheckpoint(weights);
    const actual = checkpointIdOf(this.#deps.crypto, packed);
    if (actual !== checkpoint.id) {
      throw new TributaryError(
        "ARTIFACT_HASH_MISMATCH",
        `The ${artifact} does not lead to the announced checkpoint`,
        {
          remedy: "Connect again; if it recurs, the server is at fault.",
          context: { expected: checkpoint.id, actual },
        },
      );
    }
    this.#finish(verified, decodeCheckpoint(packed, layout));
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
    this.#model = undefined;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.fail(asTributaryError(error));
    }
  }
}

/** @throws TributaryError `PLAN_REFUSED` when the model comes in a form that the plan does not name. */
function requirePlannedForm({ packed, difference }: Delivery, { plan }: VerifiedPlan): void {
  const { encoding } = plan.download;
  if ((packed !== undefined) === (encoding === "float16")) {
    if (difference === undefined || encoding === "difference") return;
  }
  throw new TributaryError(
    "PLAN_REFUSED",
    `The server sends the model otherwise than its plan says, which is as ${encoding}`,
    { remedy: "Ask the server's operator.", context: { encoding } },
  );
}

/** Most bytes that what is due may take. */
function longestModel(
  { plan, layout, trainable }: VerifiedPlan,
  artifact: DueArtifact["artifact"],
): number {
  const { encoding } = plan.download;
  const codec = downloadCodec(plan.download);
  if (codec === undefined || (encoding === "difference" && artifact === "checkpoint")) {
    return 4 * layout.size;
  }
  return packedLengthLimit(codec, artifact === "difference" ? rangesSize(trainable) : layout.size);
}

function checkLength(
  artifact: DueArtifact["artifact"],
  byteLength: number,
  maxBytes: number,
): void {
  if (byteLength >= 1 && byteLength <= maxBytes) return;
  throw new TributaryError(
    "PLAN_REFUSED",
    `The server announces a ${artifact} of ${byteLength} bytes, and this client takes 1 to ${maxBytes}`,
    { remedy: "Use a smaller model.", context: { artifact, byteLength, maxBytes } },
  );
}

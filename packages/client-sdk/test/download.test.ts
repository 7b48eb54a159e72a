import { describe, expect, it } from "vitest";
import {
  applyDifference,
  checkpointIdOf,
  createKernels,
  decodeFrame,
  downloadCodec,
  encodeCheckpoint,
  encodePlan,
  packValues,
  planIdOf,
  sealArtifact,
  seededRandom,
  generateServerSecrets,
  serverKeyOf,
  signPlan,
  toHex,
  unpackValues,
  type ArtifactId,
  type Delivery,
  type DownloadSpec,
  type ErrorCode,
  type Plan,
  type TributaryError,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { resolveFloors } from "../src/trust/floors/client-floors.ts";
import { ModelCache, type HeldModels } from "../src/trust/model-cache.ts";
import { ModelDelivery } from "../src/trust/model-delivery.ts";
import { PlanVerifier } from "../src/trust/plan-verifier.ts";
import type { VerifiedModel } from "../src/trust/verified-model.ts";
import { widePlan } from "./support/linear-task.ts";

const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 11);
const secrets = generateServerSecrets(random);
const SIZE = 9_000;
const RANGES = [{ offset: 0, length: SIZE }];
const key = new Uint8Array(32).fill(3);

const idOf = (bytes: Uint8Array): ArtifactId => toHex(crypto.sha256(bytes)) as ArtifactId;
const wave = (scale: number): Float32Array =>
  Float32Array.from({ length: SIZE }, (_, i) => Math.sin(i) * scale);

interface Sent {
  readonly delivery: Delivery;
  /** Bytes of each artifact that is sent. */
  readonly artifacts: Readonly<Partial<Record<"plan" | "checkpoint" | "difference", Uint8Array>>>;
}

function deliver(
  { delivery, artifacts }: Sent,
  options: { readonly held?: HeldModels; readonly codecs?: readonly string[] } = {},
): Promise<VerifiedModel> {
  const floors = resolveFloors(options.codecs === undefined ? {} : { codecs: options.codecs });
  const serverKey = serverKeyOf(crypto, secrets);
  const verifier = new PlanVerifier({ crypto, serverKey, floors, population: "test" });
  const held = options.held ?? { plans: new Map(), checkpoints: new Map() };
  const arrival = new ModelDelivery(
    {
      crypto,
      verifier,
      floors,
      cache: new ModelCache(),
      kernels: createKernels,
    },
    delivery,
    held,
    undefined,
  );
  for (const [artifact, bytes] of Object.entries(artifacts) as [
    keyof Sent["artifacts"],
    Uint8Array,
  ][]) {
    const id = idOf(bytes);
    for (const frame of sealArtifact({ crypto, key, artifact, id, bytes })) {
      const decoded = decodeFrame(frame);
      if (decoded.kind === "sealedChunk") arrival.accept(decoded);
    }
  }
  return arrival.model;
}

function sent(plan: Plan, weights: Float32Array, changes: Partial<Delivery> = {}): Sent {
  const planBytes = encodePlan(plan);
  const bytes = encodeCheckpoint(weights);
  return {
    delivery: {
      plan: { id: planIdOf(crypto, planBytes), byteLength: planBytes.length },
      planSignature: signPlan(crypto, secrets.signingSeed, planBytes),
      checkpoint: { id: checkpointIdOf(crypto, bytes), byteLength: bytes.length },
      key,
      ...changes,
    },
    artifacts: { plan: planBytes, checkpoint: bytes },
  };
}

// The code of the error with which a delivery is refused.
async function codeOf(model: Promise<VerifiedModel>): Promise<ErrorCode> {
  return model.then(
    () => {
      throw new Error("The model was accepted");
    },
    (error: TributaryError) => error.code,
  );
}

const planWith = (download: DownloadSpec): Plan => widePlan(SIZE, { download });

async function half(): Promise<Sent & { readonly weights: Float32Array }> {
  const download = { encoding: "float16" } as const;
  const codec = downloadCodec(download)!;
  const packed = await packValues(codec, wave(1), random);
  const weights = new Float32Array(SIZE);
  unpackValues(codec, packed, SIZE, (block, offset) => weights.set(block, offset));
  const { delivery, artifacts } = sent(planWith(download), weights, {
    packed: { id: idOf(packed), byteLength: packed.length },
  });
  return { delivery, artifacts: { ...artifacts, checkpoint: packed }, weights };
}

/** The name that these values have as a checkpoint: equal for equal bits, and quick to compare. */
const nameOf = (values: Float32Array): string => checkpointIdOf(crypto, encodeCheckpoint(values));

async function difference(): Promise<
  Sent & { readonly weights: Float32Array; readonly held: HeldModels }
> {
  const download = { encoding: "difference", update: { codec: "eden", bits: 8 } } as const;
  const codec = downloadCodec(download)!;
  const base = wave(1);
  const packed = await packValues(codec, wave(0.01), random);
  const weights = applyDifference(base, RANGES, codec, packed);
  const baseId = checkpointIdOf(crypto, encodeCheckpoint(base));
  const { delivery, artifacts } = sent(planWith(download), weights, {
    difference: { base: baseId, packed: { id: idOf(packed), byteLength: packed.length } },
  });
  return {
    delivery,
    artifacts: { plan: artifacts.plan!, difference: packed },
    weights,
    held: { plans: new Map(), checkpoints: new Map([[baseId, base]]) },
  };
}

describe("a checkpoint in half precision", () => {
  it("is unpacked to the bits that its id names", async () => {
    const { weights, ...parcel } = await half();
    expect(nameOf((await deliver(parcel)).checkpoint.weights)).toBe(nameOf(weights));
    expect(parcel.artifacts.checkpoint!.length).toBeLessThan(2.1 * SIZE);
  });

  it("is refused when it unpacks to another checkpoint than the announced one", async () => {
    const { delivery, artifacts } = await half();
    const other = { ...delivery.checkpoint, id: "0".repeat(64) as typeof delivery.checkpoint.id };
    const parcel = { delivery: { ...delivery, checkpoint: other }, artifacts };
    expect(await codeOf(deliver(parcel))).toBe("ARTIFACT_HASH_MISMATCH");
  });

  it("is refused when the plan names float32, as is a plain one when the plan names float16", async () => {
    const { delivery } = await half();
    const plain = sent(planWith({ encoding: "float32" }), wave(1), { packed: delivery.packed! });
    expect(await codeOf(deliver(plain))).toBe("PLAN_REFUSED");
    expect(await codeOf(deliver(sent(planWith({ encoding: "float16" }), wave(1))))).toBe(
      "PLAN_REFUSED",
    );
  });

  it("is refused before memory is reserved when its length is 0 or too large", async () => {
    const { delivery, artifacts } = await half();
    for (const byteLength of [0, 4 * SIZE]) {
      const packed = { ...delivery.packed!, byteLength };
      expect(await codeOf(deliver({ delivery: { ...delivery, packed }, artifacts }))).toBe(
        "PLAN_REFUSED",
      );
    }
  });

  it("is refused when its codec cannot decode it", async () => {
    const { delivery, artifacts } = await half();
    const broken = artifacts.checkpoint!.slice();
    broken.set([0xff, 0x7f], 4 + 2 * 100); // infinity or NaN
    broken.fill(0xff, 4, 4 + 2 * 10);
    const packed = { id: idOf(broken), byteLength: broken.length };
    const parcel = {
      delivery: { ...delivery, packed },
      artifacts: { ...artifacts, checkpoint: broken },
    };
    expect(["UPDATE_NOT_FINITE", "UPDATE_MALFORMED"]).toContain(await codeOf(deliver(parcel)));
  });
});

describe("a difference", () => {
  it("gives a client that holds its base exactly the announced checkpoint", async () => {
    const { weights, held, ...parcel } = await difference();
    expect(nameOf((await deliver(parcel, { held })).checkpoint.weights)).toBe(nameOf(weights));
    // The base has not been changed.
    expect(nameOf([...held.checkpoints.values()][0]!)).toBe(nameOf(wave(1)));
  });

  it("is refused when the base has other bits than its id names", async () => {
    const { held, ...parcel } = await difference();
    const [id] = [...held.checkpoints.keys()];
    const wrong = { plans: new Map(), checkpoints: new Map([[id!, wave(1.5)]]) };
    expect(await codeOf(deliver(parcel, { held: wrong }))).toBe("ARTIFACT_HASH_MISMATCH");
  });

  it("is refused when the plan does not name it, and when the app does not allow its codec", async () => {
    const { delivery, held, artifacts } = await difference();
    const plain = sent(planWith({ encoding: "float32" }), wave(2), {
      difference: delivery.difference!,
    });
    expect(await codeOf(deliver(plain, { held }))).toBe("PLAN_REFUSED");
    const codecs = ["float32", "uniform"];
    expect(await codeOf(deliver({ delivery, artifacts }, { held, codecs }))).toBe("PLAN_REFUSED");
  });
});

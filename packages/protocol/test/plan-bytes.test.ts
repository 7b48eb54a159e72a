import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { CryptoProvider } from "../src/crypto/crypto-provider.ts";
import { createLibsodiumProvider } from "../src/crypto/libsodium.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { fromHex, toHex, utf8, utf8Decode } from "../src/bytes/encoding.ts";
import { isTributaryError } from "../src/errors.ts";
import {
  decodePlan,
  encodePlan,
  planIdOf,
  signPlan,
  verifyPlanSignature,
} from "../src/plan/plan-bytes.ts";
import { canonicalize } from "../src/plan/canonical-json.ts";
import { errorOf, orTributaryError } from "./expect-error.ts";
import { samplePlan } from "./plan-sample.ts";

// Our own bytes, frozen at protocol version 1: the hash by Python's hashlib, the signature by both adapters.
const FROZEN_ID = "958764d7d8eae9c313b8fd3d497c9fc3c5b7cb008d6633d88f8f9ee223f99f54";
const FROZEN_SIGNATURE =
  "85728559d1f3ee7564df38db7c685836b7e7c04c8176f09d56587d5829f407863ea440da3e44500071db82dd3f1eeaaa1f63c23fceab3aab66c17bc1eee7d00d";
const SEED = fromHex("00".repeat(31) + "07");

let providers: CryptoProvider[];
beforeAll(async () => {
  providers = [await createLibsodiumProvider(), createNodeCryptoProvider()];
});

describe("a plan's bytes", () => {
  it("come back as the plan", () => {
    expect(decodePlan(encodePlan(samplePlan))).toEqual(samplePlan);
  });

  it("do not depend on the order in which the plan was written", () => {
    const { model, ...rest } = samplePlan;
    expect(encodePlan({ model, ...rest })).toEqual(encodePlan(samplePlan));
  });

  it("keep their frozen hash and signature with every adapter", () => {
    const bytes = encodePlan(samplePlan);
    for (const crypto of providers) {
      expect(planIdOf(crypto, bytes)).toBe(FROZEN_ID);
      expect(toHex(signPlan(crypto, SEED, bytes))).toBe(FROZEN_SIGNATURE);
    }
  });

  it("are refused when they are not in canonical form", () => {
    const text = utf8Decode(encodePlan(samplePlan));
    for (const other of [
      ` ${text}`,
      `${text}\n`,
      text.replace('"batchSize":10', '"batchSize":1e1'),
      text.replace('"clipNorm":1e-7', '"clipNorm":0.0000001'),
      text.replace('"version":1', '"version":1,"version":1'),
      text.replace("€", "\\u20ac"),
    ]) {
      expect(other).not.toBe(text);
      expect(errorOf(() => decodePlan(utf8(other)), "PLAN_INVALID").message).toContain("canonical");
    }
  });

  it("are refused with an unknown key, which the error names", () => {
    const plan = { ...samplePlan, training: { ...samplePlan.training, uploadExamples: true } };
    const error = errorOf(() => decodePlan(utf8(canonicalize(plan))), "PLAN_INVALID");
    expect(error.message).toContain("unknown key training.uploadExamples");
    expect(error.context).toEqual({ path: "training.uploadExamples" });
  });

  it.each<[string, object]>([
    ["version", { ...samplePlan, version: 2 }],
    ["clipNorm", { ...samplePlan, clipNorm: 0 }],
    ["minimumCohort", { ...samplePlan, minimumCohort: 0 }],
    ["aggregation.rule", { ...samplePlan, aggregation: { rule: "mode" } }],
    ["aggregation.trim", { ...samplePlan, aggregation: { rule: "median", trim: 1 } }],
    ["aggregation.byzantine", { ...samplePlan, aggregation: { rule: "bulyan", byzantine: 2 } }],
    ["aggregation.selected", { ...samplePlan, minimumCohort: 7 }],
    ["update.bits", { ...samplePlan, update: { codec: "uniform", bits: 0 } }],
    ["update.codec", { ...samplePlan, update: { codec: "raw" } }],
    ["model.topology", { ...samplePlan, model: { ...samplePlan.model, topology: [] } }],
    [
      "model.parameters[0].shape[0]",
      { ...samplePlan, model: { ...samplePlan.model, parameters: [{ name: "a/b", shape: [0] }] } },
    ],
    ["training.proximal", { ...samplePlan, training: { ...samplePlan.training, proximal: 0 } }],
    [
      "training.gradientClipNorm",
      { ...samplePlan, training: { ...samplePlan.training, gradientClipNorm: null } },
    ],
    ["training.trainable", { ...samplePlan, training: { ...samplePlan.training, trainable: [] } }],
  ])("are refused when %s is out of bounds, which the error names", (path, plan) => {
    const error = errorOf(() => decodePlan(utf8(canonicalize(plan))), "PLAN_INVALID");
    expect(error.context).toEqual({ path });
    expect(error.message).toMatch(/\.$/);
  });

  it("are refused when the plan trains a layer that its model lacks, with the layers it has", () => {
    const plan = { ...samplePlan, training: { ...samplePlan.training, trainable: ["ouput"] } };
    for (const step of [() => encodePlan(plan), () => decodePlan(utf8(canonicalize(plan)))]) {
      expect(errorOf(step, "PLAN_INVALID").message).toContain("some of hidden, output");
    }
  });

  it("are refused when two parameters share a name or the model is too large", () => {
    const withParameters = (...parameters: { name: string; shape: number[] }[]): Uint8Array =>
      utf8(canonicalize({ ...samplePlan, model: { ...samplePlan.model, parameters } }));
    const one = { name: "a/kernel", shape: [1] };
    errorOf(() => decodePlan(withParameters(one, one)), "PLAN_INVALID");
    const huge = { name: "a/kernel", shape: [60_000_000, 60_000_000, 60_000_000] };
    errorOf(() => decodePlan(withParameters(huge)), "PLAN_INVALID");
  });

  it("are refused beyond the limit, before anything is parsed", () => {
    errorOf(() => decodePlan(new Uint8Array(4_194_305).fill(0x20)), "PLAN_INVALID");
  });

  it("are refused with a topology nested without end", () => {
    const nested = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const plan = { ...samplePlan, model: { ...samplePlan.model, topology: { deep: 0 } } };
    const text = canonicalize(plan).replace('{"deep":0}', nested);
    errorOf(() => decodePlan(utf8(text)), "PLAN_INVALID");
  });

  it("never make the decoder throw anything but PLAN_INVALID", () => {
    const onlyPlanInvalid = (bytes: Uint8Array): void => {
      const outcome = orTributaryError(() => decodePlan(bytes));
      if (isTributaryError(outcome)) expect(outcome.code).toBe("PLAN_INVALID");
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), onlyPlanInvalid));
    fc.assert(fc.property(fc.json(), (text) => onlyPlanInvalid(utf8(text))));
    const good = encodePlan(samplePlan);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (index, byte) => {
        onlyPlanInvalid(good.with(index, byte));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(samplePlan)), fc.jsonValue(), (key, value) => {
        onlyPlanInvalid(utf8(canonicalize({ ...samplePlan, [key]: value })));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a plan's signature", () => {
  it("holds for the plan and the key that made it, in every adapter", async () => {
    const bytes = encodePlan(samplePlan);
    for (const crypto of providers) {
      const key = crypto.ed25519PublicKey(SEED);
      expect(await verifyPlanSignature(crypto, key, bytes, fromHex(FROZEN_SIGNATURE))).toBe(true);
    }
  });

  it("does not hold for another plan, another key, or a signature with a bit flipped", async () => {
    const bytes = encodePlan(samplePlan);
    const other = encodePlan({ ...samplePlan, minimumCohort: 9 });
    for (const crypto of providers) {
      const key = crypto.ed25519PublicKey(SEED);
      const signature = fromHex(FROZEN_SIGNATURE);
      expect(await verifyPlanSignature(crypto, key, other, signature)).toBe(false);
      expect(await verifyPlanSignature(crypto, key, bytes, signature.with(3, 0))).toBe(false);
      expect(await verifyPlanSignature(crypto, key, bytes, signature.subarray(1))).toBe(false);
      const otherKey = crypto.ed25519PublicKey(fromHex("09".repeat(32)));
      expect(await verifyPlanSignature(crypto, otherKey, bytes, signature)).toBe(false);
    }
  });

  it("is over the domain tag and the hash, so that a signature of the bare bytes does not hold", async () => {
    const bytes = encodePlan(samplePlan);
    for (const crypto of providers) {
      const key = crypto.ed25519PublicKey(SEED);
      const bare = crypto.ed25519Sign(SEED, bytes);
      const untagged = crypto.ed25519Sign(SEED, crypto.sha256(bytes));
      expect(await verifyPlanSignature(crypto, key, bytes, bare)).toBe(false);
      expect(await verifyPlanSignature(crypto, key, bytes, untagged)).toBe(false);
    }
  });
});

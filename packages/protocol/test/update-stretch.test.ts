import { expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { mostDecodedNorm, updateCodec } from "../src/update/codec-table.ts";
import { decodeAll } from "./update-helpers.ts";
import { NAMED_SPECS } from "./update-specs.ts";

const DIMENSION = 9_000;
const random = seededRandom(createNodeCryptoProvider(), 3);
const kernels = createKernelsSync();
const bell = (i: number): number => Math.sin(i) + Math.sin(i * 1.7 + i * i) + Math.sin(i * 0.3);

/** Updates whose values are alike, vary a lot, and are 0 but for a few. */
const UPDATES = [
  Float32Array.from({ length: DIMENSION }, (_, i) => bell(i)),
  Float32Array.from({ length: DIMENSION }, (_, i) => Math.sign(bell(i)) * Math.exp(bell(3 * i))),
  Float32Array.from({ length: DIMENSION }, (_, i) => (i % 1_000 === 7 ? bell(i) : 0.01 * bell(i))),
];

it.each(NAMED_SPECS)("an honest update in %s is as long as a server allows", (_, spec) => {
  const codec = updateCodec(spec, kernels);
  for (const update of UPDATES) {
    const norm = Math.hypot(...update);
    const allowed = mostDecodedNorm(spec, norm, DIMENSION);
    expect(allowed).toBeGreaterThanOrEqual(norm);
    const kept = Array.from({ length: 8 }, () => {
      const decoded = Math.hypot(...decodeAll(codec, codec.encode(update, random), DIMENSION));
      return Math.min(1, allowed / decoded);
    });
    // Which values a sparse payload sends is up to chance, so that one of many may be cut a little.
    const mean = kept.reduce((sum, share) => sum + share, 0) / kept.length;
    expect(mean).toBeGreaterThan(spec.codec === "random-k" ? 0.85 : 0.999);
  }
});

it("the bound is that of the plan where the codec loses nothing, and none without a plan's bound", () => {
  expect(mostDecodedNorm({ codec: "float32" }, 0.5, DIMENSION)).toBeCloseTo(0.5, 5);
  expect(mostDecodedNorm({ codec: "uniform", bits: 8 }, 0.5, DIMENSION)).toBeLessThan(0.51);
  expect(mostDecodedNorm({ codec: "uniform", bits: 8 }, null, DIMENSION)).toBe(Infinity);
});

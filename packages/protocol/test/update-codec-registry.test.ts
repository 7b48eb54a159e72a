import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/crypto/random-source.ts";
import { updateCodec, updateCodecNames, type UpdateSpec } from "../src/update/codec-registry.ts";
import { parseTask } from "../src/plan/task-schema.ts";
import { decodeAll } from "./update-helpers.ts";

const specs: UpdateSpec[] = [{ codec: "float32" }, { codec: "uniform", bits: 8 }];

describe("updateCodec", () => {
  it.each(specs)("gives the codec that $codec names, and it works", (spec) => {
    const codec = updateCodec(spec);
    expect(codec.name).toBe(spec.codec);
    const update = Float32Array.of(-1, 1.55, -1);
    const payload = codec.encode(update, seededRandom(createNodeCryptoProvider(), 1));
    expect(codec.validate(payload, 3).maxAbs).toBeCloseTo(1.55, 6);
    decodeAll(codec, payload, 3).forEach((value, i) =>
      expect(value).toBeCloseTo(update[i] ?? NaN, 6),
    );
  });

  it("knows every codec that it lists, and a task may name each", () => {
    expect(updateCodecNames).toEqual(specs.map(({ codec }) => codec));
    for (const codec of updateCodecNames) {
      const task = {
        population: "p",
        name: "n",
        model: { builtin: "mlp-64" },
        plan: { update: { codec } },
      };
      expect(updateCodec(parseTask(task).plan.update).name).toBe(codec);
    }
  });
});

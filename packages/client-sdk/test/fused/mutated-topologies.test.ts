import * as fc from "fast-check";
import { isTributaryError, type ModelDescription, type Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import { createTfjsTrainer, type TfjsTrainer } from "../../src/training/tfjs-trainer.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { ODD_MODELS } from "../support/odd-models.ts";

/** What a field of a layer's configuration is replaced by. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, 2, 3, -1, 0.5, 1e9],
  ...["same", "valid", "relu", "tanh", "softmax", "linear", "hard_sigmoid", "selu", "max"],
  ...["channels_first", "channels_last", "Dense", "Flatten", "Conv2D", "odd", ""],
  ...[[1, 1], [2, 1], [2, 2], [3], [], [-1], {}, { class_name: "L2", config: {} }],
];

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** The places of all fields within a value. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    { holder: value as Record<string, unknown>, key },
    ...placesIn(inner),
  ]);
}

describe("a topology with a changed field", () => {
  let models: readonly { description: ModelDescription; values: Float32Array }[];
  let fused: FusedTrainer;
  let tfjs: TfjsTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer();
    tfjs = await createTfjsTrainer({ backend: "cpu" });
    models = Object.values(ODD_MODELS).map((build) => describeModel(build()));
  });
  afterAll(() => {
    fused.dispose();
    tfjs.dispose();
  });

  const mutated = (model: number, field: number, value: number): Plan => {
    const { topology, parameters } = models[model % models.length]!.description;
    const changed = structuredClone(topology);
    const places = placesIn(changed);
    const { holder, key } = places[field % places.length]!;
    holder[key] = structuredClone(VALUES[value % VALUES.length]);
    return planFor({ topology: changed, parameters }, { loss: "meanSquaredError" });
  };
  const anywhere = [fc.nat(99), fc.nat(9999), fc.nat(99)] as const;

  it("is compiled or refused with MODEL_UNSUPPORTED, and never fails in another way", () => {
    fc.assert(
      fc.property(...anywhere, (model, field, value) => {
        try {
          compileTopology(mutated(model, field, value));
        } catch (error) {
          if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
        }
      }),
      { seed: 1, numRuns: 2000 },
    );
  });

  it("has the same meaning for the fused engine as for tfjs, when both accept it", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(...anywhere, async (model, field, value) => {
        const plan = mutated(model, field, value);
        let size: number;
        try {
          const { inputShape } = compileTopology(plan);
          size = inputShape.reduce((a, b) => a * b, 1);
        } catch {
          return;
        }
        if (size > 1000) return;
        const request = {
          ...{ plan, weights: models[model % models.length]!.values, count: 2 },
          features: Float32Array.from({ length: 2 * size }, (_, i) => Math.sin(1.7 * i)),
          featureShape: [size],
        };
        const ours = await fused.predict(request).catch((error: unknown) => {
          // The field asks for a billion of something, for which there is no memory.
          if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
        });
        if (ours === undefined) return;
        // tfjs also reads what training does not need, such as initializers.
        const theirs = await tfjs.predict(request).catch(() => undefined);
        if (theirs === undefined) return;
        expect(ours.length).toBe(theirs.length);
        theirs.forEach((output, i) => {
          if (Number.isNaN(output)) expect(ours[i]).toBeNaN();
          else expect(ours[i]).toBeCloseTo(output, 5);
        });
        compared++;
      }),
      { seed: 2, numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(20);
  });
});

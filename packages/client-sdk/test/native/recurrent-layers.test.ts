// What the odd models do not have: dropped inputs and states, the second form of a GRU, embeddings whose
// index 0 does not count, and frozen recurrent layers.
import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { FusedTrainer } from "../../src/training/fused/fused-engine.ts";
import { createFusedTrainer } from "../../src/training/fused/fused-trainer.ts";
import {
  createNativeTrainer,
  type NativeTrainer,
} from "../../src/training/native/native-trainer.ts";
import { expectSameTraining, type ComparedTraining } from "../support/engine-agreement.ts";
import { describeModel } from "../support/model-task.ts";
import { resetAfterGrus } from "../support/reset-after-grus.ts";

const { layers } = tf;

/** What drops inputs and states. */
const DROPS = { dropout: 0.3, recurrentDropout: 0.4 };

/** Describes a model of some layers with three outputs. */
function ending(...parts: tf.layers.Layer[]): ComparedTraining["model"] {
  const end = layers.dense({ units: 3, activation: "softmax", name: "end" });
  return describeModel(tf.sequential({ layers: [...parts, end] }));
}

describe("recurrent layers of the native trainer and of the fused one", () => {
  let fused: FusedTrainer;
  let native: NativeTrainer;
  beforeAll(async () => {
    fused = await createFusedTrainer({ backend: "wasm" });
    native = await createNativeTrainer();
  });
  afterAll(() => {
    fused.dispose();
    native.dispose();
  });

  const expectAgreement = (
    model: ComparedTraining["model"],
    shape: readonly number[],
    rest: Partial<ComparedTraining> = {},
  ): Promise<void> =>
    expectSameTraining([native, fused], {
      ...{ model, shape, training: { localEpochs: 3 }, count: 7 },
      ...{ sizeOf: (value) => Math.max(1, value), ...rest },
    });

  it("drop the same inputs and states, for one seed and for many epochs", async () => {
    await expectAgreement(
      ending(
        layers.lstm({ inputShape: [5, 3], units: 4, returnSequences: true, ...DROPS }),
        layers.gru({ units: 5, returnSequences: true, ...DROPS }),
        layers.bidirectional({ layer: layers.gru({ units: 2, ...DROPS }), mergeMode: "concat" }),
        layers.repeatVector({ n: 3 }),
        layers.simpleRNN({ units: 4, ...DROPS }),
      ),
      [5, 3],
    );
  });

  it("drop states where moments do not count", async () => {
    await expectAgreement(
      ending(
        layers.reLU({ inputShape: [6, 2] }),
        layers.masking({}),
        layers.lstm({ units: 4, returnSequences: true, ...DROPS }),
        layers.gru({ units: 5, returnSequences: true, ...DROPS }),
        layers.simpleRNN({ units: 3, ...DROPS }),
      ),
      [6, 2],
    );
  });

  it.each([{ useBias: true }, { useBias: false }, { recurrentDropout: 0.4 }])(
    "agree on a GRU whose reset acts last, with %j",
    async (settings) => {
      await expectAgreement(resetAfterGrus(settings), [5, 3]);
      await expectAgreement(resetAfterGrus(settings), [5, 3], { count: 1 });
    },
  );

  it("skip the index 0 of an embedding", async () => {
    const table = layers.embedding({
      ...{ inputDim: 6, outputDim: 3, maskZero: true, inputLength: 5 },
    });
    await expectAgreement(ending(table, layers.lstm({ units: 4 })), [5], {
      valueAt: (place) => Math.max(0, ((7 * place) % 9) - 3),
    });
  });

  it.each<Partial<Plan["training"]>>([
    { trainable: ["first", "end"] },
    { trainable: ["second"] },
    { trainable: ["end"] },
  ])("agree where only %j are trained", async (training) => {
    const model = ending(
      layers.gru({ inputShape: [4, 3], units: 4, returnSequences: true, name: "first" }),
      layers.lstm({ units: 5, name: "second" }),
    );
    await expectAgreement(model, [4, 3], { training: { localEpochs: 2, ...training } });
  });
});

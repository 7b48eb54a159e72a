// Has the checker of PyPI's package `onnx` look at the graphs of all test models, with the inference of
// shapes. By hand, where python3 finds that package:
//
//     node --conditions=@tributary/source --import ./infra/run-from-source.mjs infra/check-onnx-graphs.mjs
//
// It is no part of `npm test`, which must not depend on PyPI. There, ONNX Runtime loads the same graphs.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SDK = "../packages/client-sdk";
const { ODD_MODELS } = await import(`${SDK}/test/support/odd-models.ts`);
const { OPTIMIZERS } = await import(`${SDK}/test/support/engine-agreement.ts`);
const { resetAfterGrus } = await import(`${SDK}/test/support/reset-after-grus.ts`);
const { describeModel, planFor } = await import(`${SDK}/test/support/model-task.ts`);
const { compileTopology } = await import(`${SDK}/src/training/fused/compile/compile-topology.ts`);
const { scoringGraph, trainingGraph } = await import(
  `${SDK}/src/training/native/step/step-graph.ts`
);

const CHECK = `
import sys, onnx
for path in sys.argv[1:]:
    try:
        onnx.checker.check_model(path, full_check=True)
    except Exception as error:
        sys.exit(f"{path}: {error}")
print(f"onnx {onnx.__version__} finds no fault in {len(sys.argv) - 1} graphs")
`;

const folder = mkdtempSync(join(tmpdir(), "onnx-graphs-"));
try {
  /** @type {string[]} */
  const files = [];
  const models = Object.entries(ODD_MODELS).map(([name, make]) => [name, describeModel(make())]);
  models.push(["a GRU whose reset acts last", resetAfterGrus({ recurrentDropout: 0.4 })]);
  for (const [name, { description }] of models) {
    const terms = { proximal: 0.1, weightDecay: 0.1, gradientClipNorm: 1 };
    const graphs = OPTIMIZERS.flatMap((/** @type {object} */ optimizer) => {
      const plan = planFor(description, { optimizer });
      const model = compileTopology(plan);
      return [trainingGraph(plan, model), trainingGraph(plan, model, terms)];
    });
    const plan = planFor(description);
    for (const { model } of [scoringGraph(plan, compileTopology(plan)), ...graphs]) {
      const file = join(folder, `${name.replaceAll(" ", "-")}-${files.length}.onnx`);
      writeFileSync(file, model);
      files.push(file);
    }
  }
  const { status } = spawnSync("python3", ["-c", CHECK, ...files], { stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}

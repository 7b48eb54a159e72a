import type { Plan } from "@tributary/protocol";
import type { Engine } from "../engine-trainer.ts";
import type { TrainingKernelSource } from "../fused/kernels/training-kernels.ts";
import { compileTopology } from "../fused/compile/compile-topology.ts";
import { modelKey } from "../fused/model-key.ts";
import type { EvaluateRequest } from "../local-trainer.ts";
import { NativeModel } from "./native-model.ts";
import type { OnnxRuntime } from "./runtime/onnx-runtime.ts";

/** The engine on ONNX Runtime. It keeps the graphs of the model that it was last asked for. */
export class NativeEngine implements Engine<NativeModel> {
  /** Matrices of this many rows keep the processor busy, and still end soon. */
  readonly evaluationBatch = 64;
  readonly name: string;
  readonly #runtime: OnnxRuntime;
  readonly #kernels: TrainingKernelSource;
  #prepared: { readonly key: string; readonly model: NativeModel } | undefined;
  /** The plan that `#prepared` was last used for. Most calls come with the same plan object again. */
  #plan: Plan | undefined;

  constructor(runtime: OnnxRuntime, kernels: TrainingKernelSource) {
    this.name = `the native engine (ONNX Runtime ${runtime.version})`;
    this.#runtime = runtime;
    this.#kernels = kernels;
  }

  prepare(
    { plan, weights }: Pick<EvaluateRequest, "plan" | "weights">,
    examples: number,
  ): Promise<NativeModel> {
    const key = this.#plan === plan && this.#prepared ? this.#prepared.key : modelKey(plan);
    if (this.#prepared?.key !== key) {
      this.dispose();
      const compiled = compileTopology(plan);
      const model = new NativeModel(this.#runtime, this.#kernels, plan, compiled);
      this.#prepared = { key, model };
    }
    this.#plan = plan;
    this.#prepared.model.prepare(weights, Math.max(1, examples));
    return Promise.resolve(this.#prepared.model);
  }

  dispose(): void {
    this.#prepared?.model.dispose();
    this.#prepared = undefined;
    this.#plan = undefined;
  }
}

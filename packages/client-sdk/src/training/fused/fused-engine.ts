import type { Plan } from "@tributary/protocol";
import type { Awaitable } from "../engine-model.ts";
import { EngineTrainer, type Engine } from "../engine-trainer.ts";
import type { EvaluateRequest, MeasuringTrainer } from "../local-trainer.ts";
import { checkedFormat } from "../example-checks.ts";
import { forEachSlice } from "../training-run.ts";
import { compileTopology } from "./compile/compile-topology.ts";
import { FusedModel, type GradientResult } from "./fused-model.ts";
import type { TrainingKernels, TrainingKernelSource } from "./kernels/training-kernels.ts";
import { modelKey } from "./model-key.ts";
import { FusedNetwork } from "./network/network.ts";

/** What computes: WebAssembly (`wasm`), or plain TypeScript with the same bits (`reference`). */
export type FusedBackendName = TrainingKernels["name"];

/** A trainer whose results have the same bits on every platform. */
export interface FusedTrainer extends MeasuringTrainer {
  readonly backend: FusedBackendName;
  /**
   * Computes the gradient of the mean loss over all examples, without dropout. Control variates are
   * made of it.
   * @throws TributaryError as `evaluate`.
   */
  gradient(request: EvaluateRequest): Promise<GradientResult>;
}

/** The trainer on these kernels. */
export function fusedTrainerOn(
  backend: FusedBackendName,
  kernels: TrainingKernelSource,
): FusedTrainer {
  return new Trainer(new FusedEngine(backend, kernels));
}

class Trainer extends EngineTrainer<FusedModel, FusedEngine> implements FusedTrainer {
  get backend(): FusedBackendName {
    return this.engine.backend;
  }

  gradient(request: EvaluateRequest): Promise<GradientResult> {
    const most = Math.min(this.engine.evaluationBatch, request.examples.count);
    return this.inTurn(request, most, async (model, work) => {
      const { plan, examples } = request;
      const format = await checkedFormat(plan, examples, model, work);
      const sum = model.startGradient();
      await forEachSlice({ plan, examples, format, model, most, work }, ({ count }) =>
        sum.add(count, count / examples.count),
      );
      return sum.result();
    });
  }
}

interface Prepared {
  readonly key: string;
  readonly model: FusedModel;
}

class FusedEngine implements Engine<FusedModel> {
  /**
   * Enough to fill the tiles of the kernels, and few enough to need little more memory than
   * training.
   */
  readonly evaluationBatch = 32;
  readonly backend: FusedBackendName;
  readonly #source: TrainingKernelSource;
  #prepared: Prepared | undefined;
  /**
   * The plan that `#prepared` was last used for. Most calls come with the same plan object again.
   */
  #plan: Plan | undefined;

  constructor(backend: FusedBackendName, source: TrainingKernelSource) {
    this.backend = backend;
    this.#source = source;
  }

  get name(): string {
    return `the fused trainer (${this.backend})`;
  }

  prepare(
    { plan, weights }: Pick<EvaluateRequest, "plan" | "weights">,
    examples: number,
  ): Awaitable<FusedModel> {
    const prepared = this.#prepared;
    const key = this.#plan === plan && prepared ? prepared.key : modelKey(plan);
    const written = ({ model }: Prepared): FusedModel => {
      this.#plan = plan;
      model.write(weights);
      return model;
    };
    return prepared?.key === key && prepared.model.capacity >= examples
      ? written(prepared)
      : this.#build(plan, key, examples).then(written);
  }

  async #build(plan: Plan, key: string, examples: number): Promise<Prepared> {
    this.dispose();
    const compiled = compileTopology(plan);
    const network = new FusedNetwork(plan, compiled, await this.#source(), Math.max(1, examples));
    return (this.#prepared = { key, model: new FusedModel(compiled, network) });
  }

  dispose(): void {
    this.#prepared = undefined;
    this.#plan = undefined;
  }
}

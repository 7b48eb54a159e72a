import { TributaryError, isTributaryError, layoutOf, type Plan } from "@tributary/protocol";
import { compileTopology } from "./fused/compile-topology.ts";
import { createFusedTrainer, type FusedTrainer } from "./fused/fused-trainer.ts";
import type {
  EngineChoice,
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "./local-trainer.ts";
import type { TfjsBackendName, TfjsBackendOptions } from "./tfjs-backend.ts";
import type { TfjsTrainer } from "./tfjs-trainer.ts";

/** What trains: the fused trainer, TensorFlow.js, or for each plan the better of the two. */
export type EngineName = "auto" | "fused" | "tfjs";

export interface TrainerOptions extends Omit<TfjsBackendOptions, "backend"> {
  /**
   * `auto`, the default, takes the fused trainer for the models that it has every layer of, and tfjs for the others;
   * tfjs too for large models where `backend` names a GPU's. `fused` refuses what it does not take.
   */
  readonly engine?: EngineName;
  /**
   * What the engine computes with, `auto` unless set: for tfjs see `TfjsBackendOptions.backend`; the fused trainer has
   * `wasm`, and `reference` in plain TypeScript with the same bits.
   */
  readonly backend?: "auto" | TfjsBackendName | "reference";
}

/** Trains with the engine that its options name or that suits a plan best. */
export interface Trainer extends LocalTrainer {
  choose(plan: Plan): Promise<EngineChoice>;
}

/** From so many parameters on a GPU that the app has named is taken. */
const LARGE_MODEL = 1_000_000;

const GPU_BACKENDS: ReadonlySet<string> = new Set(["webgl", "webgpu", "tensorflow"]);

/**
 * Makes a trainer. tfjs is loaded when a plan first needs it.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named engine, or its named backend, cannot be used;
 *   `BAD_PARAMETER` when an engine has no such backend.
 */
export async function createTrainer(options: TrainerOptions = {}): Promise<Trainer> {
  const { engine = "auto", backend = "auto", ...rest } = options;
  if (backend === "reference" && engine !== "fused") {
    throw new TributaryError("BAD_PARAMETER", `The engine ${engine} has no backend reference`, {
      remedy: "Ask for the engine fused as well.",
    });
  }
  const openTfjs = async (): Promise<TfjsTrainer> => {
    const { createTfjsTrainer } = await import("./tfjs-trainer.ts");
    return createTfjsTrainer(backend === "reference" ? rest : { ...rest, backend });
  };
  if (engine === "tfjs") return new ChosenTrainer(engine, undefined, openTfjs, await openTfjs());
  if (engine === "fused" && backend !== "auto" && backend !== "wasm" && backend !== "reference") {
    throw new TributaryError("BAD_PARAMETER", `The engine fused has no backend ${backend}`, {
      remedy: "Use auto, wasm or reference, or the engine tfjs.",
    });
  }
  const fusedBackend = engine === "fused" && backend === "reference" ? backend : "auto";
  const prefersGpu = engine === "auto" && GPU_BACKENDS.has(backend);
  const fused = await createFusedTrainer({
    backend: engine === "fused" && backend === "wasm" ? "wasm" : fusedBackend,
  });
  return new ChosenTrainer(engine, { trainer: fused, prefersGpu }, openTfjs);
}

class ChosenTrainer implements Trainer {
  readonly #engine: EngineName;
  readonly #fused: { readonly trainer: FusedTrainer; readonly prefersGpu: boolean } | undefined;
  readonly #openTfjs: () => Promise<TfjsTrainer>;
  #tfjs: Promise<TfjsTrainer> | undefined;
  #last: { readonly plan: Plan; readonly reason: string; readonly isFused: boolean } | undefined;
  #disposed = false;

  constructor(
    engine: EngineName,
    fused: { readonly trainer: FusedTrainer; readonly prefersGpu: boolean } | undefined,
    openTfjs: () => Promise<TfjsTrainer>,
    tfjs?: TfjsTrainer,
  ) {
    this.#engine = engine;
    this.#fused = fused;
    this.#openTfjs = openTfjs;
    this.#tfjs = tfjs === undefined ? undefined : Promise.resolve(tfjs);
  }

  async choose(plan: Plan): Promise<EngineChoice> {
    const { isFused, reason } = this.#decide(plan);
    if (isFused) return { engine: "fused", backend: this.#fused!.trainer.backend, reason };
    const { backend } = await this.#readyTfjs();
    return { engine: "tfjs", backend, reason };
  }

  async train(request: TrainRequest): Promise<TrainResult> {
    return (await this.#trainerFor(request.plan)).train(request);
  }

  async evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    return (await this.#trainerFor(request.plan)).evaluate(request);
  }

  async predict(request: PredictRequest): Promise<Float32Array> {
    return (await this.#trainerFor(request.plan)).predict(request);
  }

  dispose(): void {
    this.#disposed = true;
    this.#fused?.trainer.dispose();
    void this.#tfjs?.then(
      (trainer) => trainer.dispose(),
      () => {},
    );
  }

  #trainerFor(plan: Plan): LocalTrainer | Promise<LocalTrainer> {
    return this.#decide(plan).isFused ? this.#fused!.trainer : this.#readyTfjs();
  }

  #decide(plan: Plan): { readonly isFused: boolean; readonly reason: string } {
    if (this.#last?.plan !== plan) this.#last = { plan, ...this.#reasonFor(plan) };
    return this.#last;
  }

  #reasonFor(plan: Plan): { readonly isFused: boolean; readonly reason: string } {
    if (this.#fused === undefined || this.#engine !== "auto") {
      return { isFused: this.#engine === "fused", reason: "the app asks for it" };
    }
    const { size } = layoutOf(plan.model.parameters);
    if (this.#fused.prefersGpu && size >= LARGE_MODEL) {
      return { isFused: false, reason: `the model has ${size} parameters and the app names a GPU` };
    }
    try {
      compileTopology(plan);
      return { isFused: true, reason: "every layer of the model is supported" };
    } catch (error) {
      if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
      return { isFused: false, reason: withoutRemedy(error) };
    }
  }

  #readyTfjs(): Promise<TfjsTrainer> {
    this.#tfjs ??= this.#openTfjs().then(
      (trainer) => {
        if (this.#disposed) trainer.dispose();
        return trainer;
      },
      (error: unknown) => {
        this.#tfjs = undefined;
        throw error;
      },
    );
    return this.#tfjs;
  }
}

function withoutRemedy({ message, remedy }: TributaryError): string {
  return remedy === undefined ? message : message.slice(0, -remedy.length - 2);
}

import { TributaryError, isTributaryError, layoutOf, type Plan } from "@tributary/protocol";
import { compileTopology } from "../training/fused/compile/compile-topology.ts";
import { createFusedTrainer, type FusedTrainer } from "../training/fused/fused-trainer.ts";
import type {
  EngineChoice,
  EvaluateRequest,
  Measurement,
  MeasuringTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "../training/local-trainer.ts";
import type { TfjsBackendName, TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";
import { hasGpu } from "./gpu.ts";

/**
 * The engine that trains: the fused engine of this package, TensorFlow.js (tfjs), or, with `auto`,
 * the better of the two for each plan.
 */
export type EngineName = "auto" | "fused" | "tfjs";

/** Which engine and which backend a trainer uses. */
export interface TrainerOptions extends Omit<TfjsBackendOptions, "backend" | "override"> {
  /**
   * `auto`, the default, takes the fused engine for a model when it has all of the model's layers,
   * and tfjs for other models. It also takes tfjs for a model of a million parameters or more when
   * there is a GPU: one that `backend` names, or one that the browser's WebGL uses. `fused` refuses
   * models with layers that it does not have.
   */
  readonly engine?: EngineName;
  /**
   * The backend that the engine computes with; `auto` unless set. For tfjs see
   * `TfjsBackendOptions.backend`. The fused engine has `wasm`, and `reference`, which is plain
   * TypeScript and gives the same bits.
   */
  readonly backend?: "auto" | TfjsBackendName | "reference";
}

/** A trainer that uses the engine that its options name, or else the one that suits a plan best. */
export interface Trainer extends MeasuringTrainer {
  /** Tells which engine and backend a plan is trained with, and why. */
  choose(plan: Plan): Promise<EngineChoice>;
}

/** The number of parameters from which on a GPU is preferred. */
const LARGE_MODEL = 1_000_000;

/** The tfjs backends that compute on a GPU, or may. */
const GPU_BACKENDS: ReadonlySet<string> = new Set(["webgl", "webgpu", "tensorflow"]);

/**
 * Makes a trainer. tfjs is loaded when a plan first needs it, or at once when the options name it.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named engine, or its named backend, cannot
 *   be used; `BAD_PARAMETER` when the engine has no backend of that name.
 */
export async function createTrainer(options: TrainerOptions = {}): Promise<Trainer> {
  const { engine = "auto", backend = "auto", ...rest } = options;
  if (backend === "reference" && engine !== "fused") {
    throw new TributaryError(
      "BAD_PARAMETER",
      `The engine ${engine} has no backend named reference`,
      {
        remedy: "Set the engine to fused as well, or leave the backend out.",
      },
    );
  }
  const openTfjs: OpenTfjs = async (choice) => {
    const { createTfjsTrainer } = await import("../training/tfjs-trainer.ts");
    return createTfjsTrainer({ ...rest, ...choice });
  };
  const tfjsBackend = backend === "reference" ? "auto" : backend;
  if (engine === "tfjs") {
    const tfjs = await openTfjs({ backend: tfjsBackend });
    return new ChosenTrainer({ engine, openTfjs, tfjsBackend, tfjs });
  }
  if (engine === "fused" && backend !== "auto" && backend !== "wasm" && backend !== "reference") {
    throw new TributaryError("BAD_PARAMETER", `The engine fused has no backend named ${backend}`, {
      remedy: "Use the backend auto, wasm or reference, or the engine tfjs.",
    });
  }
  const fused = await createFusedTrainer({
    backend:
      engine === "fused" && (backend === "wasm" || backend === "reference") ? backend : "auto",
  });
  if (engine === "fused") return new ChosenTrainer({ engine, openTfjs, tfjsBackend, fused });
  const gpu = (): Gpu => {
    if (GPU_BACKENDS.has(tfjsBackend)) return "named";
    return tfjsBackend === "auto" && hasGpu() ? "found" : "none";
  };
  return new ChosenTrainer({ engine, openTfjs, tfjsBackend, fused, gpu });
}

type NamedBackend = NonNullable<TfjsBackendOptions["backend"]>;

/** Loads tfjs and makes a trainer on one of its backends. */
type OpenTfjs = (choice: Pick<TfjsBackendOptions, "backend" | "override">) => Promise<TfjsTrainer>;

/**
 * Whether there is a GPU for large models: the app has named a GPU backend; or a GPU was found in a
 * browser, where the app may use another tfjs backend for its own work; or there is none.
 */
type Gpu = "named" | "found" | "none";

/** The backend that tfjs gets when a GPU was found. */
const FOUND_GPU: TfjsBackendName = "webgl";

/** The engine for a plan, and why. */
interface Decision {
  readonly reason: string;
  readonly engine: "fused" | "tfjs";
  readonly gpu?: Gpu;
}

/** What a `ChosenTrainer` chooses from. */
interface Engines {
  readonly engine: EngineName;
  readonly openTfjs: OpenTfjs;
  readonly tfjsBackend: NamedBackend;
  readonly tfjs?: TfjsTrainer;
  readonly fused?: FusedTrainer;
  /** Looks for a GPU. It is called when the first large model comes, because looking takes time. */
  readonly gpu?: () => Gpu;
}

/** The trainer that `createTrainer` makes. */
class ChosenTrainer implements Trainer {
  readonly #engines: Engines;
  /** The result of looking for a GPU; undefined until then. */
  #gpu: Gpu | undefined;
  #tfjs: Promise<TfjsTrainer> | undefined;
  // The decision for the plan that came last, since consecutive calls are usually about the same
  // plan.
  #last: ({ readonly plan: Plan } & Decision) | undefined;
  #disposed = false;

  constructor(engines: Engines) {
    this.#engines = engines;
    this.#tfjs = engines.tfjs === undefined ? undefined : Promise.resolve(engines.tfjs);
  }

  async choose(plan: Plan): Promise<EngineChoice> {
    const { trainer, engine, reason } = await this.#engineFor(plan);
    return { engine, backend: trainer.backend, reason };
  }

  async train(request: TrainRequest): Promise<TrainResult> {
    const { fused } = this.#engines;
    // Nothing has to be waited for, and a training of a small model takes little longer than a wait.
    if (fused !== undefined && this.#decide(request.plan).engine === "fused") {
      return fused.train(request);
    }
    return (await this.#engineFor(request.plan)).trainer.train(request);
  }

  async evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    return (await this.#engineFor(request.plan)).trainer.evaluate(request);
  }

  async measure(request: EvaluateRequest): Promise<Measurement> {
    return (await this.#engineFor(request.plan)).trainer.measure(request);
  }

  async predict(request: PredictRequest): Promise<Float32Array> {
    return (await this.#engineFor(request.plan)).trainer.predict(request);
  }

  dispose(): void {
    this.#disposed = true;
    this.#engines.fused?.dispose();
    void this.#tfjs?.then(
      (trainer) => trainer.dispose(),
      () => {},
    );
  }

  /** Decides on an engine for a plan, and opens tfjs when it is needed. */
  async #engineFor(
    plan: Plan,
  ): Promise<Decision & { readonly trainer: FusedTrainer | TfjsTrainer }> {
    const { fused, tfjsBackend } = this.#engines;
    const decision = this.#decide(plan);
    if (decision.engine === "fused" && fused !== undefined) return { ...decision, trainer: fused };
    if (decision.gpu !== "found") {
      return { ...decision, trainer: await this.#readyTfjs({ backend: tfjsBackend }) };
    }
    const found = { backend: FOUND_GPU, override: false };
    const trainer = await this.#readyTfjs(found).catch((error: unknown) => {
      if (!isTributaryError(error, "ENGINE_UNAVAILABLE")) throw error;
    });
    if (trainer?.backend === FOUND_GPU) return { ...decision, trainer };
    // Either tfjs cannot start on the GPU, or it has another backend already, which the rest of the
    // process may need. So this trainer does without the GPU from now on.
    this.#gpu = "none";
    this.#last = undefined;
    return this.#engineFor(plan);
  }

  #decide(plan: Plan): Decision {
    if (this.#last?.plan !== plan) this.#last = { plan, ...this.#reasonFor(plan) };
    return this.#last;
  }

  /** Applies the rules of `TrainerOptions.engine`. */
  #reasonFor(plan: Plan): Decision {
    const { engine } = this.#engines;
    if (engine !== "auto") return { engine, reason: "the app asks for it" };
    const { size } = layoutOf(plan.model.parameters);
    if (size >= LARGE_MODEL) {
      const gpu = (this.#gpu ??= this.#engines.gpu?.() ?? "none");
      if (gpu !== "none") {
        const whose = gpu === "named" ? "the app names a GPU backend" : "there is a GPU";
        return { engine: "tfjs", gpu, reason: `the model has ${size} parameters and ${whose}` };
      }
    }
    try {
      compileTopology(plan);
      return { engine: "fused", reason: "every layer of the model is supported" };
    } catch (error) {
      if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
      return { engine: "tfjs", reason: withoutRemedy(error) };
    }
  }

  /**
   * Opens tfjs. tfjs has one backend for the whole process, so the first one that was asked for
   * stays.
   */
  #readyTfjs(choice: Parameters<OpenTfjs>[0]): Promise<TfjsTrainer> {
    this.#tfjs ??= this.#engines.openTfjs(choice).then(
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

/** The cause in the error's message, without the ". " and the remedy that follow it. */
function withoutRemedy({ message, remedy }: TributaryError): string {
  return remedy === undefined ? message : message.slice(0, -remedy.length - 2);
}

import { TributaryError, isTributaryError, layoutOf, type Plan } from "@tributary/protocol";
import { compileTopology } from "../training/fused/compile-topology.ts";
import { createFusedTrainer, type FusedTrainer } from "../training/fused/fused-trainer.ts";
import { hasGpu } from "./gpu.ts";
import type {
  EngineChoice,
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "../training/local-trainer.ts";
import type { TfjsBackendName, TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";

/** What trains: the fused trainer, TensorFlow.js, or for each plan the better of the two. */
export type EngineName = "auto" | "fused" | "tfjs";

export interface TrainerOptions extends Omit<TfjsBackendOptions, "backend" | "override"> {
  /**
   * `auto`, the default, takes the fused trainer for the models that it has every layer of, and tfjs for the others; tfjs
   * too for models of a million parameters or more where there is a GPU: one that `backend` names, or that a browser's WebGL has.
   * `fused` refuses what it does not take.
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

/** From so many parameters on a GPU is taken. */
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
    throw new TributaryError("BAD_PARAMETER", `The engine fused has no backend ${backend}`, {
      remedy: "Use auto, wasm or reference, or the engine tfjs.",
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

type OpenTfjs = (choice: Pick<TfjsBackendOptions, "backend" | "override">) => Promise<TfjsTrainer>;

/** Named by the app; or found in a browser, where the app may have set another backend of tfjs. */
type Gpu = "named" | "found" | "none";

/** What tfjs computes with on a GPU that was found. */
const FOUND_GPU: TfjsBackendName = "webgl";

interface Decision {
  readonly reason: string;
  readonly engine: "fused" | "tfjs";
  readonly gpu?: Gpu;
}

interface Engines {
  readonly engine: EngineName;
  readonly openTfjs: OpenTfjs;
  readonly tfjsBackend: NamedBackend;
  readonly tfjs?: TfjsTrainer;
  readonly fused?: FusedTrainer;
  /** Looked for when a large model first comes. */
  readonly gpu?: () => Gpu;
}

class ChosenTrainer implements Trainer {
  readonly #engines: Engines;
  /** Once it has been looked for. */
  #gpu: Gpu | undefined;
  #tfjs: Promise<TfjsTrainer> | undefined;
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
    return (await this.#engineFor(request.plan)).trainer.train(request);
  }

  async evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    return (await this.#engineFor(request.plan)).trainer.evaluate(request);
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
    // It does not start, or tfjs has another backend already: the rest of the process may need that one.
    this.#gpu = "none";
    this.#last = undefined;
    return this.#engineFor(plan);
  }

  #decide(plan: Plan): Decision {
    if (this.#last?.plan !== plan) this.#last = { plan, ...this.#reasonFor(plan) };
    return this.#last;
  }

  #reasonFor(plan: Plan): Decision {
    const { engine } = this.#engines;
    if (engine !== "auto") return { engine, reason: "the app asks for it" };
    const { size } = layoutOf(plan.model.parameters);
    if (size >= LARGE_MODEL) {
      const gpu = (this.#gpu ??= this.#engines.gpu?.() ?? "none");
      if (gpu !== "none") {
        const whose = gpu === "named" ? "the app names a GPU" : "there is a GPU";
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

  /** tfjs has one backend for the whole process: the first that was asked for stays. */
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

function withoutRemedy({ message, remedy }: TributaryError): string {
  return remedy === undefined ? message : message.slice(0, -remedy.length - 2);
}

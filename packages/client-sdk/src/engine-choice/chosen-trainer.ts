import { isTributaryError, layoutOf, type Plan, type TributaryError } from "@tributary/protocol";
import type { ExampleSource } from "../examples/example-reader.ts";
import { compileTopology } from "../training/fused/compile/compile-topology.ts";
import type { CompiledModel } from "../training/fused/compile/layer-node.ts";
import type { FusedTrainer } from "../training/fused/fused-engine.ts";
import type {
  EngineChoice,
  EvaluateRequest,
  Measurement,
  PredictRequest,
  TrainEachRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "../training/local-trainer.ts";
import type { NativeTrainer } from "../training/native/native-trainer.ts";
import { stepOperations, WORTH_OPERATIONS } from "../training/native/step-operations.ts";
import type { TfjsBackendName, TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";
import type { EngineName, Trainer } from "./trainer-options.ts";

/** The number of parameters from which on a GPU is preferred. */
const LARGE_MODEL = 1_000_000;

type NamedBackend = NonNullable<TfjsBackendOptions["backend"]>;

/** Loads tfjs and makes a trainer on one of its backends. */
export type OpenTfjs = (
  choice: Pick<TfjsBackendOptions, "backend" | "override">,
) => Promise<TfjsTrainer>;

/**
 * Whether there is a GPU for large models: the app has named a GPU backend; or a GPU was found in a
 * browser, where the app may use another tfjs backend for its own work; or there is none.
 */
export type Gpu = "named" | "found" | "none";

/** The backend that tfjs gets when a GPU was found. */
const FOUND_GPU: TfjsBackendName = "webgl";

/** The backend that tfjs gets where the fused engine lacks SIMD. It has a file that needs none. */
const WITHOUT_SIMD: TfjsBackendName = "wasm";

/**
 * From so many operations in a step on, tfjs's plain WebAssembly beats the fused engine's plain twin:
 * with 190 steps of the 2NN a second against 82, and 8 of McMahan's CNN against 1. Below it, what tfjs
 * costs besides arithmetic weighs more.
 */
const TWIN_OPERATIONS = 200_000;

/** Why the fused engine is its plain twin. */
const NO_SIMD =
  'WebAssembly with SIMD does not start: the browser lacks it, or the page\'s policy lacks "wasm-unsafe-eval"';

/** The engine for a plan, and why. */
interface Decision {
  readonly reason: string;
  readonly engine: EngineChoice["engine"];
  /** The one backend of tfjs for which tfjs was chosen, where another engine could train as well. */
  readonly hoped?: TfjsBackendName;
}

/** What a `ChosenTrainer` chooses from. */
interface Engines {
  readonly engine: EngineName;
  readonly openTfjs: OpenTfjs;
  readonly tfjsBackend: NamedBackend;
  readonly tfjs?: TfjsTrainer;
  readonly fused?: FusedTrainer;
  readonly native?: NativeTrainer;
  readonly openNative: () => Promise<NativeTrainer>;
  /** Whether the native engine may be loaded for a large model. */
  readonly mayOpenNative?: boolean;
  /** Whether the app asks for the plain twin of the fused engine. */
  readonly twinAsked?: boolean;
  /** Whether tfjs may stand in for a fused engine that has only its plain twin. */
  readonly mayReplaceTwin?: boolean;
  /** Looks for a GPU. It is called when the first large model comes, because looking takes time. */
  readonly gpu?: () => Gpu;
}

/** The trainer that `createTrainer` makes: it decides on an engine for each plan. */
export class ChosenTrainer implements Trainer {
  readonly takesReaders = true;
  readonly #engines: Engines;
  /** The backends that tfjs was hoped to have, and has not. */
  readonly #missing = new Set<TfjsBackendName>();
  /** The result of looking for a GPU; undefined until then. */
  #gpu: Gpu | undefined;
  #tfjs: Promise<TfjsTrainer> | undefined;
  /** The native engine; undefined until it is loaded, and where it is not there. */
  #native: Promise<NativeTrainer | undefined> | undefined;
  #hasNative: boolean;
  // The decision for the plan that came last, since consecutive calls are usually about the same
  // plan.
  #last: ({ readonly plan: Plan } & Decision) | undefined;
  #disposed = false;

  constructor(engines: Engines) {
    this.#engines = engines;
    this.#tfjs = engines.tfjs === undefined ? undefined : Promise.resolve(engines.tfjs);
    this.#native = engines.native === undefined ? undefined : Promise.resolve(engines.native);
    this.#hasNative = engines.native !== undefined || engines.mayOpenNative === true;
  }

  async choose(plan: Plan): Promise<EngineChoice> {
    const { trainer, engine, reason } = await this.#engineFor(plan);
    const { fused, twinAsked = false } = this.#engines;
    const isUnaskedTwin = trainer === fused && fused.backend === "reference" && !twinAsked;
    const fault = "slowBecause" in trainer ? trainer.slowBecause : undefined;
    const slowBecause = isUnaskedTwin ? NO_SIMD : fault;
    const choice = { engine, backend: trainer.backend, reason };
    return slowBecause === undefined ? choice : { ...choice, slowBecause };
  }

  async train(request: TrainRequest<ExampleSource>): Promise<TrainResult> {
    return (await this.#engineFor(request.plan)).trainer.train(request);
  }

  async trainEach(
    request: TrainEachRequest,
    trained: (result: TrainResult) => void,
  ): Promise<void> {
    await (await this.#engineFor(request.plan)).trainer.trainEach(request, trained);
  }

  async evaluate(request: EvaluateRequest<ExampleSource>): Promise<TrainingMetrics> {
    return (await this.#engineFor(request.plan)).trainer.evaluate(request);
  }

  async measure(request: EvaluateRequest<ExampleSource>): Promise<Measurement> {
    return (await this.#engineFor(request.plan)).trainer.measure(request);
  }

  async predict(request: PredictRequest): Promise<Float32Array> {
    return (await this.#engineFor(request.plan)).trainer.predict(request);
  }

  dispose(): void {
    this.#disposed = true;
    this.#engines.fused?.dispose();
    for (const opened of [this.#tfjs, this.#native]) {
      void opened?.then(
        (trainer) => trainer?.dispose(),
        () => {},
      );
    }
  }

  /** Decides on an engine for a plan, and opens tfjs or the native engine when it is needed. */
  async #engineFor(
    plan: Plan,
  ): Promise<Decision & { readonly trainer: FusedTrainer | NativeTrainer | TfjsTrainer }> {
    const { fused, tfjsBackend } = this.#engines;
    const decision = this.#decide(plan);
    if (decision.engine === "fused" && fused !== undefined) return { ...decision, trainer: fused };
    if (decision.engine === "native") {
      const trainer = await this.#readyNative();
      if (trainer !== undefined) return { ...decision, trainer };
      this.#hasNative = false;
      this.#last = undefined;
      return this.#engineFor(plan);
    }
    const { hoped } = decision;
    if (hoped === undefined) {
      return { ...decision, trainer: await this.#readyTfjs({ backend: tfjsBackend }) };
    }
    const choice = { backend: hoped, override: false };
    const trainer = await this.#readyTfjs(choice).catch((error: unknown) => {
      if (!isTributaryError(error, "ENGINE_UNAVAILABLE")) throw error;
    });
    if (trainer?.backend === hoped) return { ...decision, trainer };
    // Either tfjs cannot start on this backend, or it has another one already, which the rest of the
    // process may need. So this trainer does without it from now on.
    this.#missing.add(hoped);
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
      const large = `the model has ${size} parameters`;
      if (gpu === "named") {
        return { engine: "tfjs", reason: `${large} and the app names a GPU backend` };
      }
      if (gpu === "found" && !this.#missing.has(FOUND_GPU)) {
        return { engine: "tfjs", hoped: FOUND_GPU, reason: `${large} and there is a GPU` };
      }
    }
    try {
      const compiled = compileTopology(plan);
      const native = this.#hasNative ? reasonForNative(plan, compiled) : undefined;
      if (native !== undefined) return { engine: "native", reason: native };
      if (this.#isTwinSlow(plan, compiled)) {
        const reason = "there is no WebAssembly with SIMD here, and tfjs is faster without it";
        return { engine: "tfjs", hoped: WITHOUT_SIMD, reason };
      }
      return { engine: "fused", reason: "every layer of the model is supported" };
    } catch (error) {
      if (!isTributaryError(error, "MODEL_UNSUPPORTED")) throw error;
      return { engine: "tfjs", reason: withoutRemedy(error) };
    }
  }

  /** Whether the fused engine has only its twin, and tfjs may be faster. */
  #isTwinSlow(plan: Plan, compiled: CompiledModel): boolean {
    const { fused, mayReplaceTwin = false } = this.#engines;
    return (
      mayReplaceTwin &&
      fused?.backend === "reference" &&
      !this.#missing.has(WITHOUT_SIMD) &&
      stepOperations(compiled, plan.training.batchSize) >= TWIN_OPERATIONS
    );
  }

  /** Opens the native engine. @returns `undefined` where it is not there. */
  #readyNative(): Promise<NativeTrainer | undefined> {
    this.#native ??= this.#engines.openNative().then(
      (trainer) => {
        if (this.#disposed) trainer.dispose();
        return trainer;
      },
      (error: unknown) => {
        if (!isTributaryError(error, "ENGINE_UNAVAILABLE")) throw error;
        return undefined;
      },
    );
    return this.#native;
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

/** Why a model is trained natively; undefined when its steps are small. */
function reasonForNative(plan: Plan, compiled: CompiledModel): string | undefined {
  const operations = stepOperations(compiled, plan.training.batchSize);
  if (operations < WORTH_OPERATIONS) return undefined;
  const millions = Math.round(operations / 1e6);
  return `a step takes ${millions} million operations, and ONNX Runtime is installed`;
}

/** The cause in the error's message, without the ". " and the remedy that follow it. */
function withoutRemedy({ message, remedy }: TributaryError): string {
  return remedy === undefined ? message : message.slice(0, -remedy.length - 2);
}

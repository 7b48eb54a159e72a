import { TributaryError } from "@tributary/protocol";
import { createFusedTrainer } from "../training/fused/fused-trainer.ts";
import type { NativeTrainer } from "../training/native/native-trainer.ts";
import { ChosenTrainer, type Gpu, type OpenTfjs } from "./chosen-trainer.ts";
import { hasGpu } from "./gpu.ts";
import type { EngineName, Trainer, TrainerOptions } from "./trainer-options.ts";

/** The tfjs backends that compute on a GPU, or may. */
const GPU_BACKENDS: ReadonlySet<string> = new Set(["webgl", "webgpu", "tensorflow"]);

/**
 * Makes a trainer. tfjs is loaded when a plan first needs it, or at once when the options name it.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named engine, or its named backend, cannot
 *   be used; `BAD_PARAMETER` when the engine has no backend of that name.
 */
export async function createTrainer(options: TrainerOptions = {}): Promise<Trainer> {
  const { engine = "auto", backend = "auto", repeatable = false, ...rest } = options;
  requireBackend(engine, backend);
  const openTfjs: OpenTfjs = async (choice) => {
    const { createTfjsTrainer } = await import("../training/tfjs-trainer.ts");
    return createTfjsTrainer({ ...rest, ...choice });
  };
  const tfjsBackend = backend === "reference" ? "auto" : backend;
  const twinAsked = backend === "reference";
  const common = { engine, openTfjs, openNative, tfjsBackend, twinAsked };
  if (engine === "tfjs") {
    const tfjs = await openTfjs({ backend: tfjsBackend });
    return new ChosenTrainer({ ...common, tfjs });
  }
  if (engine === "native") return new ChosenTrainer({ ...common, native: await openNative() });
  const fused = await createFusedTrainer({
    backend:
      engine === "fused" && (backend === "wasm" || backend === "reference") ? backend : "auto",
  });
  if (engine === "fused") return new ChosenTrainer({ ...common, fused });
  const gpu = (): Gpu => {
    if (GPU_BACKENDS.has(tfjsBackend)) return "named";
    return tfjsBackend === "auto" && hasGpu() ? "found" : "none";
  };
  const isFree = !repeatable && backend === "auto";
  return new ChosenTrainer({
    ...common,
    ...{ fused, gpu, mayOpenNative: isFree, mayReplaceTwin: isFree },
  });
}

/** @throws TributaryError `BAD_PARAMETER` when the engine has no backend of that name. */
function requireBackend(engine: EngineName, backend: NonNullable<TrainerOptions["backend"]>): void {
  const ofFused = backend === "auto" || backend === "wasm" || backend === "reference";
  const remedies = {
    auto: backend !== "reference" || "Set the engine to fused as well, or leave the backend out.",
    tfjs: backend !== "reference" || "Set the engine to fused as well, or leave the backend out.",
    fused: ofFused || "Use the backend auto, wasm or reference, or the engine tfjs.",
    native: backend === "auto" || "Leave the backend out, or use the engine fused or tfjs.",
  } as const;
  const remedy = remedies[engine];
  if (remedy === true) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `The engine ${engine} has no backend named ${backend}`,
    {
      remedy,
    },
  );
}

/** Loads ONNX Runtime and makes a trainer on it. */
async function openNative(): Promise<NativeTrainer> {
  const { createNativeTrainer } = await import("#training/native");
  return createNativeTrainer();
}

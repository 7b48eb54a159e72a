import * as tf from "@tensorflow/tfjs";
import { TributaryError } from "@tributary/protocol";
import { registerWasmKernels } from "./wasm-kernels.ts";

/** The backends that tfjs can compute with. `tensorflow` is the package @tensorflow/tfjs-node. */
export type TfjsBackendName = "tensorflow" | "wasm" | "cpu" | "webgl" | "webgpu";

/** Which backend tfjs uses, and how it is set up. */
export interface TfjsBackendOptions {
  /**
   * `auto`, the default, keeps the backend that the app has set. If the app has set none, it takes
   * the first of `tensorflow`, `wasm` and `cpu` that works. A name makes that backend the one of
   * the whole process, even if the app has set another. The app must register `webgpu` itself.
   */
  readonly backend?: "auto" | TfjsBackendName;
  /** Whether a named backend replaces one that the app has set; true unless set. */
  readonly override?: boolean;
  /**
   * Where the binaries of the wasm backend are: the URL of a folder, ending in a slash, or a URL
   * for each file name. Browsers need it when the binaries do not lie beside the script. Node finds
   * its own.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
  /**
   * `shipped` leaves the wasm backend as tfjs ships it, for comparisons; it then trains neither
   * convolutions nor embeddings. It has no effect once this process has replaced the kernels.
   */
  readonly kernels?: "replaced" | "shipped";
}

/** The backend that tfjs computes with. */
export interface ChosenBackend {
  readonly name: string;
  /**
   * Why the backend is the slow `cpu` although nobody asked for it: what kept `wasm` from starting,
   * with the file that it needs. It is told once: afterwards `cpu` is the backend of the process.
   */
  readonly slowBecause?: string;
}

/** The backends in the order in which `auto` tries them: the fastest first. */
const ORDER: readonly TfjsBackendName[] = ["tensorflow", "wasm", "cpu"];

/**
 * Sets up tfjs's backend for the whole process: tfjs has one current backend, which the app uses as
 * well. A backend that is not installed or does not start is skipped.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named backend, or no backend at all, can be
 *   used.
 */
export async function chooseTfjsBackend(options: TfjsBackendOptions = {}): Promise<ChosenBackend> {
  const { backend = "auto", override = true, wasmPaths, kernels = "replaced" } = options;
  const current = currentBackend();
  if ((backend === "auto" || !override) && current !== undefined) {
    await tf.ready();
    await prepare(current, kernels);
    return { name: current };
  }
  // Why each backend that was tried could not be used.
  const faults = new Map<TfjsBackendName, string>();
  for (const name of backend === "auto" ? ORDER : [backend]) {
    try {
      await load(name, wasmPaths);
      if (currentBackend() !== name && !(await tf.setBackend(name))) {
        throw new Error(await whyNotStarted(name, wasmPaths));
      }
      await prepare(name, kernels);
      const fault = backend === "auto" && name === "cpu" ? faults.get("wasm") : undefined;
      return fault === undefined ? { name } : { name, slowBecause: fault };
    } catch (error) {
      faults.set(name, error instanceof Error ? error.message : String(error));
    }
  }
  const reasons = Array.from(faults, ([name, fault]) => `${name}: ${fault}`).join("; ");
  throw new TributaryError("ENGINE_UNAVAILABLE", `No tfjs backend can be used (${reasons})`, {
    remedy: 'Install @tensorflow/tfjs-backend-wasm, or use the backend "cpu".',
  });
}

/**
 * The backend that has been set, if any. Until then tfjs returns no name, although its type says
 * that it does.
 */
function currentBackend(): string | undefined {
  const name: string | null | undefined = tf.getBackend();
  return name ?? undefined;
}

/** Loads the package of a backend and sets the paths of its binaries. */
async function load(
  name: TfjsBackendName,
  wasmPaths: TfjsBackendOptions["wasmPaths"],
): Promise<void> {
  if (name === "tensorflow") {
    // The name is in a variable, so that bundlers for browsers do not try to resolve the import.
    const addon = "@tensorflow/tfjs-node";
    await import(/* @vite-ignore */ /* webpackIgnore: true */ addon);
  }
  if (name === "wasm") {
    const { setWasmPaths } = await importWasmBackend();
    if (wasmPaths !== undefined) {
      setWasmPaths(typeof wasmPaths === "string" ? wasmPaths : { ...wasmPaths });
    }
  }
}

/**
 * Imports the optional package. Bundlers build without a package that is not installed only where
 * its import stands in a `try`.
 */
async function importWasmBackend(): Promise<typeof import("@tensorflow/tfjs-backend-wasm")> {
  try {
    return await import("@tensorflow/tfjs-backend-wasm");
  } catch (error) {
    throw new Error("@tensorflow/tfjs-backend-wasm could not be loaded", { cause: error });
  }
}

/** What tfjs does not say of a backend that did not start: which file the wasm backend needs here. */
async function whyNotStarted(
  name: TfjsBackendName,
  wasmPaths: TfjsBackendOptions["wasmPaths"],
): Promise<string> {
  if (name !== "wasm") return "it did not start";
  if (typeof WebAssembly === "undefined") return "there is no WebAssembly here";
  const file = await wasmFile();
  const place =
    typeof wasmPaths === "object" ? (wasmPaths[file] ?? file) : `${wasmPaths ?? ""}${file}`;
  return `it did not start from the file ${place}, which may be missing, or which the page's policy does not let run ("wasm-unsafe-eval")`;
}

/** The file of @tensorflow/tfjs-backend-wasm that fits what this platform can do. */
async function wasmFile(): Promise<string> {
  const can = (flag: string): Promise<unknown> => Promise.resolve(tf.env().getAsync(flag));
  if (!(await can("WASM_HAS_SIMD_SUPPORT"))) return "tfjs-backend-wasm.wasm";
  const threaded = await can("WASM_HAS_MULTITHREAD_SUPPORT");
  return threaded ? "tfjs-backend-wasm-threaded-simd.wasm" : "tfjs-backend-wasm-simd.wasm";
}

/** Makes the backend ready to train. */
async function prepare(name: string, kernels: "replaced" | "shipped"): Promise<void> {
  quietly(() => {
    // The cpu backend prints a notice at its first tensor in Node. This is that tensor, with
    // notices turned off.
    const cpu = tf.findBackend("cpu");
    cpu?.disposeData(cpu.write(new Float32Array(1), [1], "float32"));
  });
  if (name === "wasm" && kernels === "replaced") registerWasmKernels();
  await tf.ready();
}

/** Runs something synchronous with tfjs's notices turned off. */
function quietly(run: () => void): void {
  const production = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    run();
  } finally {
    tf.env().set("PROD", production);
  }
}

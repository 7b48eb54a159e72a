import * as tf from "@tensorflow/tfjs";
import { TributaryError } from "@tributary/protocol";
import { registerWasmKernels } from "./wasm-kernels.ts";

/** Where tfjs computes: `tensorflow` is @tensorflow/tfjs-node. */
export type TfjsBackendName = "tensorflow" | "wasm" | "cpu" | "webgl" | "webgpu";

export interface TfjsBackendOptions {
  /**
   * `auto`, the default, keeps the backend that the app has set; if it has set none, it takes the first of
   * `tensorflow`, `wasm` and `cpu` that is there. A name makes that the process's tfjs backend even if the app has
   * set another; `webgpu` must have been registered by the app.
   */
  readonly backend?: "auto" | TfjsBackendName;
  /** Whether a named backend takes the place of one that the app has set; true unless set. */
  readonly override?: boolean;
  /**
   * Where the wasm backend's binaries are: a URL of a folder, ending in a slash, or a URL for each file name. Browsers
   * need it when the binaries are not served beside the script; Node finds its own.
   */
  readonly wasmPaths?: string | Readonly<Record<string, string>>;
  /**
   * `shipped` leaves the wasm backend as tfjs ships it, unless kernels have been registered before: for comparisons. It
   * then trains neither convolutions nor embeddings.
   */
  readonly kernels?: "replaced" | "shipped";
}

/** In the order in which they are tried: fastest first. */
const ORDER: readonly TfjsBackendName[] = ["tensorflow", "wasm", "cpu"];

/**
 * Sets tfjs's backend up, once and for the whole process: tfjs has one current backend, which is the app's as well.
 * A backend that is not installed or does not start is passed over.
 * @returns The backend's name.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named backend, or none at all, can be used.
 */
export async function chooseTfjsBackend(options: TfjsBackendOptions = {}): Promise<string> {
  const { backend = "auto", override = true, wasmPaths, kernels = "replaced" } = options;
  const current = currentBackend();
  if ((backend === "auto" || !override) && current !== undefined) {
    await tf.ready();
    await prepare(current, kernels);
    return current;
  }
  const faults: string[] = [];
  for (const name of backend === "auto" ? ORDER : [backend]) {
    try {
      await load(name, wasmPaths);
      if (currentBackend() !== name && !(await tf.setBackend(name))) {
        throw new Error("it did not start");
      }
      await prepare(name, kernels);
      return name;
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TributaryError(
    "ENGINE_UNAVAILABLE",
    `No tfjs backend can be used (${faults.join("; ")})`,
    { remedy: 'Install @tensorflow/tfjs-backend-wasm, or use the backend "cpu".' },
  );
}

/** The backend that has been set, if any: until then tfjs's name for it is empty, whatever its type says. */
function currentBackend(): string | undefined {
  const name: string | null | undefined = tf.getBackend();
  return name ?? undefined;
}

async function load(
  name: TfjsBackendName,
  wasmPaths: TfjsBackendOptions["wasmPaths"],
): Promise<void> {
  if (name === "tensorflow") {
    // Not written out in the import, so that bundlers for browsers do not look for it.
    const addon = "@tensorflow/tfjs-node";
    await import(/* @vite-ignore */ /* webpackIgnore: true */ addon);
  }
  if (name === "wasm") {
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    if (wasmPaths !== undefined) {
      setWasmPaths(typeof wasmPaths === "string" ? wasmPaths : { ...wasmPaths });
    }
  }
}

async function prepare(name: string, kernels: "replaced" | "shipped"): Promise<void> {
  quietly(() => {
    // The cpu backend greets the console at its first tensor in Node: let that be this one.
    const cpu = tf.findBackend("cpu");
    cpu?.disposeData(cpu.write(new Float32Array(1), [1], "float32"));
  });
  if (name === "wasm" && kernels === "replaced") registerWasmKernels();
  await tf.ready();
}

/** Runs something synchronous with tfjs's notices off. */
function quietly(run: () => void): void {
  const production = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    run();
  } finally {
    tf.env().set("PROD", production);
  }
}

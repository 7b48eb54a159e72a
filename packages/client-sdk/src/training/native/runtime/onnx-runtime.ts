import { createRequire } from "node:module";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { asMemoryError, availableBytes } from "./memory.ts";

/** A tensor of ONNX Runtime over an array, whose memory it shares. */
export interface OnnxTensor {
  readonly data: Float32Array;
}

/** A loaded graph. */
export interface OnnxSession {
  /** Runs the graph. What the fetches hold is where the results are written. */
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    fetches: Readonly<Record<string, OnnxTensor>>,
  ): Promise<unknown>;
  /** Frees it. */
  release(): Promise<void>;
}

/** The part of the package onnxruntime-node that is used. It is no dependency, so its types are ours. */
interface OnnxRuntimePackage {
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<OnnxSession>;
  };
  readonly Tensor: new (
    type: "float32",
    data: Float32Array,
    shape: readonly number[],
  ) => OnnxTensor;
}

/** ONNX Runtime in this process. */
export interface OnnxRuntime {
  readonly version: string;
  /** How many bytes may still be allocated. */
  readonly availableBytes: () => number;
  /**
   * Loads a graph, which the caller releases.
   * @throws TributaryError `MODEL_UNSUPPORTED` when there is no memory for it, as its runs do.
   */
  open(model: Uint8Array): Promise<OnnxSession>;
  /** Makes a tensor over the array. */
  tensor(data: Float32Array, shape: readonly number[]): OnnxTensor;
}

const PACKAGE = "onnxruntime-node";

/** The versions that graphs are written for: this major version, from this minor one on. */
const [MAJOR, LEAST_MINOR] = [1, 22];

/**
 * One thread for each session: a session belongs to a worker, which has a core of its own, and with
 * more threads the order of additions would depend on the load of the machine.
 */
const SESSION_OPTIONS = {
  ...{ executionProviders: ["cpu"], executionMode: "sequential", graphOptimizationLevel: "all" },
  ...{ intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 },
};

/**
 * Loads onnxruntime-node, which the operator has installed beside this package or in the folder that
 * the process was started in.
 * @param places - Files from which Node looks for the package.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when it is not there, does not start here, or has a
 *   version that graphs are not written for.
 */
export function loadOnnxRuntime(
  places: readonly string[] = [import.meta.url, join(process.cwd(), "package.json")],
): OnnxRuntime {
  const faults: string[] = [];
  for (const place of places) {
    const load = createRequire(place);
    try {
      const { version } = load(`${PACKAGE}/package.json`) as { readonly version: string };
      requireVersion(version);
      return runtimeOf(load(PACKAGE) as OnnxRuntimePackage, version);
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      faults.push(firstLine(error));
    }
  }
  throw unavailable(`${PACKAGE} cannot be loaded (${[...new Set(faults)].join("; ")})`);
}

function runtimeOf({ InferenceSession, Tensor }: OnnxRuntimePackage, version: string): OnnxRuntime {
  return {
    version,
    availableBytes,
    async open(model) {
      const session = await rejectingTyped(InferenceSession.create(model, SESSION_OPTIONS));
      return {
        run: (feeds, fetches) => rejectingTyped(session.run(feeds, fetches)),
        release: () => session.release(),
      };
    },
    tensor: (data, shape) => new Tensor("float32", data, shape),
  };
}

/** A promise that is rejected with a typed error where memory is missing. */
const rejectingTyped = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error: unknown) => {
    throw asMemoryError(error);
  });

function requireVersion(version: string): void {
  const [major, minor = 0] = version.split(".").map(Number);
  if (major === MAJOR && minor >= LEAST_MINOR) return;
  throw unavailable(
    `${PACKAGE} ${version} is installed, and ${MAJOR}.${LEAST_MINOR} or a later ${MAJOR}.x is needed`,
  );
}

function unavailable(message: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", message, {
    remedy: `Install it with ONNXRUNTIME_NODE_INSTALL=skip npm install ${PACKAGE}@${MAJOR}, or use the engine "auto".`,
  });
}

/** The first line of a message: the others list the files that asked for the package. */
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0]!;

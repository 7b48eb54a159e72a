// Runs in a page, in a worker, and in Node: what the kernels are there, and what they make of the same updates.
import {
  createKernels,
  toHex,
  updateCodec,
  xoshiro128,
  type RandomSource,
  type UpdateSpec,
} from "@tributary/protocol";

export interface KernelReport {
  readonly kernels: string;
  /** Hexadecimal, by codec. */
  readonly payloads: Readonly<Record<string, string>>;
}

const SPECS: readonly UpdateSpec[] = [
  { codec: "eden", bits: 4 },
  { codec: "eden", bits: 2, entropy: true },
  { codec: "uniform", bits: 8 },
  { codec: "qsgd", bits: 6, entropy: true },
  { codec: "float16" },
];

export async function encodeHere(): Promise<KernelReport> {
  const kernels = await createKernels();
  const words = xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i));
  const update = Float32Array.from({ length: 5_000 }, () => words() / 2 ** 32 - 0.25);
  const random: RandomSource = {
    bytes: (length) => Uint8Array.from({ length }, (_, i) => i + 1),
    derive: () => random,
  };
  const payloads = SPECS.map((spec) => {
    const payload = updateCodec(spec, kernels).encode(update, random);
    return [JSON.stringify(spec), toHex(payload)] as const;
  });
  return { kernels: kernels.name, payloads: Object.fromEntries(payloads) };
}

// The page has a document to say it in; a worker says it to the page.
const isPage = typeof document !== "undefined";
const isWorker = !isPage && "WorkerGlobalScope" in globalThis;
if (isWorker) void encodeHere().then((report) => postMessage(report));
if (isPage) {
  const worker = new Worker("/script.js", { type: "module" });
  const said = new Promise<KernelReport>((resolve) =>
    worker.addEventListener("message", ({ data }) => resolve(data as KernelReport)),
  );
  void Promise.all([encodeHere(), said]).then((reports) => {
    document.body.textContent = JSON.stringify(reports);
  });
}

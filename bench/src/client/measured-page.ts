// The script of the page that `bench client` opens: it takes part in rounds, and measures for how long
// at a time the page could do nothing else. An import map says where the SDK is.
import { FederatedClient, type Examples } from "@tributary/client-sdk";

/** What the page is to do: its address carries it as JSON. */
export interface PageOrder {
  readonly url: string;
  readonly serverKey: string;
  readonly population: string;
  readonly featureShape: readonly number[];
  readonly examples: number;
  readonly rounds: number;
  /** Whether the client has to work in the page. */
  readonly inPage: boolean;
}

/** What the page has measured so far. */
export interface PageFigures {
  readonly thread: string | undefined;
  /** Rounds in which the client's report counted. */
  readonly rounds: number;
  /** From the beginning of the page's load to the first report that counted. */
  readonly secondsToFirstReport: number | undefined;
  /** The longest time for which the page could do nothing else, milliseconds. */
  readonly longestTaskMs: number;
  readonly ended: boolean;
  readonly error: string | undefined;
}

declare global {
  interface Window {
    /** What was measured so far. */
    figures: () => PageFigures;
    /** Forgets how long tasks have been so far. */
    beginTasks: () => void;
    /** Builds the newest model and disposes it. @returns By how many tensors that has leaked. */
    leakOfModels: (times: number) => Promise<number>;
  }
}

/** Time between two ticks of the meter when nothing else is done; browsers allow no less. */
const TICK_MS = 4;

let longestTaskMs = 0;
const took = (ms: number): void => void (longestTaskMs = Math.max(longestTaskMs, ms));
// Long tasks are told from 50 ms on. The ticks find the shorter ones.
new PerformanceObserver((list) =>
  list.getEntries().forEach(({ duration }) => took(duration)),
).observe({ type: "longtask" });
let last = performance.now();
function tick(): void {
  const now = performance.now();
  took(now - last - TICK_MS);
  last = now;
  setTimeout(tick, TICK_MS);
}
tick();

const order = JSON.parse(new URLSearchParams(location.search).get("order") ?? "") as PageOrder;
let thread: string | undefined;
let rounds = 0;
let secondsToFirstReport: number | undefined;
let ended = false;
let error: string | undefined;

window.figures = () => ({ thread, rounds, secondsToFirstReport, longestTaskMs, ended, error });
window.beginTasks = () => void (longestTaskMs = 0);

const client = new FederatedClient({
  url: order.url,
  serverKey: order.serverKey,
  population: order.population,
  examples: patterns(order),
  // The page is the one client of its server.
  floors: { minimumCohort: 1 },
  worker: order.inPage ? false : "auto",
});

window.leakOfModels = async (times) => {
  const tf = await import("@tensorflow/tfjs");
  (await client.model()).dispose();
  const before = tf.memory().numTensors;
  for (let i = 0; i < times; i++) (await client.model()).dispose();
  return tf.memory().numTensors - before;
};

/** Examples with different features, whose labels a model can learn. */
function patterns({ featureShape, examples: count }: PageOrder): Examples {
  const size = featureShape.reduce((product, one) => product * one, 1);
  const labels = Int32Array.from({ length: count }, (_, index) => index % 10);
  const features = Float32Array.from(
    { length: count * size },
    (_, index) => ((index * (1 + labels[Math.floor(index / size)]!)) % 255) / 255,
  );
  return { features, featureShape, labels, labelShape: [], count };
}

try {
  for await (const event of client.participate()) {
    if (event.type === "thread-chosen") thread = `${event.thread}: ${event.reason}`;
    if (event.type === "reported") {
      rounds += 1;
      secondsToFirstReport ??= performance.now() / 1000;
    }
    if (event.type === "withdrawn" || event.type === "disconnected") throw event.error;
    if (event.type === "round-finished" && rounds === order.rounds) break;
  }
} catch (thrown) {
  error = String(thrown);
} finally {
  ended = true;
}

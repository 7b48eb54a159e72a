import type { WorkerSource } from "../client-core/client-options.ts";
import type { WebWorker } from "@tributary/protocol/worker-port";

/** One way to start the Worker, and what to say of it. */
export interface WayToStart {
  readonly name: string;
  /** Throws, or starts a Worker that fails, where the page's policy or its bundler has no such way. */
  start(): WebWorker | Promise<WebWorker>;
}

/**
 * The ways in which the Worker may be started, the best first.
 *
 * Vite, webpack and browsers themselves find the file that `new URL` names. esbuild and Rollup leave
 * it behind: then its text is loaded, in a chunk of its own that nobody else loads, and started from
 * memory.
 */
export function waysToStart(source: Exclude<WorkerSource, false>): readonly WayToStart[] {
  if (source !== "auto") return [{ name: "the app's own Worker", start: () => ownWorker(source) }];
  return [
    {
      name: "its file",
      // Bundlers look for exactly this expression.
      start: () => new Worker(new URL("../browser/worker.js", import.meta.url), { type: "module" }),
    },
    { name: "its text", start: startFromText },
  ];
}

function ownWorker(source: Exclude<WorkerSource, false>): WebWorker {
  if (typeof source === "function") return source();
  if (typeof source !== "string" && !(source instanceof URL)) return source;
  return new Worker(source, { type: "module" });
}

async function startFromText(): Promise<WebWorker> {
  const { text } = await import("../browser/worker-text.js");
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const forget = (): void => URL.revokeObjectURL(url);
  worker.addEventListener("message", forget, { once: true });
  worker.addEventListener("error", forget, { once: true });
  return worker;
}

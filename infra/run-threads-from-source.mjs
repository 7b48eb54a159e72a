// Lets the worker threads of a process run from source, for tests: Vitest translates what the main thread runs, but
// nothing that a thread runs. Threads inherit `--import` from their process.
import { isMainThread } from "node:worker_threads";

if (!isMainThread) await import("./run-from-source.mjs");

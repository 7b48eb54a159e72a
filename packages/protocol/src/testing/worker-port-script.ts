import { TributaryError } from "../errors.ts";
import type { Endpoint } from "../worker-port/endpoint.ts";
import { inTurn, serve } from "../worker-port/serve.ts";

/** What the worker of the conformance suite is asked. */
export interface WorkerPortTalk {
  readonly echo: { readonly request: unknown; readonly answer: unknown };
  /** Answers when `release` is asked for the same name. */
  readonly wait: { readonly request: string; readonly answer: string };
  readonly release: { readonly request: string; readonly answer: void };
  /** Remembers a number. */
  readonly note: { readonly request: number; readonly answer: void };
  readonly notes: { readonly request: void; readonly answer: readonly number[] };
  /** Waits and then remembers a number, for one request at a time. */
  readonly noteInTurn: { readonly request: number; readonly answer: void };
  /** Answers with so many bytes, which it transfers. */
  readonly bytes: { readonly request: number; readonly answer: Uint8Array<ArrayBuffer> };
  /** How many of the bytes that it has answered with are still its own. */
  readonly bytesLeft: { readonly request: void; readonly answer: number };
  /** Waits until it is aborted. */
  readonly untilAborted: { readonly request: void; readonly answer: void };
  readonly abortions: { readonly request: void; readonly answer: number };
  /** Fails with an error that has every field. */
  readonly fail: { readonly request: void; readonly answer: void };
  /** Fails with an error of JavaScript. */
  readonly stumble: { readonly request: void; readonly answer: void };
  /** Answers with a function, which cannot be sent. */
  readonly unsendable: { readonly request: void; readonly answer: unknown };
  /** Ends the worker. */
  readonly die: { readonly request: void; readonly answer: void };
}

/**
 * The worker's side of the conformance suite.
 * @param die - Ends the worker at once, as a crash does.
 */
export function serveWorkerPortCases(endpoint: Endpoint, die: () => void): void {
  const waiting = new Map<string, (name: string) => void>();
  const notes: number[] = [];
  let sent = new Uint8Array(0);
  let abortions = 0;

  serve<WorkerPortTalk>(endpoint, {
    echo: (request) => request,
    wait: (name) => new Promise((resolve) => waiting.set(name, resolve)),
    release: (name) => waiting.get(name)?.(name),
    note: (number) => void notes.push(number),
    notes: () => notes,
    // The smaller a number, the longer it takes.
    noteInTurn: inTurn(async (number) => {
      for (let turns = 100 - number; turns > 0; turns--) await Promise.resolve();
      notes.push(number);
    }),
    bytes(length, handling) {
      sent = new Uint8Array(length).fill(7);
      handling.transfer(sent.buffer);
      return sent;
    },
    bytesLeft: () => sent.length,
    untilAborted: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          abortions += 1;
          reject(signal.reason instanceof Error ? signal.reason : new Error("it has no reason"));
        });
      }),
    abortions: () => abortions,
    fail: () => Promise.reject(errorOfTheCases()),
    stumble() {
      throw new RangeError("out of range");
    },
    unsendable: () => () => {},
    die,
  });
}

/** The error that the worker fails with. It has every field. */
export function errorOfTheCases(): TributaryError {
  return new TributaryError("UPDATE_SHAPE", "The update is too short", {
    remedy: "Send all of it.",
    retryAfterMs: 1_500,
    context: { index: 3, kind: "dense", whole: false },
    cause: new TributaryError("ABORTED", "The upload was stopped"),
  });
}

/**
 * What every way to a worker must do, and the port on top of it.
 *
 * ```ts
 * // The worker's script:
 * serveWorkerPortCases(endpoint, () => process.exit(1));
 * // The test:
 * describe.each(workerPortCases({ open }))("my workers", ({ name, run }) => it(name, run));
 * ```
 */
import { TributaryError, isTributaryError, type ErrorCode } from "../errors.ts";
import type { WorkerEndpoint } from "../worker-port/endpoint.ts";
import { WorkerPort } from "../worker-port/worker-port.ts";
import { expectThat, type ConformanceCase } from "./conformance-case.ts";
import { errorOfTheCases, type WorkerPortTalk } from "./worker-port-script.ts";

type Port = WorkerPort<WorkerPortTalk>;

/** The workers that a suite is about. */
export interface WorkerPortSubject {
  /** Starts a worker whose script calls `serveWorkerPortCases`. */
  open(): WorkerEndpoint;
  /** Whether memory moves to the other side. Otherwise it is copied. */
  readonly movesMemory: boolean;
}

/**
 * The conformance suite of the worker port.
 * @returns One case for each requirement, to be run in any order. Each starts a worker of its own.
 */
export function workerPortCases(subject: WorkerPortSubject): ConformanceCase[] {
  const withPort = (name: string, test: (port: Port) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const port: Port = new WorkerPort(subject.open());
      try {
        await test(port);
      } finally {
        await port.close();
      }
    },
  });
  return [
    withPort("answers requests in whatever order the answers are ready", answersInAnyOrder),
    withPort("carries nested values and bytes", carriesValues),
    withPort("moves memory that is to be transferred, if it can be moved", (port) =>
      movesMemory(port, subject.movesMemory),
    ),
    withPort("calls handlers in the order in which requests come", keepsOrder),
    withPort("keeps the turns of a handler that wants one request at a time", keepsTurns),
    withPort("rejects with the error of the handler and all its fields", rejectsWithItsError),
    withPort("rejects what cannot be done, and goes on", survivesFaults),
    withPort("rejects an aborted request at once, and tells the handler", aborts),
    withPort("does not send a request that has been aborted before", doesNotSendAborted),
    closes(subject),
    dies(subject),
    failsAtWhatItWasTold(subject),
  ];
}

async function answersInAnyOrder(port: Port): Promise<void> {
  const waits = ["first", "second"].map((name) => port.ask("wait", name));
  expectThat((await port.ask("echo", "third")) === "third", "a later request is answered first");
  expectThat(port.pending === 2, "two requests are pending");
  await port.ask("release", "second");
  expectThat((await waits[1]) === "second", "the second request has its own answer");
  expectThat(port.pending === 1, "one request is pending");
  await port.ask("release", "first");
  expectThat((await waits[0]) === "first", "the first request has its own answer");
  expectThat(port.pending === 0 && port.isAlive, "nothing is pending, and the worker is alive");
}

async function carriesValues(port: Port): Promise<void> {
  const answer = await port.ask("echo", { list: [1, "two", null], bytes: Uint8Array.of(3, 4) });
  const { list, bytes } = answer as { list: unknown; bytes: unknown };
  expectThat(JSON.stringify(list) === '[1,"two",null]', "lists come back");
  expectThat(bytes instanceof Uint8Array && bytes.join() === "3,4", "bytes come back");
  expectThat((await port.ask("echo", undefined)) === undefined, "nothing comes back as nothing");
}

async function movesMemory(port: Port, moves: boolean): Promise<void> {
  const bytes = new Uint8Array(1_000).fill(5);
  const back = await port.ask("echo", bytes, { transfer: [bytes.buffer] });
  expectThat(back instanceof Uint8Array && back.length === 1_000, "all bytes arrive");
  expectThat(bytes.length === (moves ? 0 : 1_000), "the owner's memory has moved or not");
  expectThat((await port.ask("bytes", 2_000)).join("") === "7".repeat(2_000), "bytes are answered");
  const left = await port.ask("bytesLeft", undefined);
  expectThat(left === (moves ? 0 : 2_000), "the worker's memory has moved or not");
}

async function keepsOrder(port: Port): Promise<void> {
  const asked: Promise<void>[] = [];
  for (let number = 0; number < 20; number++) {
    if (number % 3 === 0) asked.push(port.ask("note", number));
    else port.tell("note", number);
  }
  const notes = await port.ask("notes", undefined);
  expectThat(notes.join() === Array.from({ length: 20 }, (_, i) => i).join(), "order is kept");
  expectThat(port.pending === 0, "all answers come in order too: nothing is pending");
  await Promise.all(asked);
}

async function keepsTurns(port: Port): Promise<void> {
  await Promise.all([1, 50, 99].map((number) => port.ask("noteInTurn", number)));
  expectThat((await port.ask("notes", undefined)).join() === "1,50,99", "turns are kept");
}

async function rejectsWithItsError(port: Port): Promise<void> {
  const { code, message, remedy, retryAfterMs, context, cause } = await errorOf(
    port.ask("fail", undefined),
  );
  const expected = errorOfTheCases();
  expectThat(code === expected.code && message === expected.message, "code and message arrive");
  expectThat(remedy === expected.remedy, "the remedy arrives");
  expectThat(retryAfterMs === expected.retryAfterMs, "the time to wait arrives");
  expectThat(JSON.stringify(context) === JSON.stringify(expected.context), "the context arrives");
  expectThat(isTributaryError(cause, "ABORTED"), "the cause arrives");
}

async function survivesFaults(port: Port): Promise<void> {
  const stumbled = await errorOf(port.ask("stumble", undefined), "INTERNAL");
  expectThat(stumbled.message === "out of range", "an error of JavaScript keeps its message");
  await errorOf(port.ask("unsendable", undefined), "INTERNAL");
  await errorOf(
    port.ask("echo", () => {}),
    "BAD_PARAMETER",
  );
  const stranger = port as WorkerPort<WorkerPortTalk & { stranger: WorkerPortTalk["echo"] }>;
  await errorOf(stranger.ask("stranger", 1), "INTERNAL");
  expectThat(port.pending === 0, "nothing is pending");
  expectThat((await port.ask("echo", 1)) === 1, "the worker goes on");
}

async function aborts(port: Port): Promise<void> {
  const stopping = new AbortController();
  const asked = port.ask("untilAborted", undefined, { signal: stopping.signal });
  // The worker is known to be waiting when a later request has been answered.
  expectThat((await port.ask("abortions", undefined)) === 0, "nothing is aborted yet");
  stopping.abort("enough");
  expectThat(port.pending === 0, "the request is not pending any more");
  const error = await errorOf(asked, "ABORTED");
  expectThat(error.cause === "enough", "the reason is the cause");
  expectThat((await port.ask("abortions", undefined)) === 1, "the handler was told");
  const answered = new AbortController();
  await port.ask("echo", 1, { signal: answered.signal });
  answered.abort();
  expectThat((await port.ask("echo", 2)) === 2, "to abort what has been answered does nothing");
}

async function doesNotSendAborted(port: Port): Promise<void> {
  const stopping = new AbortController();
  stopping.abort();
  await errorOf(port.ask("note", 1, { signal: stopping.signal }), "ABORTED");
  expectThat((await port.ask("notes", undefined)).length === 0, "the worker has got nothing");
}

function closes(subject: WorkerPortSubject): ConformanceCase {
  return {
    name: "rejects what was asked when it is closed, and is not told of a death",
    async run() {
      const deaths: TributaryError[] = [];
      const port: Port = new WorkerPort(subject.open(), { onDeath: (error) => deaths.push(error) });
      const asked = port.ask("wait", "for ever");
      const failed = errorOf(asked, "ABORTED");
      await port.close();
      await failed;
      await port.close();
      await errorOf(port.ask("echo", 1), "ABORTED");
      port.tell("note", 1);
      expectThat(!port.isAlive && port.pending === 0, "it is not alive, and nothing is pending");
      expectThat(deaths.length === 0, "nobody is told of a death");
    },
  };
}

function dies(subject: WorkerPortSubject): ConformanceCase {
  return {
    name: "rejects what was asked when the worker dies, and tells of its death once",
    async run() {
      const deaths: TributaryError[] = [];
      const port: Port = new WorkerPort(subject.open(), {
        name: "The worker",
        onDeath: (error) => deaths.push(error),
      });
      const asked = [port.ask("wait", "for ever"), port.ask("wait", "even longer")];
      port.tell("die", undefined);
      const errors = await Promise.all(asked.map((ask) => errorOf(ask, "INTERNAL")));
      for (const { message } of errors) {
        expectThat(message === "The worker has died", "the error names the worker");
      }
      await errorOf(port.ask("echo", 1), "INTERNAL");
      port.tell("note", 1);
      await port.close();
      expectThat(deaths.length === 1 && deaths[0] === errors[0], "its death is told once");
      expectThat(deaths[0]?.cause !== undefined, "the error has a cause");
    },
  };
}

function failsAtWhatItWasTold(subject: WorkerPortSubject): ConformanceCase {
  return {
    name: "gives a worker up that fails at what it was told",
    async run() {
      const died = new Promise<TributaryError>((resolve) => {
        const port: Port = new WorkerPort(subject.open(), { onDeath: resolve });
        port.tell("fail", undefined);
      });
      const { code, cause } = await died;
      expectThat(code === "INTERNAL", "the worker counts as dead");
      expectThat(isTributaryError(cause, "UPDATE_SHAPE"), "the cause is what it failed with");
    },
  };
}

/** The error that a request is rejected with. */
async function errorOf(asked: Promise<unknown>, code?: ErrorCode): Promise<TributaryError> {
  const outcome = await asked.then(
    (answer) => `The answer was ${String(answer)}`,
    (error: unknown) => error,
  );
  if (isTributaryError(outcome, code)) return outcome;
  const expected = code ?? "a TributaryError";
  throw new TributaryError("INTERNAL", `The adapter does not conform: ${expected} was expected`, {
    cause: outcome,
  });
}

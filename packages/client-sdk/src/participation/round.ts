import {
  TributaryError,
  asTributaryError,
  isTributaryError,
  type ErrorCode,
  type RoundId,
} from "@tributary/protocol";
import type { Credentials } from "../enrolment/credentials.ts";
import { LinkedAbort, abortable, aborted, throwIfAborted } from "../runtime/abort.ts";
import type { Backoff } from "../session/backoff.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Incoming, Session } from "../session/session.ts";
import type { ClientFloors } from "../trust/client-floors.ts";
import type { ModelCache } from "../trust/model-cache.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import type { ExampleStore } from "../examples/example-store.ts";
import { prepareEvaluation } from "./evaluation-report.ts";
import type { EventSink } from "./event-stream.ts";
import {
  countExamples,
  countHeldOut,
  loadExamples,
  prepareReport,
  type PreparedReport,
  type TrainingDeps,
} from "./prepared-report.ts";
import { throttleProgress } from "./progress-throttle.ts";

export interface RoundDeps extends TrainingDeps {
  readonly population: string;
  /** What the client evaluates on, and does not train on. */
  readonly heldOut: ExampleStore | undefined;
  readonly credentials: Credentials;
  readonly floors: ClientFloors;
  readonly cache: ModelCache;
  readonly clock: Clock;
  readonly events: EventSink;
  /** Waits that the server does not set: after withdrawals and refusals. */
  readonly retry: Backoff;
  /** The server has taken the check-in. */
  readonly checkedIn: () => void;
}

type Configuration = Extract<Incoming, { type: "roundConfiguration" }>;
type Traffic = Session["traffic"];

/** What cannot be put right by trying again: the client leaves the round, then the server. */
const FATAL_IN_ROUND: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["PLAN_SIGNATURE_INVALID"]);

/** A server may be wrong about its clock, not about days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * Checks in, and if the server takes the client into a round, goes through it.
 * @returns How long to wait before the next check-in, milliseconds. The session is idle then.
 * @throws TributaryError what ended the session; `EXAMPLES_INVALID` when the app has no examples;
 *   `PLAN_SIGNATURE_INVALID`; `DEVICE_REVOKED`; `ABORTED`.
 */
export async function takePart(
  session: Session,
  deps: RoundDeps,
  signal: AbortSignal,
): Promise<number> {
  const { population, credentials, floors, events, retry } = deps;
  const exampleCount = await countExamples(deps.examples, deps.limits, signal);
  const heldOutCount = await countHeldOut(deps.heldOut, deps.limits, signal);
  const before = session.traffic;
  const { codecs, maximumParameters: maxParameters } = floors;
  const rejected = (code: ErrorCode, message: string, askedMs: number): number => {
    const retryAfterMs = waitMs(askedMs, retry);
    events.push({ type: "rejected", code, message, retryAfterMs });
    return retryAfterMs;
  };
  /** @returns How long to wait when the app has nothing to show. */
  const checkIn = async (expired: boolean): Promise<number | undefined> => {
    try {
      const shown = await credentials.show(session.handshakeHash, expired, signal);
      const offer = {
        population,
        codecs,
        maxParameters,
        exampleCount,
        heldOutCount,
        ...shown,
      };
      session.checkIn(offer, deps.cache.held());
      return undefined;
    } catch (error) {
      if (!isTributaryError(error, "ENROLMENT_REQUIRED")) throw error;
      return rejected(error.code, error.message, 0);
    }
  };
  const unableMs = await checkIn(false);
  if (unableMs !== undefined) return unableMs;
  let mayRenew = credentials.renewable;
  for (;;) {
    const answer = await session.next(signal);
    switch (answer.type) {
      case "checkInAccepted":
        deps.checkedIn();
        events.push({ type: "checked-in", population, exampleCount });
        break;
      case "rejection":
      case "failure": {
        const { code, message } = answer;
        if (code === "TOKEN_EXPIRED" && mayRenew) {
          mayRenew = false;
          const waitForAppMs = await checkIn(true);
          if (waitForAppMs !== undefined) return waitForAppMs;
          break;
        }
        const retryAfterMs = rejected(code, message, answer.retryAfterMs);
        if (code === "DEVICE_REVOKED") throw new TributaryError(code, message, { retryAfterMs });
        return retryAfterMs;
      }
      case "roundConfiguration":
        return await new RoundMember(session, deps, answer, before).run(signal);
      default:
        throw new TributaryError("INTERNAL", `${answer.type} came out of a waiting session`);
    }
  }
}

/** One client's way through one round, from its configuration to the session being idle again. */
class RoundMember {
  readonly #session: Session;
  readonly #deps: RoundDeps;
  readonly #configuration: Configuration;
  readonly #before: Traffic;
  #counted = false;

  constructor(session: Session, deps: RoundDeps, configuration: Configuration, before: Traffic) {
    this.#session = session;
    this.#deps = deps;
    this.#configuration = configuration;
    this.#before = before;
  }

  get #roundId(): RoundId {
    return this.#configuration.roundId;
  }

  /** False once the round has ended for this session, whatever else was under way. */
  get #isIn(): boolean {
    return this.#session.roundId === this.#roundId;
  }

  async run(signal: AbortSignal): Promise<number> {
    const { purpose, roundNumber, taskName: task, timeLeftMs } = this.#configuration;
    const { events } = this.#deps;
    const roundId = this.#roundId;
    events.push({ type: "selected", roundId, purpose, roundNumber, task, timeLeftMs });
    // What comes while the client works is the round's end, the session's end, or later the answer to the report.
    const listening = new LinkedAbort(signal);
    const incoming = this.#session.next(listening.signal);
    const stop = new LinkedAbort(signal);
    incoming.then(stop.abort, stop.abort);
    try {
      const prepared = await abortable(this.#work(stop.signal), signal).catch((error: unknown) =>
        asTributaryError(error),
      );
      throwIfAborted(signal);
      if (!this.#isIn) return this.#conclude(await incoming);
      if (isTributaryError(prepared)) return this.#withdraw(prepared);
      return await this.#report(prepared, incoming, signal);
    } finally {
      listening.abort();
      stop.unlink();
    }
  }

  /** Everything from the first chunk to an encoded update. */
  async #work(stop: AbortSignal): Promise<PreparedReport> {
    const { arrival, purpose, roundNumber } = this.#configuration;
    const { cache, events } = this.#deps;
    const roundId = this.#roundId;
    const model = await abortable(arrival.model, stop);
    // What is evaluated may be an old checkpoint: it is not what `model` should answer with.
    if (purpose === "evaluation") cache.hold(model);
    else cache.keep({ ...model, roundNumber: Math.max(0, roundNumber - 1) });
    if (!this.#isIn) throw aborted();
    this.#session.send({ type: "configured", roundId });
    events.push({
      type: "downloaded",
      roundId,
      bytes: arrival.receivedBytes,
      cached: arrival.cached,
    });
    const { trainer } = this.#deps;
    if (trainer.choose !== undefined) {
      const choice = await abortable(trainer.choose(model.plan.plan), stop);
      events.push({ type: "engine-chosen", roundId, ...choice });
    }
    return purpose === "evaluation" ? this.#evaluate(model, stop) : this.#train(model, stop);
  }

  async #evaluate(model: VerifiedModel, stop: AbortSignal): Promise<PreparedReport> {
    const { heldOut, limits, trainer, events, clock } = this.#deps;
    const roundId = this.#roundId;
    if (heldOut === undefined) {
      throw new TributaryError(
        "EXAMPLES_INVALID",
        "The server asks for an evaluation and this client has offered none",
        { remedy: "Give the client heldOut examples, or ask the operator about the server." },
      );
    }
    const examples = await loadExamples(heldOut, limits, stop);
    const startedMs = clock.now();
    const report = await prepareEvaluation(trainer, { model, examples, signal: stop });
    if (stop.aborted) throw aborted();
    const { exampleCount } = report;
    const metrics = Object.fromEntries(report.metrics.map(({ name, value }) => [name, value]));
    const seconds = (clock.now() - startedMs) / 1000;
    events.push({ type: "evaluated", roundId, metrics, exampleCount, seconds });
    return report;
  }

  async #train(model: VerifiedModel, stop: AbortSignal): Promise<PreparedReport> {
    const { events, clock } = this.#deps;
    const { roundNumber } = this.#configuration;
    const roundId = this.#roundId;
    const examples = await loadExamples(this.#deps.examples, this.#deps.limits, stop);
    const startedMs = clock.now();
    return prepareReport(this.#deps, {
      model,
      roundNumber,
      examples,
      signal: stop,
      onProgress: throttleProgress(clock, ({ epoch, epochs, batch, batches, loss }) => {
        if (stop.aborted) return;
        events.push({ type: "training", roundId, epoch, epochs, batch, batches, loss });
      }),
      onTrained: ({ metrics, steps, exampleCount }) => {
        if (stop.aborted) throw aborted();
        const seconds = (clock.now() - startedMs) / 1000;
        events.push({ type: "trained", roundId, metrics, steps, exampleCount, seconds });
      },
    });
  }

  async #report(
    report: PreparedReport,
    incoming: Promise<Incoming>,
    signal: AbortSignal,
  ): Promise<number> {
    const { events, retry } = this.#deps;
    const { payload, counted, ...header } = report;
    const roundId = this.#roundId;
    const { reportNonce } = this.#configuration;
    const updateBytes = payload.length;
    this.#session.send({ type: "reportBegin", roundId, reportNonce, updateBytes, ...header });
    events.push({ type: "reporting", roundId, bytes: updateBytes });
    let answer = await incoming;
    if (answer.type === "reportGrant") {
      const result = this.#session.next(signal);
      await this.#upload(payload, result);
      answer = await result;
    }
    if (answer.type === "reportResult" && answer.refused === undefined) {
      this.#counted = true;
      counted();
      retry.reset();
      const { up, down } = this.#session.traffic;
      const bytesUp = up - this.#before.up;
      const bytesDown = down - this.#before.down;
      events.push({ type: "reported", roundId, bytesUp, bytesDown });
      answer = await this.#session.next(signal);
    }
    return this.#conclude(answer);
  }

  /**
   * Sends the payload piece by piece, no faster than the network takes it. Stops when an answer comes before the
   * end: the round has closed, or the session.
   */
  async #upload(payload: Uint8Array, answer: Promise<Incoming>): Promise<void> {
    const { reportChunkBytes } = this.#deps.limits;
    for (let sent = 0; sent < payload.length; sent += reportChunkBytes) {
      if (!this.#session.reporting) return;
      const data = payload.subarray(sent, sent + reportChunkBytes);
      this.#session.send({ type: "reportChunk", data });
      await Promise.race([this.#session.drained(), answer]);
    }
  }

  /** The round is over for this client. */
  #conclude(message: Incoming): number {
    const { events, retry } = this.#deps;
    const roundId = this.#roundId;
    switch (message.type) {
      case "roundOutcome": {
        const { outcome, taskFinished, nextCheckInMs } = message;
        const { purpose, roundNumber, taskName: task } = this.#configuration;
        events.push({
          type: "round-finished",
          roundId,
          purpose,
          roundNumber,
          task,
          counted: this.#counted,
          outcome:
            "committed" in outcome
              ? { type: "committed", checkpoint: outcome.committed.id }
              : { type: "abandoned", reason: outcome.abandoned },
          taskFinished,
        });
        return Math.min(nextCheckInMs, LONGEST_WAIT_MS);
      }
      case "reportResult": {
        if (message.refused === undefined) break;
        const { code, message: text, retryAfterMs } = message.refused;
        const retryInMs = waitMs(retryAfterMs, retry);
        events.push({ type: "report-refused", roundId, code, message: text, retryInMs });
        return retryInMs;
      }
      case "failure": {
        const { code, message: text, retryAfterMs } = message;
        const retryInMs = waitMs(retryAfterMs, retry);
        const error = new TributaryError(code, `The server ended the round: ${text}`, {
          retryAfterMs,
        });
        events.push({ type: "withdrawn", roundId, error, retryInMs });
        return retryInMs;
      }
      default:
        break;
    }
    throw new TributaryError("INTERNAL", `${message.type} came out of a session in a round`);
  }

  #withdraw(error: TributaryError): number {
    const { events, retry } = this.#deps;
    this.#session.withdraw(error);
    const retryInMs = retry.nextMs();
    events.push({ type: "withdrawn", roundId: this.#roundId, error, retryInMs });
    if (FATAL_IN_ROUND.has(error.code)) throw error;
    return retryInMs;
  }
}

/** The server's wait, or one of our own where it names none: never so short that many clients become a flood. */
function waitMs(askedMs: number, retry: Backoff): number {
  return askedMs > 0 ? Math.min(askedMs, LONGEST_WAIT_MS) : retry.nextMs();
}

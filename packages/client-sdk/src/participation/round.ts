import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  asTributaryError,
  isTributaryError,
  type ErrorCode,
  type RoundId,
} from "@tributary/protocol";
import type { Credentials } from "../enrolment/credentials.ts";
import { LinkedAbort, abortable, aborted, throwIfAborted } from "../runtime/abort.ts";
import type { Backoff } from "../session/backoff.ts";
import type { Incoming, Session } from "../session/session.ts";
import type { ClientFloors } from "../trust/client-floors.ts";
import type { ModelCache } from "../trust/model-cache.ts";
import {
  evaluateForRound,
  trainForRound,
  type Configuration,
  type LocalWorkDeps,
} from "./local-work.ts";
import type { PreparedReport } from "./prepared-report.ts";
import { LONGEST_WAIT_MS, retryWaitMs } from "./retry-wait.ts";

/** What a client needs to go through a round. */
export interface RoundDeps extends LocalWorkDeps {
  readonly population: string;
  readonly credentials: Credentials;
  readonly floors: ClientFloors;
  readonly cache: ModelCache;
  /** Decides how long to wait where the server does not say: after withdrawals and refusals. */
  readonly retry: Backoff;
}

type Traffic = Session["traffic"];

/** Errors that another try cannot cure: the client leaves the round, and then the server. */
const FATAL_IN_ROUND: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["PLAN_SIGNATURE_INVALID"]);

/** One member of a round, from the round's configuration until the session is idle again. */
export class RoundMember {
  readonly #session: Session;
  readonly #deps: RoundDeps;
  readonly #configuration: Configuration;
  readonly #before: Traffic;
  #counted = false;

  /** @param before - The session's traffic when the client checked in. */
  constructor(session: Session, deps: RoundDeps, configuration: Configuration, before: Traffic) {
    this.#session = session;
    this.#deps = deps;
    this.#configuration = configuration;
    this.#before = before;
  }

  get #roundId(): RoundId {
    return this.#configuration.roundId;
  }

  /**
   * Whether the session is still in the round. It is not once the round or the session has ended.
   */
  get #isIn(): boolean {
    return this.#session.roundId === this.#roundId;
  }

  /**
   * Goes through the round: waits for the model, trains or evaluates, and reports.
   * @returns How long to wait before the next check-in, milliseconds.
   * @throws TributaryError what ended the session; `PLAN_SIGNATURE_INVALID`; `ABORTED`.
   */
  async run(signal: AbortSignal): Promise<number> {
    const { purpose, roundNumber, taskName: task, timeLeftMs } = this.#configuration;
    const { events } = this.#deps;
    const roundId = this.#roundId;
    events.push({ type: "selected", roundId, purpose, roundNumber, task, timeLeftMs });
    // While the client works, the only message that may come is the end of the round or of the
    // session. Either must stop the work. After that the same read gives the answer to the report.
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

  /**
   * Does everything between the first chunk of the model and the encoded update.
   * @param stop - Aborted when the round or the session has ended.
   */
  async #work(stop: AbortSignal): Promise<PreparedReport> {
    const { arrival, purpose, roundNumber } = this.#configuration;
    const { cache, events, trainer } = this.#deps;
    const roundId = this.#roundId;
    const model = await abortable(arrival.model, stop);
    // An evaluation may be of an old checkpoint, which must not become the answer of `model()`.
    if (purpose === "evaluation") cache.hold(model);
    else cache.keep({ ...model, roundNumber: Math.max(0, roundNumber - 1) });
    if (!this.#isIn) throw aborted();
    this.#session.send({ type: "configured", roundId });
    events.push({
      type: "downloaded",
      roundId,
      bytes: arrival.receivedBytes,
      keptBytes: arrival.keptBytes,
      cached: arrival.cached,
    });
    if (trainer.choose !== undefined) {
      const choice = await abortable(trainer.choose(model.plan.plan), stop);
      events.push({ type: "engine-chosen", roundId, ...choice });
    }
    const work = purpose === "evaluation" ? evaluateForRound : trainForRound;
    return work(this.#deps, this.#configuration, model, stop);
  }

  /**
   * Announces the report, uploads the payload when the server grants the turn, and waits for the
   * round's outcome.
   * @param incoming - The read that is under way: the answer to the announcement.
   */
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
   * Sends the payload piece by piece, no faster than the network takes it. It stops early when the
   * server answers before the end, because the round has closed, or when the session ends.
   */
  async #upload(payload: Uint8Array, answer: Promise<Incoming>): Promise<void> {
    const { reportChunkBytes } = PROTOCOL_CONSTANTS;
    for (let sent = 0; sent < payload.length; sent += reportChunkBytes) {
      if (!this.#session.reporting) return;
      const data = payload.subarray(sent, sent + reportChunkBytes);
      this.#session.send({ type: "reportChunk", data });
      await Promise.race([this.#session.drained(), answer]);
    }
  }

  /**
   * Tells the app how the round ended for this client.
   * @param message - The message that ended it.
   * @returns How long to wait before the next check-in, milliseconds.
   */
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
        // An accepted report does not end the round.
        if (message.refused === undefined) break;
        const { code, message: text, retryAfterMs } = message.refused;
        const retryInMs = retryWaitMs(retryAfterMs, retry);
        events.push({ type: "report-refused", roundId, code, message: text, retryInMs });
        return retryInMs;
      }
      case "failure": {
        const { code, message: text, retryAfterMs } = message;
        const retryInMs = retryWaitMs(retryAfterMs, retry);
        const error = new TributaryError(code, `The server ended the round: ${text}`, {
          retryAfterMs,
        });
        events.push({ type: "withdrawn", roundId, error, retryInMs });
        return retryInMs;
      }
      default:
        break;
    }
    throw new TributaryError("INTERNAL", `A session in a round delivered ${message.type}`);
  }

  /**
   * Leaves the round because of an error on this side.
   * @returns How long to wait before the next check-in, milliseconds.
   * @throws TributaryError the error itself when it is one of `FATAL_IN_ROUND`.
   */
  #withdraw(error: TributaryError): number {
    const { events, retry } = this.#deps;
    this.#session.withdraw(error);
    const retryInMs = retry.nextMs();
    events.push({ type: "withdrawn", roundId: this.#roundId, error, retryInMs });
    if (FATAL_IN_ROUND.has(error.code)) throw error;
    return retryInMs;
  }
}

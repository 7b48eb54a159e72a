import {
  TributaryError,
  asTributaryError,
  isTributaryError,
  type ErrorCode,
  type ResumedStage,
  type RoundId,
  type SessionId,
  type SymmetricCrypto,
} from "@tributary/protocol";
import type { Credentials } from "../enrolment/credentials.ts";
import { LinkedAbort, abortable, aborted, throwIfAborted } from "../runtime/abort.ts";
import type { Backoff } from "../session/backoff.ts";
import type { Incoming, Session } from "../session/session.ts";
import type { ModelCache } from "../trust/model-cache.ts";
import type { VerifiedModel } from "../trust/verified-model.ts";
import { workForRound, type Configuration, type LocalWorkDeps } from "./local-work.ts";
import type { PreparedReport } from "./prepared-report.ts";
import { reportBegin } from "./report-messages.ts";
import { LONGEST_WAIT_MS, retryWaitMs } from "./retry-wait.ts";
import { roundFinished } from "./round-finished.ts";
import { TransferProgress } from "./transfer-progress.ts";
import { upload } from "./upload.ts";

/** What a client needs to go through a round. */
export interface RoundDeps extends LocalWorkDeps {
  readonly crypto: SymmetricCrypto;
  readonly population: string;
  readonly credentials: Credentials;
  readonly cache: ModelCache;
  /** Decides how long to wait where the server does not say: after withdrawals and refusals. */
  readonly retry: Backoff;
}

type Traffic = Session["traffic"];

/** Errors that another try cannot cure: the client leaves the round, and then the server. */
const FATAL_IN_ROUND: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["PLAN_SIGNATURE_INVALID"]);

/**
 * How long a client stays away when it cannot do what the task asks for or will not, milliseconds.
 * Trying again would change nothing, and would take a seat from a client that can. Later there may be
 * another task.
 */
const UNFIT_WAIT_MS = 10 * 60_000;

/** Errors after which it stays away so long. */
const UNFIT: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["MODEL_UNSUPPORTED", "PLAN_REFUSED"]);

/** From where a member goes on: from its download, or as the server says when it has come back. */
interface Place {
  readonly stage: "configuring" | ResumedStage;
  /** Bytes of the report that the server has not received. */
  readonly bytesLeft: number;
}

const BEGINNING: Place = { stage: "configuring", bytesLeft: 0 };

/**
 * One member of a round, from the round's configuration until its part in the round has ended. When
 * its connection is lost, it goes on working, and reports over the next one.
 */
export class RoundMember {
  readonly #deps: RoundDeps;
  /** The session in which the client was selected: it names the member to the server. */
  readonly #sessionId: SessionId;
  /** When the round takes no reports any more, by `elapsedMs`. */
  readonly #deadlineMs: number;
  /** Stops the work. */
  readonly #stop: LinkedAbort;
  #session: Session;
  #configuration: Configuration;
  #resumeSecret: Uint8Array | undefined;
  /** The session's traffic when this member's part in it began. */
  #before: Traffic;
  /** The traffic of this member over its earlier connections. */
  #earlier: Traffic = { up: 0, down: 0 };
  /** Set once the model has come. It resolves with an error when the work has failed. */
  #prepared: Promise<PreparedReport | TributaryError> | undefined;
  #counted = false;
  /** The payload that the server has begun to receive. */
  #uploading: Uint8Array | undefined;

  /** @param before - The session's traffic when the client checked in. */
  constructor(
    session: Session,
    deps: RoundDeps,
    configuration: Configuration,
    before: Traffic,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.#configuration = configuration;
    this.#before = before;
    this.#sessionId = session.welcome.sessionId;
    this.#resumeSecret = configuration.resumeSecret;
    this.#deadlineMs = deps.clock.elapsedMs() + configuration.timeLeftMs;
    this.#stop = new LinkedAbort(signal);
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

  /** Whether the server may still keep the member's place, after its connection was lost. */
  get mayReturn(): boolean {
    const isInTime = this.#deps.clock.elapsedMs() < this.#deadlineMs;
    return this.#resumeSecret !== undefined && isInTime && !this.#stop.signal.aborted;
  }

  /** Stops the work: the member's part in the round has ended. Idempotent. */
  leave(): void {
    this.#stop.abort();
  }

  /**
   * Goes through the round: waits for the model, trains or evaluates, and reports.
   * @returns How long to wait before the next check-in, milliseconds.
   * @throws TributaryError what ended the session; `PLAN_SIGNATURE_INVALID`; `ABORTED`.
   */
  async run(signal: AbortSignal): Promise<number> {
    const { purpose, roundNumber, taskName: task, timeLeftMs } = this.#configuration;
    const roundId = this.#roundId;
    const { events } = this.#deps;
    events.push({ type: "selected", roundId, purpose, roundNumber, task, timeLeftMs });
    return this.#goOn(BEGINNING, signal);
  }

  /**
   * Goes on with the round over another connection.
   * @param accepted - Called when the server has given the member its place again.
   * @returns How long to wait before the next check-in, milliseconds.
   * @throws TributaryError as `run`; `ENROLMENT_REQUIRED` when the app gives no token or key.
   */
  async resume(session: Session, accepted: () => void, signal: AbortSignal): Promise<number> {
    const { population, credentials, cache, events } = this.#deps;
    const roundId = this.#roundId;
    const resumeSecret = this.#resumeSecret;
    if (resumeSecret === undefined) throw new TributaryError("INTERNAL", "No place is kept");
    this.#earlier = this.#traffic;
    this.#before = session.traffic;
    this.#session = session;
    const shown = await credentials.show(session.handshakeHash, false, signal);
    const sessionId = this.#sessionId;
    const claim = { population, roundId, sessionId, resumeSecret, ...shown };
    session.resume({ ...claim, ...this.#payloadHash }, cache.held());
    const answer = await session.next(signal);
    if (answer.type === "failure") {
      return this.#dismissed(answer, "The server keeps no place any more");
    }
    if (answer.type !== "roundConfiguration" && answer.type !== "resumed") {
      return this.#conclude(answer);
    }
    accepted();
    this.#resumeSecret = answer.resumeSecret;
    const place = answer.type === "resumed" ? answer : BEGINNING;
    const { stage, bytesLeft } = place;
    events.push({ type: "resumed", roundId, stage, bytesLeft });
    if (answer.type === "roundConfiguration") this.#configuration = answer;
    return this.#goOn(place, signal);
  }

  /** Goes through what is left of the round over the present connection. */
  async #goOn(place: Place, signal: AbortSignal): Promise<number> {
    // While the client works, the only message that may come is the end of the round, which stops the
    // work. The end of the session stops it only when the member cannot come back. After the work the
    // same read gives the answer to the report.
    const listening = new LinkedAbort(signal);
    const incoming = this.#session.next(listening.signal);
    const ended = new Promise<never>((_, reject) => void incoming.catch(reject));
    ended.catch(() => {});
    const isWorking = place.stage === "configuring" || place.stage === "training";
    if (isWorking) {
      incoming.then(
        () => this.#isIn || this.#stop.abort(),
        () => this.mayReturn || this.#stop.abort(),
      );
    }
    try {
      const ready = abortable(Promise.race([this.#ready(place), ended]), signal);
      const prepared = await ready.catch((error: unknown) => asTributaryError(error));
      throwIfAborted(signal);
      if (isWorking && !this.#isIn) return this.#conclude(await incoming);
      if (isTributaryError(prepared)) return this.#withdraw(prepared);
      return await this.#report(prepared, place, incoming, signal);
    } finally {
      listening.abort();
    }
  }

  /** Returns the report once it is ready, and begins to work on it when the model has come. */
  async #ready({ stage }: Place): Promise<PreparedReport | TributaryError> {
    if (stage === "configuring") {
      const model = await this.#download();
      this.#prepared ??= workForRound(
        this.#deps,
        this.#configuration,
        model,
        this.#stop.signal,
      ).catch((error: unknown) => asTributaryError(error));
    }
    if (this.#prepared === undefined) {
      throw new TributaryError("INTERNAL", `The server takes this member for ${stage}`);
    }
    return this.#prepared;
  }

  /** Waits for the model, and tells the server that it has come. */
  async #download(): Promise<VerifiedModel> {
    const { arrival, purpose, roundNumber } = this.#configuration;
    const { cache, eligibility, events } = this.#deps;
    const roundId = this.#roundId;
    const session = this.#session;
    this.#showDownload();
    const { signal } = this.#stop;
    // The conditions are known with the plan, before most of the bytes have come.
    const plan = await abortable(arrival.plan, signal);
    const model = await eligibility.whileMet(plan, signal, (met) => abortable(arrival.model, met));
    // An evaluation may be of an old checkpoint, and statistics are no model: neither must become the
    // answer of `model()`.
    const isNewest = purpose === "training" && model.plan.plan.statistics === undefined;
    if (!isNewest) cache.hold(model);
    else cache.keep({ ...model, roundNumber: Math.max(0, roundNumber - 1) });
    if (session.roundId !== roundId) throw aborted();
    session.send({ type: "configured", roundId });
    // A member that has come back may have told the app before.
    if (this.#prepared === undefined) {
      const { receivedBytes: bytes, keptBytes, cached } = arrival;
      events.push({ type: "downloaded", roundId, bytes, keptBytes, cached });
    }
    return model;
  }

  /** Tells the app how much of the model has come. */
  #showDownload(): void {
    const { clock, events } = this.#deps;
    const { arrival } = this.#configuration;
    const roundId = this.#roundId;
    const { keptBytes: bytes, dueBytes: totalBytes } = arrival;
    const progress = new TransferProgress(clock, { bytes, totalBytes }, (transferred) =>
      events.push({ type: "downloading", roundId, ...transferred }),
    );
    arrival.whenCome((come) => progress.came(come));
  }

  /**
   * Reports, unless the server has the report already, and waits for the round's outcome.
   * @param incoming - The read that is under way.
   */
  async #report(
    report: PreparedReport,
    place: Place,
    incoming: Promise<Incoming>,
    signal: AbortSignal,
  ): Promise<number> {
    if (place.stage === "reported") {
      this.#accepted(report);
      return this.#conclude(await incoming);
    }
    const result = await this.#deliver(report, place, incoming, signal);
    return this.#conclude(this.#counted ? await this.#session.next(signal) : result);
  }

  /**
   * Announces the report, and uploads the payload when the server grants the turn. A member that has
   * come back in the middle of its upload sends what is left.
   * @returns The server's answer.
   */
  async #deliver(
    report: PreparedReport,
    { stage, bytesLeft }: Place,
    incoming: Promise<Incoming>,
    signal: AbortSignal,
  ): Promise<Incoming> {
    const { payload } = report;
    const roundId = this.#roundId;
    let result = incoming;
    let leftBytes = bytesLeft;
    if (stage !== "uploading") {
      this.#announce(report);
      const answer = await incoming;
      if (answer.type === "reportGrant") {
        result = this.#session.next(signal);
        leftBytes = payload.length;
        this.#uploading = payload;
      }
    }
    await upload(this.#session, { roundId, payload, bytesLeft: leftBytes }, result, this.#deps);
    const answer = await result;
    if (answer.type === "reportResult" && answer.refused === undefined) this.#accepted(report);
    return answer;
  }

  #announce(report: PreparedReport): void {
    const { roundId } = this.#configuration;
    this.#session.send(reportBegin(this.#configuration, report));
    this.#deps.events.push({ type: "reporting", roundId, bytes: report.payload.length });
  }

  /** Takes note that the report counts. */
  #accepted({ counted }: PreparedReport): void {
    if (this.#counted) return;
    this.#counted = true;
    counted();
    this.#deps.retry.reset();
    const { up: bytesUp, down: bytesDown } = this.#traffic;
    this.#deps.events.push({ type: "reported", roundId: this.#roundId, bytesUp, bytesDown });
  }

  /** What this member has sent and received so far, over all its connections. */
  get #traffic(): Traffic {
    const { up, down } = this.#session.traffic;
    return {
      up: this.#earlier.up + up - this.#before.up,
      down: this.#earlier.down + down - this.#before.down,
    };
  }

  /** By what the server can tell that the rest of an upload is of the same report. */
  get #payloadHash(): { readonly payloadSha256?: Uint8Array } {
    const payload = this.#uploading;
    return payload === undefined ? {} : { payloadSha256: this.#deps.crypto.sha256(payload) };
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
        const { nextCheckInMs } = message;
        events.push(roundFinished(this.#configuration, message, this.#counted));
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
      case "failure":
        return this.#dismissed(message, "The server ended the round");
      default:
        break;
    }
    throw new TributaryError("INTERNAL", `A session in a round delivered ${message.type}`);
  }

  /**
   * Tells the app that the server has put this member out of the round.
   * @returns How long to wait before the next check-in, milliseconds.
   */
  #dismissed(
    { code, message, retryAfterMs }: Extract<Incoming, { type: "failure" }>,
    what: string,
  ): number {
    const { events, retry } = this.#deps;
    const retryInMs = retryWaitMs(retryAfterMs, retry);
    const error = new TributaryError(code, `${what}: ${message}`, { retryAfterMs });
    events.push({ type: "withdrawn", roundId: this.#roundId, error, retryInMs });
    return retryInMs;
  }

  /**
   * Leaves the round because of an error on this side.
   * @returns How long to wait before the next check-in, milliseconds.
   * @throws TributaryError the error itself when it is one of `FATAL_IN_ROUND`.
   */
  #withdraw(error: TributaryError): number {
    const { events, retry } = this.#deps;
    this.#session.withdraw(error);
    const soonMs = retry.nextMs();
    const retryInMs = UNFIT.has(error.code) ? UNFIT_WAIT_MS + soonMs : soonMs;
    events.push({ type: "withdrawn", roundId: this.#roundId, error, retryInMs });
    if (FATAL_IN_ROUND.has(error.code)) throw error;
    return retryInMs;
  }
}

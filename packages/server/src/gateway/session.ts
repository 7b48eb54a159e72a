import {
  PROTOCOL_VERSIONS,
  TributaryError,
  ERROR_CODES,
  acceptHandshake,
  asTributaryError,
  decodeClientMessage,
  decodeFrame,
  encodeFrame,
  encodeServerMessage,
  negotiateVersion,
  sealRecordFrame,
  type Channel,
  type ClientMessage,
  type ErrorCode,
  type RoundId,
  type ServerMessage,
  type SessionId,
} from "@tributary/protocol";
import type {
  CheckInOffer,
  Participant,
  RoundConfiguration,
  RoundOutcome,
  RoundSeat,
} from "../coordinator/participant.ts";
import { roundClosed } from "../coordinator/round-closed.ts";
import { framesFor, type SealedModel } from "../coordinator/model/sealed-model.ts";
import type { Admission } from "../enrolment/enrolment.ts";
import type { FrameSender } from "./frame-sender.ts";
import { RequestBudget } from "./request-budget.ts";
import type { SessionDeps } from "./session-deps.ts";
import { unexpected, type Asking, type Named, type State } from "./session-state.ts";
import { toldError, type ToldError } from "./told-error.ts";
import { UploadWatch } from "./upload-watch.ts";
import type { Visitor } from "./visitors.ts";

type CheckIn = Extract<ClientMessage, { type: "checkIn" }>;
type ModelRequest = Extract<ClientMessage, { type: "modelRequest" }>;

/**
 * One client's connection: everything it sends is checked here against the state it is in. Whatever arrives, nothing
 * is thrown to the caller; a session that breaks the protocol is closed and costs nobody else anything.
 */
export class Session implements Participant {
  readonly sessionId: SessionId;
  readonly #deps: SessionDeps;
  readonly #sender: FrameSender;
  readonly #visitor: Visitor;
  readonly #requests: RequestBudget;
  readonly #cancelDeadline: () => void;
  #state: State = { name: "handshake" };
  /** The round this session was in last: messages about it may still be on their way. */
  #lastRound: RoundId | undefined;
  /** When the client was told to come back after it. */
  #lastRetryMs = 0;
  /** What the last check-in said the client holds. */
  #held: CheckInOffer["heldArtifacts"] = new Set();
  #bytesUp = 0;
  /** The report that is being sent, also after the round's end has overtaken it. */
  #upload: UploadWatch | undefined;
  /** Payload that the last `ReportBegin` announced, bytes; checked before its turn comes. */
  #announcedBytes = 0;

  constructor(sessionId: SessionId, sender: FrameSender, visitor: Visitor, deps: SessionDeps) {
    this.sessionId = sessionId;
    this.#sender = sender;
    this.#visitor = visitor;
    this.#deps = deps;
    this.#requests = new RequestBudget(deps, visitor);
    this.#cancelDeadline = deps.clock.schedule(visitor.greetWithinMs, () => {
      this.#fail(
        new TributaryError("TIMED_OUT", "The handshake was not finished in time", {
          remedy: "Connect again.",
        }),
      );
    });
  }

  get isOpen(): boolean {
    return this.#state.name !== "closed";
  }

  /** Handles one WebSocket message. */
  receive(bytes: Uint8Array): void {
    if (this.#state.name === "closed") return;
    this.#bytesUp += bytes.length;
    try {
      const frame = decodeFrame(bytes);
      if (this.#state.name === "handshake") {
        if (frame.kind !== "handshake") throw unexpected("a frame before the handshake");
        this.#handshake(frame.body);
      } else {
        if (frame.kind !== "record") throw unexpected(`a ${frame.kind} frame`);
        this.#handle(decodeClientMessage(this.#state.channel.open(frame.body)));
      }
    } catch (error) {
      this.#fail(asTributaryError(error));
    }
  }

  /** The connection is gone; idempotent. */
  disconnected(): void {
    const state = this.#state;
    if (state.name === "closed") return;
    this.#state = { name: "closed" };
    this.#cancelDeadline();
    this.#upload?.stop();
    this.#sender.stopChunks();
    if ("channel" in state) state.channel.close();
    if (state.name === "waiting") state.leave?.();
    if (state.name === "inRound") state.seat.leave();
  }

  /** Ends the session with an error that the client is told. */
  close(error: TributaryError): void {
    this.#fail(error);
  }

  // What the coordinator tells the client.

  take(seat: RoundSeat): void {
    if (this.#state.name !== "waiting") return;
    // A check-in that fills the cohort is taken before it is answered.
    if (this.#state.leave === undefined) this.#send({ type: "checkInAccepted" });
    // A check-in that leads to a round was no waste of anyone's time.
    this.#requests.giveBack();
    this.#state.giveRequestBack();
    this.#upload = undefined;
    this.#state = { name: "inRound", channel: this.#state.channel, seat, stage: "configuring" };
    this.#lastRound = seat.roundId;
  }

  configure(configuration: RoundConfiguration, model: SealedModel): void {
    if (this.#seated(configuration.roundId) === undefined) return;
    this.#send({ type: "roundConfiguration", ...configuration, delivery: model.delivery });
    this.#sender.streamChunks(framesFor(model, this.#held));
  }

  grantReport(roundId: RoundId): void {
    const state = this.#seated(roundId);
    if (state === undefined) return;
    this.#state = { ...state, stage: "uploading" };
    this.#upload = new UploadWatch(this.#announcedBytes, this.#deps, () => {
      this.#fail(
        new TributaryError("TIMED_OUT", "The report came too slowly", {
          remedy: "Connect again where the network is better.",
        }),
      );
    });
    this.#send({ type: "reportGrant", roundId });
  }

  answerReport(roundId: RoundId, refused?: TributaryError): void {
    const state = this.#seated(roundId);
    if (state === undefined) return;
    this.#upload?.stop();
    this.#state =
      refused === undefined
        ? { ...state, stage: "reported" }
        : { name: "idle", channel: state.channel };
    this.#lastRetryMs = refused?.retryAfterMs ?? 0;
    this.#sendReportResult(roundId, refused);
  }

  endRound(outcome: RoundOutcome): void {
    const state = this.#seated(outcome.roundId);
    if (state === undefined) return;
    this.#lastRetryMs = outcome.nextCheckInMs;
    this.#upload?.stop();
    this.#state = { name: "idle", channel: state.channel };
    this.#sender.stopChunks();
    this.#send({ type: "roundOutcome", ...outcome });
  }

  reject(code: ErrorCode, message: string, retryAfterMs: number): void {
    if (this.#state.name === "waiting") {
      this.#state = { name: "idle", channel: this.#state.channel };
    }
    this.#send({ type: "rejection", code, message, retryAfterMs });
  }

  takeTraffic(): { readonly up: number; readonly down: number } {
    const traffic = { up: this.#bytesUp, down: this.#sender.takeBytesSent() };
    this.#bytesUp = 0;
    return traffic;
  }

  // What the client sends.

  #handshake(message: Uint8Array): void {
    const { crypto, random, secrets, limits } = this.#deps;
    const { reply, channel } = acceptHandshake({
      crypto,
      random,
      channelSecret: secrets.channelSecret,
      message,
      rekeyAfterRecords: limits.rekeyAfterRecords,
    });
    this.#state = { name: "greeting", channel };
    this.#sender.send(encodeFrame({ kind: "handshake", body: reply }));
  }

  #handle(message: ClientMessage): void {
    const state = this.#state;
    switch (message.type) {
      case "hello":
        if (state.name !== "greeting") throw unexpected("Hello");
        this.#greet(state, message);
        return;
      case "checkIn":
        if (state.name !== "idle") throw unexpected("CheckIn");
        this.#requests.take();
        this.#checkIn(state, message);
        return;
      case "modelRequest":
        if (state.name !== "idle") throw unexpected("ModelRequest");
        this.#requests.take();
        this.#offerModel(state, message);
        return;
      case "configured":
        if (state.name !== "inRound" || message.roundId !== state.seat.roundId) {
          this.#expectLateMessage(message.roundId, "Configured");
        } else if (state.stage === "configuring") {
          this.#state = { ...state, stage: "training" };
          state.seat.configured();
        } else {
          throw unexpected("Configured");
        }
        return;
      case "withdraw":
        if (state.name !== "inRound" || message.roundId !== state.seat.roundId) {
          this.#expectLateMessage(message.roundId, "Withdraw");
          return;
        }
        this.#deps.logger.debug("client withdrew", { code: message.code, round: message.roundId });
        this.#state = { name: "idle", channel: state.channel };
        this.#sender.stopChunks();
        state.seat.withdraw(message.code);
        return;
      case "reportBegin":
        this.#beginReport(state, message);
        return;
      case "reportChunk":
        // In an idle session it is the rest of an upload that the round's end overtook.
        if (this.#upload?.take(message.data.length) !== true) throw unexpected("ReportChunk");
        if (state.name === "inRound" && state.stage === "uploading") {
          state.seat.receive(message.data);
        } else if (state.name !== "idle") {
          throw unexpected("ReportChunk");
        }
        return;
    }
  }

  #greet(state: Named<"greeting">, hello: Extract<ClientMessage, { type: "hello" }>): void {
    const version = negotiateVersion(PROTOCOL_VERSIONS, {
      oldest: hello.oldestVersion,
      newest: hello.newestVersion,
    });
    if (version === undefined) {
      throw new TributaryError(
        "VERSION_UNSUPPORTED",
        `The client speaks protocol versions ${hello.oldestVersion} to ${hello.newestVersion} and the server ${PROTOCOL_VERSIONS.oldest} to ${PROTOCOL_VERSIONS.newest}`,
        { remedy: "Update the older of the two." },
      );
    }
    this.#cancelDeadline();
    this.#visitor.greeted();
    this.#state = { name: "idle", channel: state.channel };
    this.#send({ type: "welcome", version, sessionId: this.sessionId });
  }

  /** Whatever becomes of the session meanwhile, the answer is for the request alone that made it `asking`. */
  #admit(
    asking: Asking,
    { population, token, device }: CheckIn | ModelRequest,
    admitted: (admission: Admission) => void,
    refused: (error: TributaryError) => void,
  ): void {
    this.#state = asking;
    const { channel } = asking;
    const enter = (admission: Admission): void => {
      if (this.#state === asking) admitted(admission);
    };
    const refuse = (thrown: unknown): void => {
      if (this.#state !== asking) return;
      const error = asTributaryError(thrown);
      if (ERROR_CODES[error.code].close !== null && error.code !== "INTERNAL") {
        this.#fail(error);
        return;
      }
      this.#state = { name: "idle", channel };
      refused(error);
    };
    try {
      const admission = this.#deps.doorkeeper.admit({
        population,
        handshakeHash: channel.handshakeHash,
        ...(token === undefined ? {} : { token }),
        ...(device === undefined ? {} : { device }),
      });
      if (admission instanceof Promise) admission.then(enter, refuse).catch(refuse);
      else enter(admission);
    } catch (error) {
      refuse(error);
    }
  }

  #checkIn({ channel }: Named<"idle">, message: CheckIn): void {
    this.#admit(
      { name: "checkingIn", channel },
      message,
      (admission) => this.#enterPool(channel, message, admission),
      (error) => {
        const { code, message: text, retryAfterMs } = this.#told(error);
        this.#deps.onRefused?.(code);
        this.reject(code, text, retryAfterMs);
      },
    );
  }

  #enterPool(channel: Channel, message: CheckIn, admission: Admission): void {
    const { deviceId, giveRequestBack } = admission;
    const { population, codecs, maxParameters, exampleCount, heldOutCount } = message;
    const heldArtifacts = new Set(message.heldArtifacts);
    this.#held = heldArtifacts;
    this.#state = { name: "waiting", channel, giveRequestBack };
    try {
      const leave = this.#deps.host.checkIn(this, {
        population,
        codecs,
        maxParameters,
        exampleCount,
        heldOutCount,
        heldArtifacts,
        ...(deviceId === undefined ? {} : { deviceId }),
      });
      if (this.#stateName() !== "waiting") return;
      this.#state = { name: "waiting", channel, giveRequestBack, leave };
      this.#send({ type: "checkInAccepted" });
    } catch (error) {
      const { code, message: text, retryAfterMs } = this.#told(error);
      this.reject(code, text, retryAfterMs);
    }
  }

  /** The state's name, read anew: what the coordinator was told may have changed it. */
  #stateName(): State["name"] {
    return this.#state.name;
  }

  #offerModel({ channel }: Named<"idle">, request: ModelRequest): void {
    const fetching: Asking = { name: "fetching", channel };
    const refused = (error: unknown): void => this.#send({ type: "failure", ...this.#told(error) });
    const fetch = (): void => {
      this.#deps.host
        .newestModel(request.population)
        .then(({ model, roundNumber }) => {
          if (this.#state !== fetching) return;
          this.#state = { name: "idle", channel };
          this.#send({ type: "modelOffer", delivery: model.delivery, roundNumber });
          this.#sender.streamChunks(framesFor(model, new Set(request.heldArtifacts)));
        })
        .catch((error: unknown) => {
          if (this.#state !== fetching) return;
          this.#state = { name: "idle", channel };
          refused(error);
        });
    };
    this.#admit(fetching, request, fetch, refused);
  }

  #beginReport(state: State, header: Extract<ClientMessage, { type: "reportBegin" }>): void {
    if (state.name !== "inRound") {
      this.#expectLateMessage(header.roundId, "ReportBegin");
      this.#sendReportResult(header.roundId, roundClosed(this.#lastRetryMs));
      return;
    }
    if (state.stage !== "training") throw unexpected("ReportBegin");
    this.#state = { ...state, stage: "asking" };
    this.#announcedBytes = header.updateBytes;
    try {
      state.seat.beginReport(header);
    } catch (error) {
      this.answerReport(state.seat.roundId, asTributaryError(error));
    }
  }

  #expectLateMessage(roundId: RoundId, what: string): void {
    if (roundId !== this.#lastRound) throw unexpected(what);
    this.#requests.take();
  }

  #seated(roundId: RoundId): Named<"inRound"> | undefined {
    const state = this.#state;
    return state.name === "inRound" && state.seat.roundId === roundId ? state : undefined;
  }

  #sendReportResult(roundId: RoundId, refused?: TributaryError): void {
    this.#send({
      type: "reportResult",
      roundId,
      refused: refused === undefined ? undefined : this.#told(refused),
    });
  }

  #send(message: ServerMessage): void {
    const state = this.#state;
    if (state.name === "closed" || state.name === "handshake") return;
    this.#sender.send(sealRecordFrame(state.channel, encodeServerMessage(message)));
  }

  #told(thrown: unknown): ToldError {
    return toldError(thrown, this.#deps.logger, this.sessionId);
  }

  #fail(error: TributaryError): void {
    if (this.#state.name === "closed") return;
    const { code, message } = error;
    this.#deps.logger.info("session failed", { code, message, session: this.sessionId });
    this.#deps.onFailure(code);
    try {
      this.#send({ type: "failure", ...this.#told(error) });
    } catch {
      // The channel is dead after a bad record: the close code has to say it.
    }
    this.disconnected();
    this.#sender.close(ERROR_CODES[code].close ?? 1011, code);
  }
}

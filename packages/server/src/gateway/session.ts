import {
  ERROR_CODES,
  TributaryError,
  asTributaryError,
  type ClientMessage,
  type ErrorCode,
  type SessionId,
} from "@tributary/protocol";
import { deliver, type HeldByClient, type SealedModel } from "../coordinator/model/sealed-model.ts";
import type {
  MemberMessage,
  Participant,
  RoundConfiguration,
  RoundMessage,
  RoundSeat,
} from "../coordinator/population/participant.ts";
import { roundClosed, unexpected } from "../coordinator/round/session-errors.ts";
import { toldError, type ToldError } from "../coordinator/round/told-error.ts";
import type { Admission } from "../enrolment/enrolment.ts";
import { agreeOnVersion } from "./agree-on-version.ts";
import { ClientLine } from "./client-line.ts";
import type { FrameSender } from "./frame-sender.ts";
import { RequestBudget } from "./request-budget.ts";
import type { SessionDeps } from "./session-deps.ts";
import {
  NEW_SESSION,
  currentRound,
  receptionOf,
  stepSession,
  type SessionEvent,
  type SessionState,
} from "./session-state.ts";
import { lookUpAdmission } from "./look-up-admission.ts";
import { UploadWatch } from "./upload-watch.ts";
import type { Visitor } from "./visitors.ts";

type CheckIn = Extract<ClientMessage, { type: "checkIn" }>;
type ModelRequest = Extract<ClientMessage, { type: "modelRequest" }>;
type Resume = Extract<ClientMessage, { type: "resume" }>;

/** A session's place in its population's pool. */
interface PoolPlace {
  /** Takes the check-in back; absent while the coordinator is still deciding about it. */
  readonly leave?: () => void;
}

/**
 * One client's connection. Everything that the client sends is checked here against the phase that
 * the session is in. Whatever arrives, nothing is thrown to the caller. A session that breaks the
 * protocol is closed, and no other session is affected.
 */
export class Session implements Participant {
  readonly sessionId: SessionId;
  readonly #deps: SessionDeps;
  readonly #line: ClientLine;
  readonly #visitor: Visitor;
  readonly #requests: RequestBudget;
  readonly #cancelDeadline: () => void;
  #state: SessionState = NEW_SESSION;
  /** Set while the session waits in the pool. */
  #place: PoolPlace | undefined;
  /** Returns the last check-in to the share of the client's device. */
  #returnDeviceRequest = (): void => {};
  /** Set while the session is in a round. */
  #seat: RoundSeat | undefined;
  /** Watches the report that is being sent, also after the round's end has overtaken it. */
  #upload: UploadWatch | undefined;
  /** Length of the payload that the last `ReportBegin` announced, in bytes. */
  #announcedBytes = 0;
  /** When the client was told to come back after its last round. */
  #retryAfterMs = 0;
  /** What the last check-in said the client holds. */
  #held: HeldByClient = { artifacts: new Set() };

  constructor(sessionId: SessionId, sender: FrameSender, visitor: Visitor, deps: SessionDeps) {
    this.sessionId = sessionId;
    this.#line = new ClientLine(sender, deps);
    this.#visitor = visitor;
    this.#deps = deps;
    this.#requests = new RequestBudget(deps, visitor);
    this.#cancelDeadline = deps.clock.schedule(visitor.greetWithinMs, () => {
      this.close(
        new TributaryError("TIMED_OUT", "The handshake was not finished in time", {
          remedy: "Connect again.",
        }),
      );
    });
  }

  get site(): string {
    return this.#visitor.site;
  }

  get isOpen(): boolean {
    return this.#state.phase !== "closed";
  }

  /** Whether the client is in a round and trains, so that its event loop may be busy. */
  get isTraining(): boolean {
    return this.#seat?.isTraining === true;
  }

  /** Handles one WebSocket message. */
  receive(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    try {
      const message = this.#line.read(bytes);
      if (message === undefined) this.#step({ type: "channelOpened" });
      else this.#handle(message);
    } catch (error) {
      this.close(asTributaryError(error));
    }
  }

  /**
   * Call when the connection has closed; idempotent.
   * @param isForGood - Whether the client may not go on with its round over another connection.
   */
  disconnected(isForGood = false): void {
    if (!this.#step({ type: "closed" })) return;
    this.#cancelDeadline();
    this.#upload?.stop();
    this.#line.dispose();
    const [place, seat] = [this.#place, this.#seat];
    this.#place = undefined;
    this.#seat = undefined;
    place?.leave?.();
    seat?.leave(isForGood);
  }

  /** Ends the session with an error that the client is told. */
  close(error: TributaryError): void {
    if (!this.isOpen) return;
    const { code, message } = error;
    this.#deps.logger.info("session failed", { code, message, session: this.sessionId });
    this.#deps.events.publish({ type: "session-failed", code });
    try {
      this.#line.send({ type: "failure", ...this.#told(error) });
    } catch {
      // The channel is of no use after a bad record. The close code has to say what happened.
    }
    // A client that is only slow has done nothing wrong.
    this.disconnected(code !== "TIMED_OUT");
    this.#line.close(ERROR_CODES[code].close ?? 1011, code);
  }

  // What the coordinator tells the client.

  take(seat: RoundSeat): void {
    const place = this.#place;
    if (!this.#step({ type: "selected", roundId: seat.roundId })) return;
    // A check-in that completes a cohort is selected before it has been answered.
    if (place !== undefined && place.leave === undefined)
      this.#line.send({ type: "checkInAccepted" });
    this.#place = undefined;
    this.#upload = undefined;
    this.#seat = seat;
  }

  configure(configuration: RoundConfiguration, model: SealedModel): void {
    if (configuration.roundId !== currentRound(this.#state)) return;
    const { delivery, frames } = deliver(model, this.#held);
    this.#line.send({ type: "roundConfiguration", ...configuration, delivery });
    this.#line.streamChunks(frames);
  }

  tell(message: RoundMessage): void {
    if (message.roundId !== currentRound(this.#state)) return;
    switch (message.type) {
      case "resumed":
        if (message.bytesLeft > 0) this.#watchUpload(message.bytesLeft);
        break;
      case "reportGrant":
        this.#watchUpload(this.#announcedBytes);
        break;
      case "reportResult":
        this.#upload?.stop();
        if (message.refused !== undefined) this.#leaveRound(message.refused.retryAfterMs);
        break;
      case "roundOutcome":
        this.#leaveRound(message.nextCheckInMs);
    }
    this.#line.send(message);
  }

  reject(code: ErrorCode, message: string, retryAfterMs: number): void {
    this.#step({ type: "answered" });
    this.#place = undefined;
    this.#line.send({ type: "rejection", code, message, retryAfterMs });
  }

  returnRequest(): void {
    this.#requests.giveBack();
    this.#returnDeviceRequest();
  }

  supersede(): void {
    this.close(new TributaryError("TIMED_OUT", "The client goes on over another connection"));
  }

  takeTraffic(): { readonly up: number; readonly down: number } {
    return this.#line.takeTraffic();
  }

  // What the client sends.

  #handle(message: ClientMessage): void {
    const reception = receptionOf(this.#state, message);
    if (reception === undefined) throw unexpected(`the message ${message.type}`);
    switch (message.type) {
      case "hello":
        this.#greet(message);
        return;
      case "checkIn":
        this.#checkIn(message);
        return;
      case "modelRequest":
        this.#offerModel(message);
        return;
      case "resume":
        this.#resume(message);
        return;
      case "probe":
        this.#requests.takeProbe();
        this.#line.send({ type: "probeAnswer", sentBytes: message.sentBytes });
        return;
      case "reportChunk":
        this.#requests.uploaded(message.data.length);
        try {
          if (this.#upload?.take(message.data.length) !== true) throw unexpected("a report chunk");
          if (reception === "toRound") this.#seat?.receive(message);
        } finally {
          message.data.fill(0); // a view of the decrypted record, which nobody needs any more
        }
        return;
      default:
        if (reception === "toRound") this.#toRound(message);
        else this.#answerLate(message);
    }
  }

  #greet(hello: Extract<ClientMessage, { type: "hello" }>): void {
    const version = agreeOnVersion(hello);
    this.#cancelDeadline();
    this.#visitor.greeted();
    this.#step({ type: "greeted" });
    const { sessionId } = this;
    const time = this.#deps.clock.now();
    this.#line.send({ type: "welcome", version, sessionId, answersProbes: true, time });
  }

  #checkIn(message: CheckIn): void {
    this.#admit(
      { type: "askedToTakePart" },
      message,
      (admission) => this.#enterPool(message, admission),
      (error) => {
        const told = this.#told(error);
        this.#deps.events.publish({ type: "check-in-rejected", code: told.code });
        this.reject(told.code, told.message, told.retryAfterMs);
      },
    );
  }

  #enterPool(message: CheckIn, { deviceId, giveRequestBack }: Admission): void {
    const { population, codecs, maxParameters, exampleCount, heldOutCount } = message;
    const heldArtifacts = new Set(message.heldArtifacts);
    this.#held = { artifacts: heldArtifacts, partial: message.partial };
    this.#returnDeviceRequest = giveRequestBack;
    this.#step({ type: "admitted" });
    const place: PoolPlace = {};
    this.#place = place;
    try {
      const waitingPlace = this.#deps.host.checkIn(this, {
        population,
        codecs,
        maxParameters,
        exampleCount,
        heldOutCount,
        heldArtifacts,
        planFeatures: message.planFeatures ?? [],
        declinedPlans: message.declinedPlans ?? [],
        ...(message.resumes === true ? { resumes: true } : {}),
        ...(deviceId === undefined ? {} : { deviceId }),
      });
      if (this.#place !== place) return; // selected or rejected before this line
      this.#place = { leave: () => waitingPlace.leave() };
      this.#line.send({ type: "checkInAccepted", waiting: waitingPlace.waiting });
    } catch (error) {
      const { code, message: text, retryAfterMs } = this.#told(error);
      this.reject(code, text, retryAfterMs);
    }
  }

  /** Gives a member its seat again, which the coordinator does with `take`. */
  #resume({ roundId, sessionId, resumeSecret, payloadSha256, ...message }: Resume): void {
    const refused = (error: unknown): void => this.#failRequest(error);
    this.#held = { artifacts: new Set(message.heldArtifacts), partial: message.partial };
    this.#admit(
      { type: "askedToResume" },
      message,
      ({ deviceId }) => {
        try {
          const claim = { roundId, sessionId, resumeSecret, payloadSha256, deviceId };
          this.#deps.host.resume(this, claim);
        } catch (error) {
          refused(error);
        }
      },
      refused,
    );
  }

  #watchUpload(byteLength: number): void {
    this.#upload?.stop();
    this.#upload = new UploadWatch(byteLength, this.#deps, () => {
      this.close(
        new TributaryError("TIMED_OUT", "The report came too slowly", {
          remedy: "Connect again where the network is better.",
        }),
      );
    });
  }

  #offerModel(request: ModelRequest): void {
    const refused = (error: unknown): void => this.#failRequest(error);
    this.#admit(
      { type: "askedForModel" },
      request,
      ({ isEnrolled }, isCurrent) => {
        this.#deps.host
          .newestModel(request.population, isEnrolled, request.planFeatures)
          .then(({ model, roundNumber }) => {
            if (!isCurrent()) return;
            this.#step({ type: "answered" });
            const artifacts = new Set(request.heldArtifacts);
            const { delivery, frames } = deliver(model, { artifacts, partial: request.partial });
            this.#line.send({ type: "modelOffer", delivery, roundNumber });
            this.#line.streamChunks(frames);
          })
          .catch((error: unknown) => {
            if (isCurrent()) refused(error);
          });
      },
      refused,
    );
  }

  /** Tells the client that what it has asked for failed. The session is idle again. */
  #failRequest(error: unknown): void {
    this.#step({ type: "answered" });
    this.#line.send({ type: "failure", ...this.#told(error) });
  }

  /**
   * Charges a request, and looks up whether the client may take part. The session may change in the
   * meantime, so that the answer counts only for the request that asked.
   * @param asking - What the request does to the session.
   */
  #admit(
    asking: SessionEvent,
    { population, token, device }: Pick<CheckIn, "population" | "token" | "device">,
    admitted: (admission: Admission, isCurrent: () => boolean) => void,
    refused: (error: TributaryError) => void,
  ): void {
    this.#requests.take();
    this.#step(asking);
    const asked = this.#state;
    const isCurrent = (): boolean => this.#state === asked;
    lookUpAdmission(
      this.#deps.doorkeeper,
      {
        population,
        handshakeHash: this.#line.handshakeHash,
        ...(token === undefined ? {} : { token }),
        ...(device === undefined ? {} : { device }),
      },
      (admission) => {
        if (isCurrent()) admitted(admission, isCurrent);
      },
      (error) => {
        if (!isCurrent()) return;
        if (ERROR_CODES[error.code].close !== null && error.code !== "INTERNAL") this.close(error);
        else refused(error);
      },
    );
  }

  #toRound(message: Exclude<MemberMessage, { type: "reportChunk" }>): void {
    const seat = this.#seat;
    if (message.type === "reportBegin") this.#announcedBytes = message.updateBytes;
    if (message.type === "withdraw") {
      const { code, roundId } = message;
      this.#deps.logger.debug("client withdrew", { code, round: roundId });
      this.#leaveRound(0);
    }
    seat?.receive(message);
  }

  /** A message about a round that ended while the message was on its way. */
  #answerLate(message: Exclude<MemberMessage, { type: "reportChunk" }>): void {
    this.#requests.take();
    if (message.type !== "reportBegin") return;
    const refused = this.#told(roundClosed(this.#retryAfterMs));
    this.#line.send({ type: "reportResult", roundId: message.roundId, refused });
  }

  #leaveRound(retryAfterMs: number): void {
    this.#retryAfterMs = retryAfterMs;
    this.#upload?.stop();
    this.#seat = undefined;
    this.#line.stopChunks();
    this.#step({ type: "leftRound" });
  }

  /**
   * Applies an event to the session's state.
   * @returns Whether the event could happen. If not, nothing has changed.
   */
  #step(event: SessionEvent): boolean {
    const next = stepSession(this.#state, event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #told(thrown: unknown): ToldError {
    return toldError(thrown, this.#deps, this.sessionId);
  }
}

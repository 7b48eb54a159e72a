import {
  type ClientMessage,
  type Clock,
  ERROR_CODES,
  type ErrorCode,
  type HeldArtifacts,
  PROTOCOL_CONSTANTS,
  PROTOCOL_VERSIONS,
  type RoundId,
  type ServerMessage,
  TributaryError,
  clauseOf,
  planFeatureNames,
} from "@tributary/protocol";
import { heldArtifacts, type HeldModels } from "../trust/model-cache.ts";
import type { ModelDelivery } from "../trust/model-delivery.ts";
import { LinkedAbort, aborted } from "../runtime/abort.ts";
import { sleep } from "../runtime/sleep.ts";
import { Inbox } from "./inbox.ts";
import { Probes } from "./probes.ts";
import { SecureLink, type LinkDeps, type LinkOptions } from "./secure-link.ts";
import {
  GREETING,
  afterReceiving,
  afterSending,
  currentRound,
  type Received,
} from "./session-state.ts";

type DeliveryMessage = Extract<ServerMessage, { type: "roundConfiguration" | "modelOffer" }>;
type Welcome = Extract<ServerMessage, { type: "welcome" }>;
/** The fields of a request that the session itself sets. */
type SetBySession = "type" | keyof ReturnType<typeof requestFields>;
type ProbeAnswer = Extract<ServerMessage, { type: "probeAnswer" }>;
type PlainMessage = Exclude<ServerMessage, DeliveryMessage | ProbeAnswer>;

/** What a session hands on. With a delivery comes what collects it. */
export type Incoming =
  | PlainMessage
  | (Extract<DeliveryMessage, { type: "roundConfiguration" }> & { readonly arrival: ModelDelivery })
  | (Extract<DeliveryMessage, { type: "modelOffer" }> & { readonly arrival: ModelDelivery });

export interface SessionOptions extends LinkOptions {
  /** For the operator's logs: name and version. */
  readonly software: string;
  /** Oldest protocol version that the client accepts. */
  readonly oldestVersion: number;
}

export interface SessionDeps extends LinkDeps {
  readonly clock: Clock;
  /** Makes what collects and verifies the sealed chunks that follow `message`. */
  openDelivery(message: DeliveryMessage, held: HeldModels): ModelDelivery;
}

/**
 * Errors about what the server sent. Others may quote the app's own errors, a path or a label: of those the server
 * learns the code alone.
 */
const TELLABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PLAN_SIGNATURE_INVALID",
  "PLAN_INVALID",
  "PLAN_REFUSED",
  "ARTIFACT_HASH_MISMATCH",
  "ARTIFACT_CHUNK_INVALID",
  "CHECKPOINT_CORRUPT",
]);

const NOTHING_HELD: HeldModels = { plans: new Map(), checkpoints: new Map() };

/**
 * One authenticated connection. It keeps the protocol's state, so that whatever comes out of `next` is allowed
 * where the session stands; anything else ends the session with `UNEXPECTED_MESSAGE`.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #deps: SessionDeps;
  readonly #inbox: Inbox<Incoming>;
  readonly #link: SecureLink;
  #state = GREETING;
  #held: HeldModels = NOTHING_HELD;
  #arrival: ModelDelivery | undefined;
  #ended: TributaryError | undefined;
  #welcome: Welcome | undefined;
  #probes: Probes | undefined;

  private constructor(deps: SessionDeps, options: SessionOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#inbox = new Inbox(PROTOCOL_CONSTANTS.maxQueuedFrames);
    this.#link = new SecureLink(deps, options, {
      opened: () => this.#greet(),
      message: (message) => this.#receive(message),
      chunk: (chunk) => {
        if (this.#step({ type: "sealedChunk" })) this.#arrival?.accept(chunk);
      },
      heard: () => this.#probes?.heard(),
      closed: (error) => this.#end(error),
    });
  }

  /**
   * Connects, proves the server's key and agrees on a version, within `limits.handshakeTimeoutMs`.
   * @throws TributaryError `SERVER_KEY_MISMATCH`, `VERSION_UNSUPPORTED`, `TIMED_OUT`, `CONNECTION_FAILED`,
   *   `CONNECTION_LOST`, what the server answered, or `ABORTED`. Nothing is left open then.
   */
  static async open(
    deps: SessionDeps,
    options: SessionOptions,
    signal: AbortSignal,
  ): Promise<Session> {
    if (signal.aborted) throw aborted();
    const session = new Session(deps, options);
    const timer = new LinkedAbort(signal);
    const { handshakeTimeoutMs } = options.limits;
    sleep(deps.clock, handshakeTimeoutMs, timer.signal).then(
      () =>
        session.fail(
          new TributaryError(
            "TIMED_OUT",
            `The server did not finish the handshake in ${handshakeTimeoutMs} ms`,
            { remedy: "Check that the address is a Tributary server's." },
          ),
        ),
      () => {
        if (signal.aborted) session.close();
      },
    );
    try {
      await session.next(signal);
      return session;
    } catch (error) {
      session.close();
      throw error;
    } finally {
      timer.abort();
    }
  }

  /** What the server answered to `Hello`: the session's id and the version that both speak. */
  get welcome(): Welcome {
    if (this.#welcome === undefined)
      throw new TributaryError("INTERNAL", "There was no welcome yet");
    return this.#welcome;
  }

  /** The round this session is in, if any. */
  get roundId(): RoundId | undefined {
    return this.#ended === undefined ? currentRound(this.#state) : undefined;
  }

  /** Whether the server waits for this session's report right now. */
  get reporting(): boolean {
    return this.#ended === undefined && this.#state.phase === "uploading";
  }

  /** Why the session is over; `undefined` while it is not. */
  get ended(): TributaryError | undefined {
    return this.#ended;
  }

  /** Of the session's channel; undefined once the session is over. */
  get handshakeHash(): Uint8Array | undefined {
    return this.#link.handshakeHash;
  }

  /** Bytes of the WebSocket messages so far. */
  get traffic(): { readonly up: number; readonly down: number } {
    return this.#link.traffic;
  }

  /**
   * The next message.
   * @throws TributaryError `ABORTED` when `signal` is aborted first; what ended the session, after its last message.
   */
  next(signal?: AbortSignal): Promise<Incoming> {
    return this.#inbox.next(signal);
  }

  /** Offers to take part. `held` need not be sent, and is remembered until the answer has come. */
  checkIn(
    offer: Omit<Extract<ClientMessage, { type: "checkIn" }>, SetBySession>,
    held: HeldModels,
  ): void {
    this.#held = held;
    this.send({ type: "checkIn", ...offer, ...requestFields(held) });
  }

  /** Asks for the seat of a member that lost its connection. `held` as in `checkIn`. */
  resume(
    claim: Omit<Extract<ClientMessage, { type: "resume" }>, "type" | keyof HeldArtifacts>,
    held: HeldModels,
  ): void {
    this.#held = held;
    this.send({ type: "resume", ...claim, ...heldArtifacts(held) });
  }

  /** Asks for the newest checkpoint. `held` as in `checkIn`. */
  requestModel(
    request: Omit<Extract<ClientMessage, { type: "modelRequest" }>, SetBySession>,
    held: HeldModels,
  ): void {
    this.#held = held;
    this.send({ type: "modelRequest", ...request, ...requestFields(held) });
  }

  /**
   * Sends a message; does nothing once the session is over.
   * @throws TributaryError `INTERNAL` when the protocol does not allow it now: a fault of the caller.
   */
  send(message: ClientMessage): void {
    if (this.#ended !== undefined) return;
    const state = afterSending(this.#state, message);
    if (state === undefined) {
      throw new TributaryError("INTERNAL", `${message.type} was sent while ${this.#state.phase}`);
    }
    this.#state = state;
    // Whatever was arriving has been taken or given up.
    this.#interruptArrival(aborted());
    this.#link.send(message);
  }

  /** Bytes that the network has not taken yet. */
  get unsentBytes(): number {
    return this.#link.unsentBytes;
  }

  /** What asks the server for signs of life; undefined when it is of a version that gives none. */
  get probes(): Probes | undefined {
    return this.#probes;
  }

  /** Resolves when more can be sent without piling up, or the session is over. */
  drained(): Promise<void> {
    return this.#link.drained();
  }

  /**
   * Withdraws from the round, if the session is in one and has not begun to send its report.
   * @returns Whether it did.
   */
  withdraw(error: TributaryError): boolean {
    const { roundId } = this;
    if (roundId === undefined) return false;
    const { code } = error;
    const message = TELLABLE.has(code) ? error.message : "";
    const withdrawal = { type: "withdraw", roundId, code, message } as const;
    if (afterSending(this.#state, withdrawal) === undefined) return false;
    this.send(withdrawal);
    return true;
  }

  /** Ends the session because of `error`. */
  fail(error: TributaryError): void {
    this.#link.fail(error);
  }

  /** Withdraws where that is possible and ends the session. Idempotent. */
  close(): void {
    this.withdraw(aborted());
    this.fail(aborted());
  }

  #greet(): void {
    const { oldestVersion, software } = this.#options;
    const newestVersion = PROTOCOL_VERSIONS.newest;
    this.send({ type: "hello", oldestVersion, newestVersion, software });
  }

  /** Takes the state's step for something that came; false when it is to be ignored. */
  #step(received: Received): boolean {
    const { sealedChunkBytes } = PROTOCOL_CONSTANTS;
    const reception = afterReceiving(this.#state, received, sealedChunkBytes);
    if (reception === undefined) {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        `The server sent ${received.type} while this client was ${this.#state.phase}`,
        { remedy: "Check that server and client are of versions that go together." },
      );
    }
    this.#state = reception.state;
    return reception.deliver;
  }

  #receive(message: ServerMessage): void {
    const isDue = this.#step(message);
    if (message.type === "probeAnswer") {
      this.#probes?.answered(message.sentBytes);
      return;
    }
    if (!isDue) return;
    if (message.type === "roundOutcome") this.#interruptArrival(aborted());
    if (message.type === "failure" && this.#endsSession(message)) {
      const { code, message: text, retryAfterMs } = message;
      throw new TributaryError(code, `The server ended the session: ${text}`, { retryAfterMs });
    }
    if (message.type === "welcome") this.#agree(message);
    if (!this.#inbox.push(this.#withArrival(message))) {
      throw new TributaryError(
        "UNEXPECTED_MESSAGE",
        "The server sends faster than the protocol's turns",
      );
    }
  }

  /** Before the greeting is over every failure is the end: there is nothing to go on with. */
  #endsSession(failure: Extract<ServerMessage, { type: "failure" }>): boolean {
    return this.#welcome === undefined || ERROR_CODES[failure.code].close !== null;
  }

  #agree(welcome: Welcome): void {
    const { oldestVersion } = this.#options;
    const { newest } = PROTOCOL_VERSIONS;
    if (welcome.version < oldestVersion || welcome.version > newest) {
      throw new TributaryError(
        "VERSION_UNSUPPORTED",
        `The server speaks protocol version ${welcome.version} and this client ${oldestVersion} to ${newest}`,
        { remedy: "Update the older of the two." },
      );
    }
    this.#welcome = welcome;
    if (welcome.answersProbes === true) this.#probes = this.#openProbes();
  }

  #openProbes(): Probes {
    const { heartbeatIntervalMs } = this.#options.limits;
    return new Probes({
      clock: this.#deps.clock,
      intervalMs: this.#link.noticesSilence ? undefined : heartbeatIntervalMs,
      unsentBytes: () => this.unsentBytes,
      send: (sentBytes) => this.#link.send({ type: "probe", sentBytes }),
      onSilence: (error) => this.fail(error),
    });
  }

  #withArrival(message: Exclude<ServerMessage, ProbeAnswer>): Incoming {
    if (message.type !== "roundConfiguration" && message.type !== "modelOffer") return message;
    const arrival = this.#deps.openDelivery(message, this.#held);
    this.#arrival = arrival;
    this.#held = NOTHING_HELD;
    return { ...message, arrival };
  }

  #interruptArrival(error: TributaryError): void {
    this.#arrival?.interrupt(error);
    this.#arrival = undefined;
  }

  #end(error: TributaryError): void {
    this.#ended = withProgress(error, this.#arrival);
    this.#probes?.stop();
    this.#interruptArrival(this.#ended);
    this.#inbox.end(this.#ended);
  }
}

/** Adds to the error that ended a session how far the delivery had come that it interrupted. */
function withProgress(error: TributaryError, arrival: ModelDelivery | undefined): TributaryError {
  if (arrival === undefined || arrival.isOver) return error;
  const { code, remedy, retryAfterMs, context, cause } = error;
  const { dueBytes } = arrival;
  const receivedBytes = arrival.keptBytes + arrival.receivedBytes;
  const message = `${clauseOf(error)}, after ${receivedBytes} of ${dueBytes} bytes of the model`;
  return new TributaryError(code, message, {
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    context: { ...context, receivedBytes, dueBytes },
    cause,
  });
}

/** What the client holds and can read: the fields that `CheckIn` and `ModelRequest` have in common. */
function requestFields(held: HeldModels): HeldArtifacts & { planFeatures: readonly string[] } {
  return { ...heldArtifacts(held), planFeatures: planFeatureNames };
}

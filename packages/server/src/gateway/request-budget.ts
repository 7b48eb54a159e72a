import { PROTOCOL_CONSTANTS, TributaryError } from "@tributary/protocol";
import { TokenBucket } from "../runtime/token-bucket.ts";
import type { EventPublisher } from "../telemetry/event-feed.ts";
import type { SessionDeps } from "./session-deps.ts";
import type { Visitor } from "./visitors.ts";

/** Milliseconds after which a client that has sent too many requests may send some again. */
const RATE_RETRY_MS = 5_000;

/**
 * Bounds the requests of one session, and its probes. A request is charged to the session and to its address here,
 * and to the client's device by the doorkeeper.
 */
export class RequestBudget {
  readonly #own: TokenBucket;
  readonly #makeBucket: () => TokenBucket;
  readonly #visitor: Pick<Visitor, "takeRequest" | "giveRequestBack">;
  readonly #events: EventPublisher;
  /** Made with the first probe, since most clients send none. */
  #probes: TokenBucket | undefined;
  /** Bytes of reports since the last probe. */
  #uploadedBytes = 0;

  constructor(
    { clock, limits, events }: Pick<SessionDeps, "clock" | "limits" | "events">,
    visitor: Pick<Visitor, "takeRequest" | "giveRequestBack">,
  ) {
    const { requestBurst, requestsPerSecond } = limits;
    this.#makeBucket = () => new TokenBucket(clock, requestBurst, requestsPerSecond);
    this.#own = this.#makeBucket();
    this.#visitor = visitor;
    this.#events = events;
  }

  /**
   * Charges a request, before the server does any work for it that costs more than reading the
   * message.
   * @throws TributaryError `RATE_LIMITED`.
   */
  take(): void {
    const isOwnGood = this.#own.take();
    if (isOwnGood && this.#visitor.takeRequest()) return;
    this.#refuse(isOwnGood ? "address" : "session", "Too many requests came too fast");
  }

  /** Takes note of bytes of a report that have come. */
  uploaded(byteLength: number): void {
    this.#uploadedBytes += byteLength;
  }

  /**
   * Charges a probe. One that comes after `reportChunkBytes` of a report costs nothing: the bytes cost
   * the client more.
   * @throws TributaryError `RATE_LIMITED`.
   */
  takeProbe(): void {
    const isPaid = this.#uploadedBytes >= PROTOCOL_CONSTANTS.reportChunkBytes;
    this.#uploadedBytes = 0;
    this.#probes ??= this.#makeBucket();
    if (!isPaid && !this.#probes.take()) this.#refuse("session", "Too many probes came too fast");
  }

  /** Gives a request back: it has led to a report that counts, or its round has failed it. */
  giveBack(): void {
    this.#own.giveBack();
    this.#visitor.giveRequestBack();
  }

  #refuse(share: "address" | "session", message: string): never {
    this.#events.publish({ type: "request-limited", share });
    throw new TributaryError("RATE_LIMITED", message, {
      remedy: "Wait as long as each answer says before the next one.",
      retryAfterMs: RATE_RETRY_MS,
    });
  }
}

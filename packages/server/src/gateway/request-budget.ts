import { TributaryError } from "@tributary/protocol";
import { TokenBucket } from "../runtime/token-bucket.ts";
import type { EventPublisher } from "../telemetry/event-feed.ts";
import type { SessionDeps } from "./session-deps.ts";
import type { Visitor } from "./visitors.ts";

/** Milliseconds after which a client that has sent too many requests may send some again. */
const RATE_RETRY_MS = 5_000;

/**
 * Bounds the requests of one session. A request is charged to the session and to its address here,
 * and to the client's device by the doorkeeper.
 */
export class RequestBudget {
  readonly #own: TokenBucket;
  readonly #visitor: Visitor;
  readonly #events: EventPublisher;

  constructor(
    { clock, limits, events }: Pick<SessionDeps, "clock" | "limits" | "events">,
    visitor: Visitor,
  ) {
    this.#own = new TokenBucket(clock, limits.requestBurst, limits.requestsPerSecond);
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
    this.#events.publish({ type: "request-limited", share: isOwnGood ? "address" : "session" });
    throw new TributaryError("RATE_LIMITED", "Too many requests came too fast", {
      remedy: "Wait as long as each answer says before the next one.",
      retryAfterMs: RATE_RETRY_MS,
    });
  }

  /** Gives a request back: it has led to a report that counts, or its round has failed it. */
  giveBack(): void {
    this.#own.giveBack();
    this.#visitor.giveRequestBack();
  }
}

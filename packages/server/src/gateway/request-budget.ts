import { TributaryError } from "@tributary/protocol";
import type { SessionDeps } from "./session-deps.ts";
import { FAULT_RETRY_MS } from "./told-error.ts";
import { TokenBucket } from "../runtime/token-bucket.ts";
import type { Visitor } from "./visitors.ts";

/** What one session may still ask: from its own share and its address's. Its device's is the doorkeeper's to charge. */
export class RequestBudget {
  readonly #own: TokenBucket;
  readonly #visitor: Visitor;
  readonly #onRateLimited: SessionDeps["onRateLimited"];

  constructor(
    { clock, limits, onRateLimited }: Pick<SessionDeps, "clock" | "limits" | "onRateLimited">,
    visitor: Visitor,
  ) {
    this.#own = new TokenBucket(clock, limits.requestBurst, limits.requestsPerSecond);
    this.#visitor = visitor;
    this.#onRateLimited = onRateLimited;
  }

  /**
   * Asked before the server does any work for a client that costs more than reading its message.
   * @throws TributaryError `RATE_LIMITED`.
   */
  take(): void {
    const isOwnGood = this.#own.take();
    if (isOwnGood && this.#visitor.takeRequest()) return;
    this.#onRateLimited?.(isOwnGood ? "address" : "session");
    throw new TributaryError("RATE_LIMITED", "Too many requests came too fast", {
      remedy: "Wait as long as each answer says before the next one.",
      retryAfterMs: FAULT_RETRY_MS,
    });
  }

  /** The last request was no waste of anyone's time. */
  giveBack(): void {
    this.#own.giveBack();
    this.#visitor.giveRequestBack();
  }
}

import { TributaryError } from "@tributary/protocol";
import type { CachedModel, HeldModels } from "../trust/model-cache.ts";
import { LinkedAbort } from "./abort.ts";
import { Session, type SessionDeps, type SessionOptions } from "./session.ts";

/**
 * Asks the server for the newest committed checkpoint of a population, over a connection of its own: the one that
 * takes part may be waiting for a round, where the protocol has no room for other requests.
 * @param held - What need not be sent.
 * @throws TributaryError those of `Session.open` and `ModelDelivery`; what the server answered, such as
 *   `MODEL_UNAVAILABLE`; `TIMED_OUT` when it falls silent; `ABORTED`.
 */
export async function requestModel(
  deps: SessionDeps,
  options: SessionOptions,
  request: { readonly population: string; readonly held: HeldModels },
  signal: AbortSignal,
): Promise<CachedModel> {
  const session = await Session.open(deps, options, signal);
  const watching = new LinkedAbort(signal);
  try {
    void failWhenSilent(session, deps, options, watching.signal);
    session.requestModel(request.population, request.held);
    const answer = await session.next(signal);
    if (answer.type === "failure") {
      throw new TributaryError(answer.code, `The server has no model to give: ${answer.message}`, {
        retryAfterMs: answer.retryAfterMs,
      });
    }
    if (answer.type !== "modelOffer") {
      throw new TributaryError("INTERNAL", `${answer.type} came out of a fetching session`);
    }
    const model = await answer.arrival.model;
    return { ...model, roundNumber: answer.roundNumber };
  } finally {
    watching.abort();
    session.close();
  }
}

/** Ends the session when nothing has come for as long as it takes to probe a connection and give it up. */
async function failWhenSilent(
  session: Session,
  { clock }: SessionDeps,
  { limits }: SessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const silenceMs = 2 * limits.heartbeatIntervalMs;
  try {
    for (let seen = -1; seen !== session.traffic.down;) {
      seen = session.traffic.down;
      await clock.sleep(silenceMs, signal);
    }
  } catch {
    // The request is over, one way or the other.
    return;
  }
  session.fail(new TributaryError("TIMED_OUT", `The server was silent for ${silenceMs} ms`));
}

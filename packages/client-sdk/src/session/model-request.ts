import { TributaryError, type ServerMessage } from "@tributary/protocol";
import type { Credentials } from "../enrolment/credentials.ts";
import type { CachedModel, HeldModels } from "../trust/model-cache.ts";
import { LinkedAbort } from "../runtime/abort.ts";
import { Session, type SessionDeps, type SessionOptions } from "./session.ts";

export interface ModelQuestion {
  readonly population: string;
  /** What the client shows of its right to have the model. */
  readonly credentials: Credentials;
  /** What need not be sent. */
  readonly held: HeldModels;
}

/**
 * Asks the server for the newest committed checkpoint of a population, over a connection of its own: the one that
 * takes part may be waiting for a round, where the protocol has no room for other requests.
 * @throws TributaryError those of `Session.open` and `ModelDelivery`; what the server answered, such as
 *   `MODEL_UNAVAILABLE` or `ENROLMENT_REQUIRED`; `TIMED_OUT` when it falls silent; `ABORTED`.
 */
export async function requestModel(
  deps: SessionDeps,
  options: SessionOptions,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<CachedModel> {
  const session = await Session.open(deps, options, signal);
  try {
    let answer = await ask(session, deps, options, question, false, signal);
    if (isExpired(answer) && question.credentials.renewable) {
      answer = await ask(session, deps, options, question, true, signal);
    }
    if ("type" in answer) {
      throw new TributaryError(answer.code, `The server gives no model: ${answer.message}`, {
        retryAfterMs: answer.retryAfterMs,
      });
    }
    return answer;
  } finally {
    session.close();
  }
}

type Failure = Extract<ServerMessage, { type: "failure" }>;

const isExpired = (answer: Failure | CachedModel): boolean =>
  "type" in answer && answer.code === "TOKEN_EXPIRED";

async function ask(
  session: Session,
  deps: SessionDeps,
  options: SessionOptions,
  { population, credentials, held }: ModelQuestion,
  expired: boolean,
  signal: AbortSignal,
): Promise<Failure | CachedModel> {
  // The app may take its time here: the server is not waited for yet.
  const shown = await credentials.show(session.handshakeHash, expired, signal);
  const watching = new LinkedAbort(signal);
  try {
    void failWhenSilent(session, deps, options, watching.signal);
    session.requestModel({ population, ...shown }, held);
    const answer = await session.next(signal);
    if (answer.type === "failure") return answer;
    if (answer.type !== "modelOffer") {
      throw new TributaryError("INTERNAL", `${answer.type} came out of a fetching session`);
    }
    const model = await answer.arrival.model;
    return { ...model, roundNumber: answer.roundNumber };
  } finally {
    watching.abort();
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

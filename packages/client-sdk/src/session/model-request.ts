import { TributaryError, type ServerMessage } from "@tributary/protocol";
import type { Credentials } from "../enrolment/credentials.ts";
import type { CachedModel, ModelCache } from "../trust/model-cache.ts";
import type { RunningDeliveries } from "../trust/running-deliveries.ts";
import { LinkedAbort } from "../runtime/abort.ts";
import { sleep } from "../runtime/sleep.ts";
import { Session, type SessionDeps, type SessionOptions } from "./session.ts";

/** What is asked, and with which rights. */
export interface ModelQuestion {
  readonly population: string;
  /** What the client shows to be admitted. */
  readonly credentials: Credentials;
  /** What the client holds already, so that the server need not send it. */
  readonly cache: Pick<ModelCache, "held">;
  /** What the client receives at present, over all its connections. */
  readonly deliveries: RunningDeliveries;
}

/**
 * Asks the server for the newest committed checkpoint of a population. It uses a connection of its
 * own, because the connection that takes part may be waiting for a round, and the protocol has no
 * room for other requests then.
 * @throws TributaryError those of `Session.open` and `ModelDelivery`; what the server answered,
 *   such as `MODEL_UNAVAILABLE` or `ENROLMENT_REQUIRED`; `TIMED_OUT` when the server falls silent;
 *   `ABORTED`.
 */
export async function requestModel(
  deps: SessionDeps,
  options: SessionOptions,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<CachedModel> {
  for (;;) {
    await question.deliveries.idle(signal);
    const model = await requestOnce(deps, options, question, signal);
    if (model !== undefined) return model;
  }
}

/** @returns `undefined` when a round has begun to bring the same model: nothing is fetched twice. */
async function requestOnce(
  deps: SessionDeps,
  options: SessionOptions,
  question: ModelQuestion,
  signal: AbortSignal,
): Promise<CachedModel | undefined> {
  const session = await Session.open(deps, options, signal);
  try {
    let answer = await ask(session, deps, options, question, false, signal);
    if (answer !== undefined && isExpired(answer) && question.credentials.renewable) {
      answer = await ask(session, deps, options, question, true, signal);
    }
    if (answer !== undefined && "type" in answer) {
      throw new TributaryError(answer.code, `The server does not send a model: ${answer.message}`, {
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

/**
 * Sends one request and waits for the model or the server's failure.
 * @param expired - True when the server has refused the last token as expired.
 */
async function ask(
  session: Session,
  deps: SessionDeps,
  options: SessionOptions,
  { population, credentials, cache, deliveries }: ModelQuestion,
  expired: boolean,
  signal: AbortSignal,
): Promise<Failure | CachedModel | undefined> {
  // The app may take long here. The server is not being waited for yet, so the time limit does not
  // run.
  const shown = await credentials.show(session.handshakeHash, expired, signal);
  const watching = new LinkedAbort(signal);
  try {
    void failWhenSilent(session, deps, options, watching.signal);
    session.requestModel({ population, ...shown }, cache.held());
    const answer = await session.next(signal);
    if (answer.type === "failure") return answer;
    if (answer.type !== "modelOffer") {
      throw new TributaryError(
        "INTERNAL",
        `A session that fetches a model delivered ${answer.type}`,
      );
    }
    const { arrival, roundNumber } = answer;
    const model = await Promise.race([arrival.model, deliveries.another(arrival, watching.signal)]);
    return model && { ...model, roundNumber };
  } finally {
    watching.abort();
  }
}

/**
 * Ends the session when no byte has come for twice the heartbeat interval: the time that it takes
 * to probe a connection and to give it up. A browser cannot send probes itself.
 */
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
      await sleep(clock, silenceMs, signal);
    }
  } catch {
    // The request has ended, so its silence no longer matters.
    return;
  }
  session.fail(new TributaryError("TIMED_OUT", `The server was silent for ${silenceMs} ms`));
}

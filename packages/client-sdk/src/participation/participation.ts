import { asTributaryError, type ErrorCode, type TributaryError } from "@tributary/protocol";
import { LinkedAbort } from "../runtime/abort.ts";
import type { Backoff } from "../session/backoff.ts";
import { Session, type SessionDeps, type SessionOptions } from "../session/session.ts";
import { takePart, type RoundDeps } from "./round.ts";

export interface ParticipationDeps extends SessionDeps, Omit<RoundDeps, "checkedIn"> {
  /** Waits between connections. */
  readonly reconnect: Backoff;
}

/** What connecting again cannot put right. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "SERVER_KEY_MISMATCH",
  "HANDSHAKE_FAILED",
  "VERSION_UNSUPPORTED",
  "BAD_PARAMETER",
  "PLAN_SIGNATURE_INVALID",
  "DEVICE_REVOKED",
  "DEVICE_PROOF_INVALID",
]);

/**
 * Takes part until `signal` is aborted: connects, checks in, goes through rounds, and connects again when the
 * connection is lost. One connection is kept across rounds.
 * @throws TributaryError what cannot be retried: the codes of `FATAL`, `EXAMPLES_INVALID` when the app has no
 *   examples to check in with, or a fault of this library.
 */
export async function participate(
  deps: ParticipationDeps,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const { events, clock, reconnect } = deps;
  /** Connections tried since the last check-in. */
  let attempt = 0;
  /** No check-in before this moment of the clock, also not over a new connection. */
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  const rounds = async (session: Session): Promise<never> => {
    for (;;) {
      await rest(session, deps, notBeforeMs - clock.now(), signal);
      await events.room(signal);
      const checkedIn = (): void => {
        attempt = 0;
        reconnect.reset();
      };
      const waitMs = await takePart(session, { ...deps, checkedIn }, signal);
      notBeforeMs = clock.now() + waitMs;
    }
  };
  while (!signal.aborted) {
    let session: Session | undefined;
    let failure: TributaryError;
    try {
      await events.room(signal);
      attempt += 1;
      events.push({ type: "connecting", attempt });
      session = await Session.open(deps, options, signal);
      const { sessionId, version: protocolVersion } = session.welcome;
      events.push({ type: "connected", sessionId, protocolVersion });
      await rounds(session);
      return;
    } catch (error) {
      if (signal.aborted) return;
      failure = asTributaryError(error);
      const connectionIsLost = session === undefined || session.ended !== undefined;
      if (FATAL.has(failure.code) || !connectionIsLost) throw failure;
      failure = session?.ended ?? failure;
    } finally {
      session?.close();
    }
    const leftMs = Math.max(failure.retryAfterMs ?? 0, notBeforeMs - clock.now());
    const retryInMs = Math.max(reconnect.nextMs(), leftMs);
    events.push({ type: "disconnected", error: failure, retryInMs });
    await clock.sleep(retryInMs, signal).catch(() => {});
  }
}

/**
 * Waits between two check-ins, with an eye on the connection.
 * @throws TributaryError what ended the session meanwhile.
 */
async function rest(
  session: Session,
  { clock }: ParticipationDeps,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  if (ms <= 0) return;
  const waiting = new LinkedAbort(signal);
  try {
    // An idle session hands nothing on, so that its inbox can only end.
    await Promise.race([clock.sleep(ms, waiting.signal), session.next(waiting.signal)]);
  } finally {
    waiting.abort();
  }
}

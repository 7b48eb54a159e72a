import { asTributaryError, type ErrorCode, type TributaryError } from "@tributary/protocol";
import { LinkedAbort } from "../runtime/abort.ts";
import { sleep } from "../runtime/sleep.ts";
import type { Backoff } from "../session/backoff.ts";
import { Session, type SessionDeps, type SessionOptions } from "../session/session.ts";
import { takePart, type CheckInDeps } from "./check-in.ts";
import { disconnectCause } from "./disconnect-cause.ts";
import { LinkWatch, type LinkWatchDeps } from "./link-watch.ts";
import type { RoundMember } from "./round.ts";

/** What `participate` works with. */
export interface ParticipationDeps
  extends SessionDeps, LinkWatchDeps, Omit<CheckInDeps, "checkedIn" | "selected" | "crypto"> {
  /** Decides how long to wait before the next connection. */
  readonly reconnect: Backoff;
}

/** Errors that connecting again cannot cure. */
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
 * Takes part until `signal` is aborted: connects, checks in, goes through rounds, and connects
 * again when the connection is lost, to go on with the round that it is in. One connection is kept
 * across rounds.
 * @returns When `signal` is aborted, after the session has been closed.
 * @throws TributaryError when trying again cannot help: the codes of `FATAL`, `EXAMPLES_INVALID`
 *   when the app has no examples to check in with, or a fault of this library.
 */
export async function participate(
  deps: ParticipationDeps,
  options: SessionOptions,
  signal: AbortSignal,
): Promise<void> {
  const { events, clock, reconnect, network, eligibility } = deps;
  const link = new LinkWatch(deps);
  /** The number of connections that were tried since the last check-in. */
  let attempt = 0;
  /**
   * The client does not check in before this reading of `elapsedMs`, not even over a new connection:
   * the server has asked it to wait until then.
   */
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Set while the client is in a round, also while it has no connection. */
  let member: RoundMember | undefined;
  const checkedIn = (): void => {
    attempt = 0;
    reconnect.reset();
  };
  const selected = (next: RoundMember): void => void (member = next);
  // First the round that the client is in, then one check-in after the other over one session. It
  // ends only by throwing.
  const rounds = async (session: Session): Promise<never> => {
    for (;;) {
      let waitMs: number;
      if (member?.mayReturn === true) {
        waitMs = await member.resume(session, checkedIn, signal);
      } else {
        member?.leave();
        // A connection costs a device something too: without work it is given up.
        await eligibility.requireReady(signal);
        const waitMsLeft = notBeforeMs - clock.elapsedMs();
        await eligibility.whileMet(undefined, signal, (met) =>
          rest(session, deps, waitMsLeft, met),
        );
        await events.room(signal);
        await deps.gate.hold(signal);
        waitMs = await takePart(session, { ...deps, checkedIn, selected }, signal);
      }
      member?.leave();
      member = undefined;
      notBeforeMs = clock.elapsedMs() + waitMs;
    }
  };
  try {
    while (!signal.aborted) {
      let session: Session | undefined;
      let failure: TributaryError;
      try {
        await events.room(signal);
        await deps.gate.hold(signal);
        await untilReady(deps, signal);
        attempt += 1;
        events.push({ type: "connecting", attempt });
        session = await Session.open(deps, options, signal);
        const { sessionId, version: protocolVersion } = session.welcome;
        events.push({ type: "connected", sessionId, protocolVersion });
        link.connected(session);
        await rounds(session);
        return;
      } catch (error) {
        if (signal.aborted) return;
        failure = asTributaryError(error);
        // The client waits without a connection until it may go on.
        if (failure.code === "CONDITIONS_UNMET") continue;
        // An error while the session lives on is not about the connection: connecting again would not
        // help.
        const connectionIsLost = session === undefined || session.ended !== undefined;
        if (FATAL.has(failure.code) || !connectionIsLost) throw failure;
        // The reason why the session ended says more than what the interrupted call threw.
        failure = session?.ended ?? failure;
      } finally {
        session?.close();
      }
      notBeforeMs = Math.max(notBeforeMs, clock.elapsedMs() + (failure.retryAfterMs ?? 0));
      const waitMs = (): number => Math.max(reconnect.nextMs(), notBeforeMs - clock.elapsedMs());
      const retryInMs = waitMs();
      const cause = disconnectCause(failure, network);
      events.push({ type: "disconnected", error: failure, cause, retryInMs });
      link.look();
      try {
        // Others lose their network at the same moment, too, so that the first wait is a random one
        // as well when it has come back.
        for (let ms = retryInMs; await link.wait(ms, signal); ms = waitMs()) reconnect.reset();
      } catch {
        return;
      }
    }
  } finally {
    link.stop();
    // What the client still works on is of no use without the round.
    member?.leave();
  }
}

/** Waits while the device's conditions keep the client from checking in, and tells the app so. */
async function untilReady(
  { eligibility, events }: ParticipationDeps,
  signal: AbortSignal,
): Promise<void> {
  let hasWaited = false;
  await eligibility.ready(signal, (unmet) => {
    hasWaited = true;
    events.push({ type: "conditions-unmet", unmet });
  });
  if (hasWaited) events.push({ type: "conditions-met" });
}

/**
 * Waits between two check-ins, and notices when the session ends meanwhile.
 * @throws TributaryError what ended the session; `ABORTED`.
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
    // A session that is idle delivers no message, so reading from it can only end with an error.
    await Promise.race([sleep(clock, ms, waiting.signal), session.next(waiting.signal)]);
  } finally {
    waiting.abort();
  }
}

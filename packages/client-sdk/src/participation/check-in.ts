import {
  TributaryError,
  asTributaryError,
  isTributaryError,
  type ErrorCode,
} from "@tributary/protocol";
import type { Incoming, Session } from "../session/session.ts";
import { countExamples, type OfferedExamples } from "./app-examples.ts";
import { checkEnough } from "../trust/floors/check-floors.ts";
import type { RunningDeliveries } from "../trust/running-deliveries.ts";
import type { AskedConditions } from "../conditions/asked-conditions.ts";
import { retryWaitMs } from "./retry-wait.ts";
import { RoundMember, type RoundDeps } from "./round.ts";

/** What a check-in needs, and the round that may follow it. */
export interface CheckInDeps extends Omit<RoundDeps, "offered" | "eligibility"> {
  readonly eligibility: AskedConditions;
  /** What the client receives at present, over all its connections. */
  readonly deliveries: RunningDeliveries;
  /** Called when the server has accepted the check-in. */
  readonly checkedIn: () => void;
  /** Called when the client has been selected for a round, with what goes through it. */
  readonly selected: (member: RoundMember) => void;
}

/**
 * Checks in and, if the server selects the client for a round, goes through the round.
 * @returns How long to wait before the next check-in, milliseconds. The session is idle then.
 * @throws TributaryError what ended the session; `EXAMPLES_INVALID` when the app has no examples;
 *   `PLAN_SIGNATURE_INVALID`; `DEVICE_REVOKED`; `CONDITIONS_UNMET` when one of the app's own conditions
 *   has ceased to hold while the client waited; `ABORTED`.
 */
export async function takePart(
  session: Session,
  deps: CheckInDeps,
  signal: AbortSignal,
): Promise<number> {
  const counts = await countEnough(deps, signal);
  if (isTributaryError(counts)) {
    const retryInMs = deps.retry.nextMs();
    deps.events.push({ type: "check-in-failed", error: counts, retryInMs });
    return retryInMs;
  }
  const before = session.traffic;
  const unableMs = await checkIn(session, deps, counts, false, signal);
  if (unableMs !== undefined) return unableMs;
  // The token is renewed once at most, so that a server which finds every token expired is not
  // asked again and again.
  let mayRenewToken = deps.credentials.renewable;
  for (;;) {
    const answer = await deps.eligibility.whileMet(undefined, signal, (met) => session.next(met));
    switch (answer.type) {
      case "checkInAccepted": {
        const { population, events } = deps;
        const { exampleCount } = counts;
        deps.checkedIn();
        const { waiting } = answer;
        events.push({
          ...{ type: "checked-in", population, exampleCount },
          ...(waiting === undefined ? {} : { waiting }),
        });
        break;
      }
      case "rejection":
      case "failure": {
        if (answer.code === "TOKEN_EXPIRED" && mayRenewToken) {
          mayRenewToken = false;
          const againUnableMs = await checkIn(session, deps, counts, true, signal);
          if (againUnableMs !== undefined) return againUnableMs;
          break;
        }
        return rejectedByServer(deps, answer);
      }
      case "roundConfiguration": {
        const offered = { ...deps, offered: counts };
        const member = new RoundMember(session, offered, answer, before, signal);
        deps.selected(member);
        return await member.run(signal);
      }
      default:
        throw new TributaryError("INTERNAL", `A waiting session delivered ${answer.type}`);
    }
  }
}

/**
 * Counts the examples. A client with fewer of them than the app's floor does not check in; with fewer
 * held-out examples, it offers none of these.
 * @returns The counts, or why the client cannot check in now.
 * @throws TributaryError as `countExamples`.
 */
async function countEnough(
  deps: CheckInDeps,
  signal: AbortSignal,
): Promise<OfferedExamples | TributaryError> {
  const { floors } = deps;
  const counts = await countExamples(deps, signal);
  if (isTributaryError(counts)) return counts;
  try {
    checkEnough(floors, counts.exampleCount);
  } catch (error) {
    return asTributaryError(error);
  }
  const { heldOutCount } = counts;
  return { ...counts, heldOutCount: heldOutCount < floors.minimumExamples ? 0 : heldOutCount };
}

/**
 * Sends the check-in.
 * @param tokenExpired - True when the server has refused the last token as expired.
 * @returns `undefined` when it was sent; otherwise how long to wait, milliseconds, because the app
 *   could not provide its token or key.
 */
async function checkIn(
  session: Session,
  deps: CheckInDeps,
  counts: OfferedExamples,
  tokenExpired: boolean,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { population, credentials, floors, cache, eligibility } = deps;
  const { codecs, maximumParameters: maxParameters } = floors;
  try {
    const shown = await credentials.show(session.handshakeHash, tokenExpired, signal);
    // What comes at this moment need not come again with the round.
    await deps.deliveries.idle(signal);
    const declined = { declinedPlans: eligibility.declined };
    const offer = {
      population,
      codecs,
      maxParameters,
      ...counts,
      ...declined,
      resumes: true,
      ...shown,
    };
    session.checkIn(offer, cache.held());
    return undefined;
  } catch (error) {
    if (!isTributaryError(error, "ENROLMENT_REQUIRED")) throw error;
    return rejected(deps, error.code, error.message, 0);
  }
}

/** @throws TributaryError `DEVICE_REVOKED`: a revoked device has no reason to come back. */
function rejectedByServer(
  deps: CheckInDeps,
  { code, message, retryAfterMs: askedMs }: Extract<Incoming, { type: "rejection" | "failure" }>,
): number {
  if (code === "NOT_ELIGIBLE") deps.eligibility.standAside();
  const retryAfterMs = rejected(deps, code, message, askedMs);
  if (code === "DEVICE_REVOKED") throw new TributaryError(code, message, { retryAfterMs });
  return retryAfterMs;
}

/** Reports the rejection as an event. @returns How long to wait, milliseconds. */
function rejected(
  { events, retry }: CheckInDeps,
  code: ErrorCode,
  message: string,
  askedMs: number,
): number {
  const retryAfterMs = retryWaitMs(askedMs, retry);
  events.push({ type: "rejected", code, message, retryAfterMs });
  return retryAfterMs;
}

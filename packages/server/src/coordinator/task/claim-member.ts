import type { Collection } from "@tributary/core";
import type { SessionId } from "@tributary/protocol";
import {
  secondSeat,
  type Moment,
  type ParticipationRules,
} from "../../enrolment/participation-rules.ts";
import type { Population, Recruiter } from "../population/population.ts";
import type { WaitingClient } from "../population/participant.ts";

/** The population that the members of a cohort come from, and the rules that they must meet. */
export interface ClaimOptions {
  readonly population: Population;
  /** The task that claims the client. No other task can have the client then. */
  readonly recruiter: Recruiter;
  readonly participation: ParticipationRules;
  readonly moment: Moment;
}

/**
 * Takes a selected client out of its population's pool for a round.
 * @returns undefined when the client has gone. It is also undefined when the client's device takes
 *   part over another connection already; the client is then told so.
 */
export function claimMember(
  session: SessionId,
  collection: Collection,
  { population, recruiter, participation, moment }: ClaimOptions,
): WaitingClient | undefined {
  const client = population.claim(session, recruiter);
  if (client === undefined) return undefined;
  const { participant, offer } = client;
  // Participation rules limit training only. A round that makes no checkpoint does not count.
  if (!collection.makesCheckpoint) return client;
  if (participation.seat(offer.deviceId, moment)) return client;
  const { code, message, retryAfterMs } = secondSeat(moment.roundMs);
  participant.reject(code, message, retryAfterMs ?? moment.roundMs);
  return undefined;
}

import type { Collection } from "@tributary/core";
import type { SessionId } from "@tributary/protocol";
import {
  secondSeat,
  type Moment,
  type ParticipationLimits,
} from "../../enrolment/participation-limits.ts";
import type { Participant } from "../population/participant.ts";
import type { Population, Recruiter } from "../population/population.ts";

/** Where the members of a cohort come from, and what decides whether they may take part. */
export interface ClaimOptions {
  readonly population: Population;
  /** The task that claims the client. No other task can have the client then. */
  readonly recruiter: Recruiter;
  readonly participation: ParticipationLimits;
  readonly moment: Moment;
}

/**
 * Takes a selected client out of its population's pool for a round.
 * @returns `undefined` when the client has gone, or its device takes part over another connection
 *   already. In that case the client is told so.
 */
export function claimMember(
  session: SessionId,
  collection: Collection,
  { population, recruiter, participation, moment }: ClaimOptions,
): Participant | undefined {
  const client = population.claim(session, recruiter);
  if (client === undefined) return undefined;
  const { participant, offer } = client;
  // Rules about taking part are about training: a round that makes no checkpoint uses up no turn.
  if (!collection.makesCheckpoint) return participant;
  if (participation.seat(offer.deviceId, moment)) return participant;
  const { code, message, retryAfterMs } = secondSeat(moment.roundMs);
  participant.reject(code, message, retryAfterMs ?? moment.roundMs);
  return undefined;
}

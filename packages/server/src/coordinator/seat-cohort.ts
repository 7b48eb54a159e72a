import type { SessionId } from "@tributary/protocol";
import {
  secondSeat,
  type Moment,
  type ParticipationLimits,
} from "../enrolment/participation-limits.ts";
import type { Population, Recruiter } from "./population.ts";
import type { RunningRound } from "./running-round.ts";

/** Where a cohort comes from, and who of it may come. */
export interface SeatingOptions {
  readonly population: Population;
  /** Has the clients that are seated; nobody else can have them then. */
  readonly recruiter: Recruiter;
  readonly limits: ParticipationLimits;
  readonly moment: Moment;
}

/**
 * Takes a cohort into its round.
 * @param onLeft - Called for each that has no seat after all: gone meanwhile, or a device over a second connection, which is told so.
 */
export function seatCohort(
  members: readonly SessionId[],
  round: RunningRound,
  { population, recruiter, limits, moment }: SeatingOptions,
  onLeft: (session: SessionId) => void,
): void {
  const isTraining = round.facts.purpose === "training";
  for (const session of members) {
    const client = population.claim(session, recruiter);
    if (client === undefined) {
      onLeft(session); // gone while others were seated
    } else if (!isTraining || limits.seat(client.offer.deviceId, moment)) {
      round.seat(client.participant);
    } else {
      onLeft(session);
      const { code, message, retryAfterMs } = secondSeat(moment.roundMs);
      client.participant.reject(code, message, retryAfterMs ?? moment.roundMs);
    }
  }
}

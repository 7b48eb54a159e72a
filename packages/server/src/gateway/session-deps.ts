import type {
  Clock,
  CryptoProvider,
  Limits,
  RandomSource,
  ServerSecrets,
} from "@tributary/protocol";
import type { SeatClaim } from "../coordinator/round/kept-seats.ts";
import type { SealedModel } from "../coordinator/model/sealed-model.ts";
import type {
  CheckInOffer,
  Participant,
  WaitingPlace,
} from "../coordinator/population/participant.ts";
import type { Admission, Credentials } from "../enrolment/enrolment.ts";
import type { Logger } from "../runtime/logger.ts";
import type { EventPublisher } from "../telemetry/event-feed.ts";

/** Decides which clients may take part. `Enrolment` is the adapter. */
export interface Doorkeeper {
  /**
   * @throws TributaryError when the client may not take part, at once or as the promise's
   *   rejection.
   */
  admit(credentials: Credentials): Admission | Promise<Admission>;
}

/** What a session asks of the coordinator. */
export interface SessionHost {
  /**
   * Takes a client into its population's pool. The client may have been selected before this
   * returns.
   * @throws TributaryError `NO_OPEN_ROUND` or `NOT_ELIGIBLE`, with the time to come back.
   */
  checkIn(participant: Participant, offer: CheckInOffer): WaitingPlace;
  /**
   * Gives a member its seat again that has lost its connection. It has been told so when this
   * returns.
   * @throws TributaryError `ROUND_CLOSED` when there is no such seat to come back to.
   */
  resume(participant: Participant, claim: SeatClaim): void;
  /**
   * The newest model of a population.
   * @param isEnrolled - `Admission.isEnrolled` of who asks.
   * @param planFeatures - Names of the plan features that the client knows; none if left out.
   * @throws TributaryError `MODEL_UNAVAILABLE`, `MODEL_NOT_PUBLIC` or `STORAGE_UNAVAILABLE`;
   *   `NOT_ELIGIBLE` when the client cannot read the model's plan.
   */
  newestModel(
    population: string,
    isEnrolled: boolean,
    planFeatures?: readonly string[],
  ): Promise<{ readonly model: SealedModel; readonly roundNumber: number }>;
}

/** What every session works with. */
export interface SessionDeps {
  readonly host: SessionHost;
  readonly doorkeeper: Doorkeeper;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly secrets: ServerSecrets;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  readonly events: EventPublisher;
}

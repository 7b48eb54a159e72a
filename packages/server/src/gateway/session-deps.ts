import type {
  CryptoProvider,
  ErrorCode,
  Limits,
  RandomSource,
  ServerSecrets,
} from "@tributary/protocol";
import type { Clock } from "../runtime/clock.ts";
import type { CheckInOffer, Participant } from "../coordinator/participant.ts";
import type { SealedModel } from "../coordinator/model/sealed-model.ts";
import type { Admission, Credentials } from "../enrolment/enrolment.ts";
import type { Logger } from "../telemetry/logger.ts";

/** Says which clients may take part: `Enrolment`. */
export interface Doorkeeper {
  /** @throws TributaryError why the client may not, at once or as a rejection. */
  admit(credentials: Credentials): Admission | Promise<Admission>;
}

/** What a session asks of the coordinator. */
export interface SessionHost {
  checkIn(participant: Participant, offer: CheckInOffer): () => void;
  newestModel(
    population: string,
  ): Promise<{ readonly model: SealedModel; readonly roundNumber: number }>;
}

export interface SessionDeps {
  readonly host: SessionHost;
  readonly doorkeeper: Doorkeeper;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly secrets: ServerSecrets;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly logger: Logger;
  /** Told once for each session that ends with an error, by its code. */
  readonly onFailure: (code: ErrorCode) => void;
  /** Told of each check-in that the doorkeeper has refused and that did not end the session. */
  readonly onRefused?: (code: ErrorCode) => void;
  /** Told of each request that was refused for coming too fast, by whose share was used up. */
  readonly onRateLimited?: (share: "session" | "address") => void;
}

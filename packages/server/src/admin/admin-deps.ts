import type {
  Clock,
  CryptoProvider,
  Limits,
  ProtocolConstants,
  RandomSource,
} from "@tributary/protocol";
import type { Coordinator } from "../coordinator/coordinator.ts";
import type { Enrolment } from "../enrolment/enrolment.ts";
import type { AccessStore } from "../storage/access-store.ts";
import type { CheckpointStore } from "../storage/checkpoint-store.ts";
import type { RoundStore } from "../storage/round-store.ts";
import type { Logger } from "../runtime/logger.ts";
import type { EventPublisher } from "../telemetry/event-feed.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { StoreHealth } from "../telemetry/store-health.ts";

/** What the admin API works with. */
export interface AdminDeps {
  readonly coordinator: Coordinator;
  readonly store: RoundStore;
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  readonly enrolment: Enrolment;
  readonly clock: Clock;
  readonly events: EventPublisher;
  readonly metrics: Metrics;
  readonly storeHealth: StoreHealth;
  /**
   * The root admin token, which allows everything. Without it, only programs of this machine are
   * answered, and they need a token once there is one in `access`.
   */
  readonly token: string | undefined;
  readonly info: () => {
    readonly gatewayUrl: string;
    readonly serverKey: string;
    readonly version: string;
    readonly connections: number;
    readonly uptimeMs: number;
  };
  readonly logger: Logger;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly limits: Limits;
  readonly constants: ProtocolConstants;
  /** The fewest reports whose results may be shown. */
  readonly minimumCohort: number;
}

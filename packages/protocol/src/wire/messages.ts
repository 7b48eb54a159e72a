// The messages of the protocol, as the code of both sides sees them. `tributary.proto` has the same
// messages as they travel, and docs/protocol.md says who sends which of them when. Durations are in
// milliseconds, and lengths in bytes.
import type { DeviceProof } from "../enrolment/device-proof.ts";
import type { ArtifactId, CheckpointId, PlanId, RoundId, SessionId } from "../ids.ts";
import type { ErrorCode } from "../errors.ts";

/** A plan, checkpoint or packed checkpoint, named by the SHA-256 of its bytes. */
export interface ArtifactReference<Id extends ArtifactId = ArtifactId> {
  readonly id: Id;
  readonly byteLength: number;
}

/** The first chunks of an artifact, which a client has kept of an interrupted delivery. */
export interface PartialReference {
  /** SHA-256 of the whole artifact as it travels. */
  readonly id: ArtifactId;
  /** Number of whole chunks; ≥ 1 and less than the artifact has. */
  readonly chunks: number;
}

/** A difference that a delivery offers. */
export interface CheckpointDifference {
  /** The checkpoint that the difference was taken from, and that a client must hold to use it. */
  readonly base: CheckpointId;
  /** SHA-256 and length of the packed difference. */
  readonly packed: ArtifactReference;
}

/** What a client needs to decrypt and to check the sealed chunks that follow. */
export interface Delivery {
  readonly plan: ArtifactReference<PlanId>;
  /** Ed25519 signature of the plan under the server's signing key, 64 bytes. */
  readonly planSignature: Uint8Array;
  readonly checkpoint: ArtifactReference<CheckpointId>;
  /**
   * The key of the sealed chunks, 32 bytes. It is the same for everybody who gets this checkpoint.
   */
  readonly key: Uint8Array;
  /**
   * What the chunks of the checkpoint carry when they do not carry its own bytes: its values,
   * packed as the plan says.
   */
  readonly packed?: ArtifactReference;
  /** The difference to this checkpoint, for clients that hold the one that it was taken from. */
  readonly difference?: CheckpointDifference;
  /**
   * What the client has kept of an interrupted delivery, when the chunks go on from there. The
   * chunks that it has are not sent.
   */
  readonly partial?: PartialReference;
}

/** One metric of a report. */
export interface MetricValue {
  /** Such as `accuracy` or `loss`. */
  readonly name: string;
  /** The mean over the client's examples. */
  readonly value: number;
}

/** What the members of an evaluation have measured together. */
export interface RoundScore {
  /** The round that made the checkpoint which they measured; 0 for the initial model. */
  readonly roundNumber: number;
  readonly metrics: readonly MetricValue[];
}

/** Sums that metrics are computed from, once those of all clients have been added. */
export interface MetricBasis {
  /** Such as `confusion` or `scores`. */
  readonly name: string;
  readonly values: readonly number[];
}

/**
 * What the members of a cohort do. In `training` they train and report an update; in `evaluation`
 * they measure the checkpoint on held-out examples and report metrics alone.
 */
export type RoundPurpose = "training" | "evaluation";

/** The purposes by their numbers on the wire. */
export const ROUND_PURPOSES: readonly RoundPurpose[] = ["training", "evaluation"];

/**
 * How far a member has come that goes on with its round: it trains and has announced nothing, is
 * uploading its report, or has reported.
 */
export type ResumedStage = "training" | "uploading" | "reported";

/** The stages by their numbers on the wire. */
export const RESUMED_STAGES: readonly ResumedStage[] = ["training", "uploading", "reported"];

/** Why something was refused, and when to try again. */
export interface Refusal {
  readonly code: ErrorCode;
  /** The cause and what to do about it, for people. Never parse it. */
  readonly message: string;
  /** How long to wait before the next attempt. */
  readonly retryAfterMs: number;
}

/** What a client shows to prove that it may take part. An open population asks for neither. */
export interface EnrolmentFields {
  /** Enrolment token: a JWT in the compact form. */
  readonly token?: string;
  /** Proof that the client holds the secret of a device key. */
  readonly device?: DeviceProof;
}

/** What a client holds already and need not be sent. */
export interface HeldArtifacts {
  /** Plans and checkpoints that the client holds. */
  readonly heldArtifacts: readonly ArtifactId[];
  /** What the client has kept of a delivery that was interrupted. */
  readonly partial?: PartialReference;
}

/** What a client sends. */
export type ClientMessage =
  | {
      readonly type: "hello";
      readonly oldestVersion: number;
      readonly newestVersion: number;
      /** Name and version of the client's software, for the operator's logs. */
      readonly software: string;
    }
  | ({
      readonly type: "checkIn";
      readonly population: string;
      /** Names of the update codecs that the client can use and is willing to use. */
      readonly codecs: readonly string[];
      /** The largest model that the client takes, in trainable parameters. */
      readonly maxParameters: number;
      /** How many examples the client would train on. */
      readonly exampleCount: number;
      /**
       * How many examples the client would evaluate on. It does not train on them. 0 means that it
       * does not evaluate.
       */
      readonly heldOutCount: number;
      /** Names of the plan features that the client knows; none if left out. */
      readonly planFeatures?: readonly string[];
      /** Whether the client goes on with its round over another connection when this one breaks. */
      readonly resumes?: boolean;
      /** The plans whose conditions the client's device does not meet now; none if left out. */
      readonly declinedPlans?: readonly PlanId[];
    } & HeldArtifacts &
      EnrolmentFields)
  | { readonly type: "configured"; readonly roundId: RoundId }
  | {
      readonly type: "withdraw";
      readonly roundId: RoundId;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | {
      readonly type: "reportBegin";
      readonly roundId: RoundId;
      /** From this session's `roundConfiguration`, 16 bytes. */
      readonly reportNonce: Uint8Array;
      readonly exampleCount: number;
      /** The plan's codec; empty in an evaluation. */
      readonly codec: string;
      /** Length of the payload; 0 in an evaluation. */
      readonly updateBytes: number;
      readonly metrics: readonly MetricValue[];
      /** One for each basis that the plan's metrics need; none if left out. */
      readonly bases?: readonly MetricBasis[];
    }
  /**
   * The next piece of the payload. `data` is a view of the received frame: copy it before you keep
   * it.
   */
  | { readonly type: "reportChunk"; readonly data: Uint8Array }
  | ({
      readonly type: "modelRequest";
      readonly population: string;
      readonly planFeatures?: readonly string[];
    } & HeldArtifacts &
      EnrolmentFields)
  | ({
      readonly type: "resume";
      readonly population: string;
      readonly roundId: RoundId;
      /** The session in which the client was selected. */
      readonly sessionId: SessionId;
      /** From `roundConfiguration` or `resumed`, whichever came last, 32 bytes. */
      readonly resumeSecret: Uint8Array;
      /** SHA-256 of the report's whole payload, once the client has begun to send it. */
      readonly payloadSha256?: Uint8Array;
    } & HeldArtifacts &
      EnrolmentFields)
  /** Asks for a sign of life, and whether the bytes of the report that were sent before have come. */
  | { readonly type: "probe"; readonly sentBytes: number };

/** What a server sends. */
export type ServerMessage =
  | {
      readonly type: "welcome";
      readonly version: number;
      readonly sessionId: SessionId;
      /** Whether the server answers `probe`; older ones do not. */
      readonly answersProbes?: boolean;
      /** The server's time of day, milliseconds since 1970. */
      readonly time?: number;
    }
  | {
      readonly type: "checkInAccepted";
      /** How many clients of the population wait, this one included. */
      readonly waiting?: number;
    }
  | ({ readonly type: "rejection" } & Refusal)
  | {
      readonly type: "roundConfiguration";
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      /**
       * Number of the round within its task, from 1. An evaluation has the number of the round that
       * made the checkpoint, which is 0 for the initial model.
       */
      readonly roundNumber: number;
      readonly taskName: string;
      readonly delivery: Delivery;
      /** 16 bytes that the report must repeat. They are good for one report of this session. */
      readonly reportNonce: Uint8Array;
      /** How long the round still takes reports. */
      readonly timeLeftMs: number;
      /** 32 bytes that prove in `resume` that the client is this member; good for one return. */
      readonly resumeSecret?: Uint8Array;
    }
  | {
      readonly type: "resumed";
      readonly roundId: RoundId;
      /** For the next return, 32 bytes. */
      readonly resumeSecret: Uint8Array;
      readonly stage: ResumedStage;
      /** What the server has not received of a report that is being uploaded. */
      readonly bytesLeft: number;
      /** How long the round still takes reports. */
      readonly timeLeftMs: number;
    }
  | { readonly type: "reportGrant"; readonly roundId: RoundId }
  | {
      readonly type: "reportResult";
      readonly roundId: RoundId;
      /** Why the report does not count; `undefined` when it counts. */
      readonly refused: Refusal | undefined;
    }
  | {
      readonly type: "roundOutcome";
      readonly roundId: RoundId;
      /** The new checkpoint, or the one that was evaluated; else why the round was abandoned. */
      readonly outcome:
        | { readonly committed: ArtifactReference<CheckpointId> }
        | { readonly abandoned: string };
      /** How long to wait before the next check-in. */
      readonly nextCheckInMs: number;
      /** Whether the task has no further rounds. */
      readonly taskFinished: boolean;
      /** What the task's last evaluation came to. */
      readonly score?: RoundScore;
    }
  | {
      readonly type: "modelOffer";
      readonly delivery: Delivery;
      /** The round that made the checkpoint; 0 for the initial model. */
      readonly roundNumber: number;
    }
  | ({ readonly type: "failure" } & Refusal)
  /** What came before the probe has come. */
  | { readonly type: "probeAnswer"; readonly sentBytes: number };

/** The `type` of a client's message. */
export type ClientMessageType = ClientMessage["type"];
/** The `type` of a server's message. */
export type ServerMessageType = ServerMessage["type"];

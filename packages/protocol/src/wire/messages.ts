import type { DeviceProof } from "../enrolment/device-proof.ts";
import type { ArtifactId, CheckpointId, PlanId, RoundId, SessionId } from "../ids.ts";
import type { ErrorCode } from "../errors.ts";

/** An artifact named by its hash. */
export interface ArtifactReference<Id extends ArtifactId = ArtifactId> {
  readonly id: Id;
  readonly byteLength: number;
}

/** A checkpoint's name as the base of a difference. */
export interface CheckpointDifference {
  readonly base: CheckpointId;
  /** SHA-256 and length of the packed difference. */
  readonly packed: ArtifactReference;
}

/** How to check and open the sealed chunks that follow. */
export interface Delivery {
  readonly plan: ArtifactReference<PlanId>;
  /** Ed25519, 64 bytes. */
  readonly planSignature: Uint8Array;
  readonly checkpoint: ArtifactReference<CheckpointId>;
  /** Key of the sealed chunks, 32 bytes. */
  readonly key: Uint8Array;
  /** What the checkpoint's chunks carry where they do not carry its own bytes: its values, packed as the plan says. */
  readonly packed?: ArtifactReference;
  /** For clients that hold an older checkpoint. */
  readonly difference?: CheckpointDifference;
}

export interface MetricValue {
  readonly name: string;
  /** Mean over the client's examples. */
  readonly value: number;
}

/** What the members of a cohort do: train and report an update, or measure the checkpoint and report the metrics alone. */
export type RoundPurpose = "training" | "evaluation";

/** What a client shows of its right to take part. */
export interface EnrolmentFields {
  /** Enrolment token: a compact JWT. */
  readonly token?: string;
  readonly device?: DeviceProof;
}

/** What a client sends. docs/protocol.md says when. */
export type ClientMessage =
  | {
      readonly type: "hello";
      readonly oldestVersion: number;
      readonly newestVersion: number;
      readonly software: string;
    }
  | ({
      readonly type: "checkIn";
      readonly population: string;
      readonly codecs: readonly string[];
      readonly maxParameters: number;
      readonly exampleCount: number;
      /** Examples to evaluate on, which the client does not train on; 0 when it does not evaluate. */
      readonly heldOutCount: number;
      readonly heldArtifacts: readonly ArtifactId[];
    } & EnrolmentFields)
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
      readonly reportNonce: Uint8Array;
      readonly exampleCount: number;
      readonly codec: string;
      readonly updateBytes: number;
      readonly metrics: readonly MetricValue[];
    }
  /** `data` is a view of the received frame: copy before keeping. */
  | { readonly type: "reportChunk"; readonly data: Uint8Array }
  | ({
      readonly type: "modelRequest";
      readonly population: string;
      readonly heldArtifacts: readonly ArtifactId[];
    } & EnrolmentFields);

/** What a server sends. */
export type ServerMessage =
  | { readonly type: "welcome"; readonly version: number; readonly sessionId: SessionId }
  | { readonly type: "checkInAccepted" }
  | {
      readonly type: "rejection";
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterMs: number;
    }
  | {
      readonly type: "roundConfiguration";
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      /** From 1; of an evaluation, the round that made the checkpoint, 0 for the initial model. */
      readonly roundNumber: number;
      readonly taskName: string;
      readonly delivery: Delivery;
      readonly reportNonce: Uint8Array;
      readonly timeLeftMs: number;
    }
  | { readonly type: "reportGrant"; readonly roundId: RoundId }
  | {
      readonly type: "reportResult";
      readonly roundId: RoundId;
      /** `undefined`: the report counts. */
      readonly refused:
        | { readonly code: ErrorCode; readonly message: string; readonly retryAfterMs: number }
        | undefined;
    }
  | {
      readonly type: "roundOutcome";
      readonly roundId: RoundId;
      readonly outcome:
        | { readonly committed: ArtifactReference<CheckpointId> }
        | { readonly abandoned: string };
      readonly nextCheckInMs: number;
      readonly taskFinished: boolean;
    }
  | { readonly type: "modelOffer"; readonly delivery: Delivery; readonly roundNumber: number }
  | {
      readonly type: "failure";
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterMs: number;
    };

export type ClientMessageType = ClientMessage["type"];
export type ServerMessageType = ServerMessage["type"];

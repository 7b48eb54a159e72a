import type {
  CheckpointId,
  ErrorCode,
  RoundId,
  RoundPurpose,
  SessionId,
  TributaryError,
} from "@tributary/protocol";

/**
 * What happens while a client takes part, told apart by `type`. In the order of a round: `connecting`, `connected`,
 * `checked-in` or `rejected`, `selected`, `downloaded`, `engine-chosen`, `training`…, `trained`, `reporting`, `reported`,
 * `round-finished`; an evaluation has `evaluated` instead of `training` and `trained`. A round may end early with `round-finished`,
 * `report-refused`, `withdrawn` or `disconnected`.
 */
export type ParticipationEvent =
  /** A connection is being made. `attempt` counts from 1 and starts again after a check-in. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** The server has proved that it holds the pinned key. */
  | { readonly type: "connected"; readonly sessionId: SessionId; readonly protocolVersion: number }
  /** The client waits for a round. */
  | { readonly type: "checked-in"; readonly population: string; readonly exampleCount: number }
  /**
   * Not needed now, or not let in (`ENROLMENT_REQUIRED`, `TOKEN_INVALID`, `TOKEN_EXPIRED`): the client checks in again after
   * `retryAfterMs`, milliseconds. After `DEVICE_REVOKED` it does not: the iterator throws.
   */
  | {
      readonly type: "rejected";
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterMs: number;
    }
  /** The client is in a round's cohort. `timeLeftMs`: until the round stops taking reports. */
  | {
      readonly type: "selected";
      readonly roundId: RoundId;
      /** What the client is to do: train, or measure the checkpoint on its held-out examples. */
      readonly purpose: RoundPurpose;
      /** Of an evaluation, the round that made the checkpoint. */
      readonly roundNumber: number;
      readonly task: string;
      readonly timeLeftMs: number;
    }
  /** Plan and checkpoint are here and verified. `bytes` of them came; `cached`: none had to. */
  | {
      readonly type: "downloaded";
      readonly roundId: RoundId;
      readonly bytes: number;
      readonly cached: boolean;
    }
  /** What the plan will be trained with, and why; not with a trainer of the app's that does not tell. */
  | {
      readonly type: "engine-chosen";
      readonly roundId: RoundId;
      readonly engine: "fused" | "tfjs";
      /** What the engine computes with, such as `wasm`. */
      readonly backend: string;
      /** A clause for people. */
      readonly reason: string;
    }
  /**
   * Local training goes on. Comes at the end of each epoch and at most ten times a second in between; a reader who is
   * slower gets the latest only. `epoch` and `batch` count from 1; `loss` is the batch's mean.
   */
  | {
      readonly type: "training";
      readonly roundId: RoundId;
      readonly epoch: number;
      readonly epochs: number;
      readonly batch: number;
      readonly batches: number;
      readonly loss: number;
    }
  /** Local training is done. `metrics`: `loss` and the plan's, means over the examples. */
  | {
      readonly type: "trained";
      readonly roundId: RoundId;
      readonly metrics: Readonly<Record<string, number>>;
      readonly steps: number;
      readonly exampleCount: number;
      readonly seconds: number;
    }
  /** The checkpoint has been measured on the held-out examples. `metrics`: `loss` and the plan's, means over them. */
  | {
      readonly type: "evaluated";
      readonly roundId: RoundId;
      readonly metrics: Readonly<Record<string, number>>;
      readonly exampleCount: number;
      readonly seconds: number;
    }
  /** The server is asked for a turn to take the update of `bytes` bytes; an evaluation has none. */
  | { readonly type: "reporting"; readonly roundId: RoundId; readonly bytes: number }
  /** The report counts. Bytes of this client's WebSocket messages since its check-in. */
  | {
      readonly type: "reported";
      readonly roundId: RoundId;
      readonly bytesUp: number;
      readonly bytesDown: number;
    }
  /** The server did not take the report; the client checks in again after `retryInMs`, milliseconds. */
  | {
      readonly type: "report-refused";
      readonly roundId: RoundId;
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryInMs: number;
    }
  /** The round is over, with or without this client's report. An evaluation names the checkpoint that was measured. */
  | {
      readonly type: "round-finished";
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      readonly roundNumber: number;
      readonly task: string;
      /** Whether this client's report is in it. */
      readonly counted: boolean;
      readonly outcome:
        | { readonly type: "committed"; readonly checkpoint: CheckpointId }
        | { readonly type: "abandoned"; readonly reason: string };
      /** The task has no further rounds. */
      readonly taskFinished: boolean;
    }
  /** This client leaves the round because of `error`, and checks in again after `retryInMs`, milliseconds. */
  | {
      readonly type: "withdrawn";
      readonly roundId: RoundId;
      readonly error: TributaryError;
      readonly retryInMs: number;
    }
  /** The connection failed or was lost; the client connects again after `retryInMs`, milliseconds. */
  | { readonly type: "disconnected"; readonly error: TributaryError; readonly retryInMs: number };

export type ParticipationEventType = ParticipationEvent["type"];

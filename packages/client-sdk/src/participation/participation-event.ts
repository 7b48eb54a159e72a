import type {
  CheckpointId,
  ErrorCode,
  RoundId,
  RoundPurpose,
  SessionId,
  TributaryError,
} from "@tributary/protocol";

/**
 * What happens while a client takes part. `type` tells the events apart.
 *
 * A round in which the client trains gives, in this order: `connecting`, `connected`, `checked-in`
 * or `rejected`, `selected`, `downloaded`, `engine-chosen`, `training` (many times), `trained`,
 * `reporting`, `reported`, `round-finished`. An evaluation gives `evaluated` in place of `training`
 * and `trained`. The connection is kept between rounds, so later rounds begin with the check-in. A
 * round may end early, with `round-finished`, `report-refused` or `withdrawn`. When the connection is
 * lost (`disconnected`) while a client is in a round, it connects again and goes on with the round
 * (`resumed`), unless the server no longer keeps its place (`withdrawn`).
 */
export type ParticipationEvent =
  /**
   * Where the client works, in a browser: in a `worker`, or in the `page`, and why. It comes first,
   * and again when the client has moved to the page because a model needs an engine that only the
   * page has.
   */
  | {
      readonly type: "thread-chosen";
      readonly thread: "worker" | "page";
      /** Why this thread was chosen: a clause for people to read. */
      readonly reason: string;
    }
  /**
   * The app has paused the client. It neither trains nor checks in from here on; it stays in its
   * round, and keeps its connection.
   */
  | { readonly type: "paused" }
  /** The app has let the client go on. */
  | { readonly type: "continued" }
  /**
   * Another tab of this origin takes part in the same population. This client waits, and takes over
   * when that one ends.
   */
  | { readonly type: "waiting-for-tab" }
  /** The client starts to connect. `attempt` counts from 1, and again from 1 after a check-in. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** The client is connected, and the server has proved that it holds the pinned key. */
  | { readonly type: "connected"; readonly sessionId: SessionId; readonly protocolVersion: number }
  /** The server has accepted the check-in. The client now waits to be selected for a round. */
  | { readonly type: "checked-in"; readonly population: string; readonly exampleCount: number }
  /**
   * The server does not need this client now, or does not admit it (`ENROLMENT_REQUIRED`,
   * `TOKEN_INVALID`, `TOKEN_EXPIRED`). The client checks in again after `retryAfterMs`
   * milliseconds. After `DEVICE_REVOKED` it does not check in again: the iterator throws.
   */
  | {
      readonly type: "rejected";
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryAfterMs: number;
    }
  /**
   * The client could not check in, because the app's example store failed to count its examples, or
   * has fewer than the floor `minimumExamples`. It asks the store again after `retryInMs` milliseconds.
   */
  | { readonly type: "check-in-failed"; readonly error: TributaryError; readonly retryInMs: number }
  /**
   * The client was selected: it is a member of a round's cohort. The round takes no reports any
   * more after `timeLeftMs` milliseconds.
   */
  | {
      readonly type: "selected";
      readonly roundId: RoundId;
      /** What the member is to do: train, or measure the checkpoint on its held-out examples. */
      readonly purpose: RoundPurpose;
      /** The number of this round; in an evaluation, of the round that made the checkpoint. */
      readonly roundNumber: number;
      readonly task: string;
      readonly timeLeftMs: number;
    }
  /**
   * The client is back in its round after it had lost its connection. It has gone on working
   * meanwhile.
   */
  | { readonly type: "resumed"; readonly roundId: RoundId }
  /**
   * Plan and checkpoint have arrived and are verified. `bytes` is how much was received for them;
   * `keptBytes` is how much an earlier delivery, which was interrupted, had brought; `cached` is
   * true when the client held both already and nothing was sent.
   */
  | {
      readonly type: "downloaded";
      readonly roundId: RoundId;
      readonly bytes: number;
      readonly keptBytes: number;
      readonly cached: boolean;
    }
  /**
   * The engine with which the member trains or evaluates, and why. A trainer of the app's own that
   * has no `choose` method gives no such event.
   */
  | {
      readonly type: "engine-chosen";
      readonly roundId: RoundId;
      readonly engine: "fused" | "native" | "tfjs";
      /** The backend that the engine computes with, such as `wasm`. */
      readonly backend: string;
      /** Why this engine was chosen: a clause for people to read. */
      readonly reason: string;
    }
  /**
   * A batch has been trained on. The event comes at the end of each epoch and at most ten times a
   * second in between. A reader who is slower gets only the latest one. `epoch` and `batch` count
   * from 1, out of `epochs` and `batches`; `loss` is the mean over the batch.
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
  /**
   * Local training has ended. `metrics` holds `loss` and the metrics that the plan names, as means
   * over the examples in the last epoch; `steps` counts the optimizer steps of all epochs.
   */
  | {
      readonly type: "trained";
      readonly roundId: RoundId;
      readonly metrics: Readonly<Record<string, number>>;
      readonly steps: number;
      readonly exampleCount: number;
      readonly seconds: number;
    }
  /** The columns of the table have been counted, for a statistics task. Nothing was trained. */
  | {
      readonly type: "counted";
      readonly roundId: RoundId;
      /** The number of rows. */
      readonly exampleCount: number;
      readonly seconds: number;
    }
  /**
   * The checkpoint has been measured on the held-out examples. `metrics` holds `loss` and the
   * metrics that the plan names, as means over those examples.
   */
  | {
      readonly type: "evaluated";
      readonly roundId: RoundId;
      readonly metrics: Readonly<Record<string, number>>;
      readonly exampleCount: number;
      readonly seconds: number;
    }
  /**
   * The member has announced its report and waits for its upload turn. `bytes` is the length of the
   * payload, 0 in an evaluation, which needs no turn.
   */
  | { readonly type: "reporting"; readonly roundId: RoundId; readonly bytes: number }
  /**
   * The server has accepted the report. `bytesUp` and `bytesDown` are the bytes of all WebSocket
   * messages that this client has sent and received since it checked in for the round.
   */
  | {
      readonly type: "reported";
      readonly roundId: RoundId;
      readonly bytesUp: number;
      readonly bytesDown: number;
    }
  /** The server refused the report. The client checks in again after `retryInMs` milliseconds. */
  | {
      readonly type: "report-refused";
      readonly roundId: RoundId;
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryInMs: number;
    }
  /**
   * The round has ended, with or without this client's report. After an evaluation, `outcome` names
   * the checkpoint that was measured.
   */
  | {
      readonly type: "round-finished";
      readonly roundId: RoundId;
      readonly purpose: RoundPurpose;
      readonly roundNumber: number;
      readonly task: string;
      /** Whether the server accepted this client's report. */
      readonly counted: boolean;
      readonly outcome:
        | { readonly type: "committed"; readonly checkpoint: CheckpointId }
        | { readonly type: "abandoned"; readonly reason: string };
      /** Whether the task has ended: it has no further rounds. */
      readonly taskFinished: boolean;
    }
  /**
   * This client has left the round because of `error`. It checks in again after `retryInMs`
   * milliseconds.
   */
  | {
      readonly type: "withdrawn";
      readonly roundId: RoundId;
      readonly error: TributaryError;
      readonly retryInMs: number;
    }
  /**
   * The connection could not be made or was lost. The client connects again after `retryInMs`
   * milliseconds.
   */
  | { readonly type: "disconnected"; readonly error: TributaryError; readonly retryInMs: number };

/** The name of an event. */
export type ParticipationEventType = ParticipationEvent["type"];

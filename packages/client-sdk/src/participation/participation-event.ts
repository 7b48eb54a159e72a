import type {
  CheckpointId,
  ErrorCode,
  ResumedStage,
  RoundId,
  RoundPurpose,
  SessionId,
  TributaryError,
} from "@tributary/protocol";
import type { NetworkChange } from "../session/network-source.ts";
import type { DisconnectCause } from "./disconnect-cause.ts";
import type { UnmetCondition } from "../conditions/unmet.ts";

/**
 * What happens while a client takes part. `type` tells the events apart.
 *
 * A round in which the client trains gives, in this order: `connecting`, `connected`, `checked-in`
 * or `rejected`, `selected`, `downloading` (many times), `downloaded`, `engine-chosen`, `training`
 * (many times), `trained`, `reporting`, `uploading` (many times), `reported`, `round-finished`. An evaluation gives `evaluated` in place of `training`
 * and `trained`. The connection is kept between rounds, so later rounds begin with the check-in. A
 * round may end early, with `round-finished`, `report-refused` or `withdrawn`. When the connection is
 * lost (`disconnected`) while a client is in a round, it connects again and goes on with the round
 * (`resumed`), unless the server no longer keeps its place (`withdrawn`).
 *
 * `network-changed`, `clock-leapt` and `clock-off` may come at any time.
 */
export type ParticipationEvent =
  /**
   * Where the client works, in a browser: in a `worker`, or in the `page`, and why. It comes first,
   * and again when the client has moved to the page because a model needs an engine that only the
   * page has, or when its Worker has died and another one was started.
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
  /**
   * The model of the option `modelStore` could not be read or kept, for the reason in `error`. The
   * client works on from memory. Each reason is told once.
   */
  | { readonly type: "model-not-kept"; readonly error: TributaryError }
  /** The client starts to connect. `attempt` counts from 1, and again from 1 after a check-in. */
  | { readonly type: "connecting"; readonly attempt: number }
  /** The client is connected, and the server has proved that it holds the pinned key. */
  | { readonly type: "connected"; readonly sessionId: SessionId; readonly protocolVersion: number }
  /** The server has accepted the check-in. The client now waits to be selected for a round. */
  | {
      readonly type: "checked-in";
      readonly population: string;
      readonly exampleCount: number;
      /**
       * How many clients of the population waited then, this one included; absent when the server
       * does not say.
       */
      readonly waiting?: number;
    }
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
   * meanwhile. What had been transferred by then is not transferred again: `stage` says where the
   * client goes on, and `bytesLeft` how many bytes of its report are left when that is in the middle
   * of the upload.
   */
  | {
      readonly type: "resumed";
      readonly roundId: RoundId;
      readonly stage: "configuring" | ResumedStage;
      readonly bytesLeft: number;
    }
  /**
   * A part of plan and checkpoint has come: `bytes` of `totalBytes`, those included that an earlier
   * delivery had brought. It comes at most ten times a second, and not for a transfer that takes less
   * than a tenth of one. `secondsLeft` is an estimate. A reader who is slower gets only the latest one.
   */
  | {
      readonly type: "downloading";
      readonly roundId: RoundId;
      readonly bytes: number;
      readonly totalBytes: number;
      readonly secondsLeft: number;
    }
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
      /** As in `EngineChoice`. */
      readonly slowBecause?: string;
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
   * A part of the report has come to the server, by its own word: `bytes` of `totalBytes`. It comes as
   * seldom as `downloading`.
   */
  | {
      readonly type: "uploading";
      readonly roundId: RoundId;
      readonly bytes: number;
      readonly totalBytes: number;
      readonly secondsLeft: number;
    }
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
      /**
       * What the task's last evaluation came to, of which `roundNumber` says whose checkpoint it
       * measured; after an evaluation, that one. Absent when the task has had none.
       */
      readonly score?: {
        readonly roundNumber: number;
        readonly metrics: Readonly<Record<string, number>>;
      };
    }
  /**
   * The client does not work now, because of these conditions: it does not check in, and closes its
   * connection. It goes on by itself. The event comes again when other conditions are unmet.
   */
  | { readonly type: "conditions-unmet"; readonly unmet: readonly UnmetCondition[] }
  /** The conditions for which the client has waited hold again, and it goes on. */
  | { readonly type: "conditions-met" }
  /**
   * This client has left the round because of `error`. It checks in again after `retryInMs`
   * milliseconds. With the code `CONDITIONS_UNMET` a condition did not hold, or has ceased to hold in
   * mid-training: the client then does not check in before it holds again, or only for other tasks.
   */
  | {
      readonly type: "withdrawn";
      readonly roundId: RoundId;
      readonly error: TributaryError;
      readonly retryInMs: number;
    }
  /**
   * The connection could not be made or was lost. The client connects again after `retryInMs`
   * milliseconds, or sooner when the network has come back by then.
   */
  | {
      readonly type: "disconnected";
      readonly error: TributaryError;
      /** What is most likely behind it. */
      readonly cause: DisconnectCause;
      readonly retryInMs: number;
    }
  /**
   * The device says that it has no network any more (`offline`), that it has one again (`online`), or
   * that another one has taken its place (`replaced`). The client makes sure that its connection still
   * works, and connects again at once when it waits to do so.
   */
  | { readonly type: "network-changed"; readonly change: NetworkChange }
  /**
   * The device's clock has leapt by `byMs` milliseconds, a minute at least: the device slept, the
   * browser froze the page, or somebody set the time (back, when negative). The client does what it
   * does after `network-changed`.
   */
  | { readonly type: "clock-leapt"; readonly byMs: number }
  /**
   * The device's clock is wrong by `offsetMs` milliseconds, five minutes at least: positive when it is
   * ahead of the server's. Taking part does not depend on it, but certificates and tokens look expired
   * or not yet valid to a device whose clock is wrong.
   */
  | { readonly type: "clock-off"; readonly offsetMs: number };

/** The name of an event. */
export type ParticipationEventType = ParticipationEvent["type"];

/**
 * The constants of the protocol: numbers that client and server have to agree on, and that neither can
 * learn from the other. They belong to the version of the protocol and are no settings. What an
 * operator or an app may change is in `limits.ts`.
 *
 * Each says what it means and in which unit. `@remarks` gives the number, which
 * `PROTOCOL_CONSTANTS` sets, and says why it is that one. docs/protocol.md lists the same
 * sentences, and a test compares the two. A test that needs another number passes it to the
 * function that works with it.
 */
export interface ProtocolConstants {
  /**
   * The largest frame that a server accepts, in bytes.
   * @remarks 65,536. One channel record and its kind byte: 65,519 bytes of plaintext, a tag of
   * 16 and the kind.
   */
  readonly maxClientFrameBytes: number;
  /**
   * The largest frame that a client accepts, in bytes.
   * @remarks 65,600. One sealed chunk of 65,536 bytes, its tag of 16 and its header of 6,
   * rounded up to leave some room.
   */
  readonly maxServerFrameBytes: number;
  /**
   * The longest plaintext of one channel record, in bytes.
   * @remarks 65,519. A Noise message has at most 65,535 bytes, of which 16 are its tag (Noise
   * §3).
   */
  readonly maxRecordPlaintextBytes: number;
  /**
   * How much of a report's payload one `ReportChunk` carries, in bytes.
   * @remarks 64,512. 63 KiB: the longest record less 1,007 bytes for the message around the
   * piece.
   */
  readonly reportChunkBytes: number;
  /**
   * Plaintext of one sealed chunk of a plan or checkpoint, in bytes.
   * @remarks 65,536. 64 KiB: large enough that a model takes few frames, and small enough that
   * other messages get their turn between two of them.
   */
  readonly sealedChunkBytes: number;
  /**
   * After how many records each direction of a channel changes its key.
   * @remarks 16,384. About 1 GiB of the longest records, which is well below the bounds of the
   * cipher.
   */
  readonly rekeyAfterRecords: number;
  /**
   * How many frames may wait at a client until it handles them. More end the connection.
   * @remarks 64. The protocol's turns keep the queue short. 64 of the largest frames take
   * about 4 MiB.
   */
  readonly maxQueuedFrames: number;
  /**
   * How many `ReportChunk` messages a report may have for each `reportChunkBytes` of its length, or
   * part of it.
   * @remarks 16. A client may choose pieces of about 4 kB. Much smaller ones would cost the
   * server more work than their bytes are worth.
   */
  readonly maxReportPieces: number;
  /**
   * How many trainable parameters a model may have.
   * @remarks 67,108,864. 2^26, which are 256 MiB as float32.
   */
  readonly maxParameters: number;
  /**
   * The longest plan in canonical form, in bytes.
   * @remarks 4,194,304. 4 MiB: the topologies of models with hundreds of layers fit.
   */
  readonly maxPlanBytes: number;
  /**
   * How many examples one report may claim. The number is the weight of the report in the average.
   * @remarks 1,048,576. 2^20, more than one device is likely to hold; a higher claim would let
   * one client outweigh all others.
   */
  readonly maxExampleCount: number;
  /**
   * How many metrics one report may carry.
   * @remarks 32. A plan names a few, and the loss comes on top of them.
   */
  readonly maxMetrics: number;
  /**
   * How many values the bases of one report may have together.
   * @remarks 4,096. They travel in one record with 32 KiB; it is enough for the confusions of 64
   * classes, or for the area under the curve of 16.
   */
  readonly maxBasisValues: number;
  /**
   * How many artifacts a check-in may say that the client holds.
   * @remarks 16. The plans and newest checkpoints of several tasks, in 512 bytes.
   */
  readonly maxHeldArtifacts: number;
  /**
   * How many plans a check-in may decline because of their conditions.
   * @remarks 8. A population has a few tasks at a time.
   */
  readonly maxDeclinedPlans: number;
  /**
   * The longest enrolment token, in bytes.
   * @remarks 4,096. A signed JWT with a handful of claims has a few hundred bytes.
   */
  readonly maxEnrolmentTokenBytes: number;
  /**
   * How many members a cohort may have.
   * @remarks 16,384. The sums of so many reports are exact: up to 2^14 reports of 2^51 units
   * each fit into the two parts of a sum.
   */
  readonly maxCohort: number;
}

/** The constants of the protocol, the same for every client and every server. */
export const PROTOCOL_CONSTANTS: ProtocolConstants = {
  maxClientFrameBytes: 65_536,
  maxServerFrameBytes: 65_600,
  maxRecordPlaintextBytes: 65_519,
  reportChunkBytes: 64_512,
  sealedChunkBytes: 65_536,
  rekeyAfterRecords: 16_384,
  maxQueuedFrames: 64,
  maxReportPieces: 16,
  maxParameters: 67_108_864,
  maxPlanBytes: 4_194_304,
  maxExampleCount: 1_048_576,
  maxMetrics: 32,
  maxBasisValues: 4_096,
  maxHeldArtifacts: 16,
  maxDeclinedPlans: 8,
  maxEnrolmentTokenBytes: 4_096,
  maxCohort: 16_384,
};

/**
 * Every bound on what a socket can make a process do, in one place. A number that is not here is not a limit.
 * Sessions take a `Limits` value, so that a test can lower one.
 */
export interface Limits {
  /** Largest WebSocket frame a server accepts, bytes: one channel record with its kind byte. */
  readonly maxClientFrameBytes: number;
  /** Largest WebSocket frame a client accepts, bytes: one sealed chunk with its header. */
  readonly maxServerFrameBytes: number;
  /** Largest plaintext in one channel record, bytes: a Noise message is at most 65,535 bytes, tag included (Noise §3). */
  readonly maxRecordPlaintextBytes: number;
  /** Piece of a report's payload in one message, bytes: leaves room for the message around it. */
  readonly reportChunkBytes: number;
  /** Plaintext in one sealed chunk of a plan or checkpoint, bytes: large enough to cost few frames, small enough to interleave. */
  readonly sealedChunkBytes: number;
  /** Records after which each direction of a channel changes its key: well under the cipher's bounds, about 1 GiB. */
  readonly rekeyAfterRecords: number;
  /** From connection to a finished handshake and `Hello`, milliseconds. Traffic does not extend it. */
  readonly handshakeTimeoutMs: number;
  /** From `ReportGrant` to the last byte of the report, milliseconds. */
  readonly reportUploadTimeoutMs: number;
  /** Silence after which a connection is probed, and if still silent cut, milliseconds. */
  readonly heartbeatIntervalMs: number;
  /** Reports received at once; further ones wait for a slot, so that memory does not grow with the cohort. */
  readonly maxConcurrentReports: number;
  /** Frames a session may have waiting to be handled; more means a sender that ignores the protocol's turns. */
  readonly maxQueuedFrames: number;
  /** Bytes queued towards one slow reader before sending to it pauses. */
  readonly maxBufferedSendBytes: number;
  /** Connections one server holds. */
  readonly maxConnections: number;
  /** Trainable parameters of one model. */
  readonly maxParameters: number;
  /** Canonical plan, bytes: topologies of hundreds of layers fit. */
  readonly maxPlanBytes: number;
  /** Examples one report may claim: a weight in the average. */
  readonly maxExampleCount: number;
  /** Metrics in one report. */
  readonly maxMetrics: number;
  /** Artifacts that a check-in may say it holds. */
  readonly maxHeldArtifacts: number;
  /** Clients in one round: the accumulator is exact up to here. */
  readonly maxCohort: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxClientFrameBytes: 65_536,
  maxServerFrameBytes: 262_144 + 64,
  maxRecordPlaintextBytes: 65_519,
  reportChunkBytes: 64_512,
  sealedChunkBytes: 262_144,
  rekeyAfterRecords: 16_384,
  handshakeTimeoutMs: 10_000,
  reportUploadTimeoutMs: 60_000,
  heartbeatIntervalMs: 20_000,
  maxConcurrentReports: 16,
  maxQueuedFrames: 64,
  maxBufferedSendBytes: 1_048_576,
  maxConnections: 20_000,
  maxParameters: 67_108_864,
  maxPlanBytes: 4_194_304,
  maxExampleCount: 1_048_576,
  maxMetrics: 32,
  maxHeldArtifacts: 16,
  maxCohort: 16_384,
};

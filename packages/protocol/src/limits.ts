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
  /** Encoded updates that one round's aggregation may keep in memory, with room to work on them, bytes; checked when a task is created. */
  readonly maxRobustAggregationBytes: number;
  /** Frames a session may have waiting to be handled; more means a sender that ignores the protocol's turns. */
  readonly maxQueuedFrames: number;
  /** Bytes queued towards one slow reader before sending to it pauses. */
  readonly maxBufferedSendBytes: number;
  /** From a full queue towards a slow reader to an empty one, milliseconds; after that it is cut. */
  readonly sendTimeoutMs: number;
  /** Connections one server holds. */
  readonly maxConnections: number;
  /** Of these, connections that have not finished handshake and `Hello`. */
  readonly maxPendingConnections: number;
  /** Of these, connections from one address: an IPv4 address or an IPv6 network of 64 bits. */
  readonly maxConnectionsPerAddress: number;
  /** New connections that one address may open at once, before the next limit holds. */
  readonly connectionBurstPerAddress: number;
  /** New connections a second from one address: each may cost a TLS and a Noise handshake. */
  readonly connectionsPerSecondPerAddress: number;
  /** Addresses whose recent use is remembered. */
  readonly maxTrackedAddresses: number;
  /** Head of the HTTP request that opens a WebSocket, bytes. */
  readonly maxRequestHeadBytes: number;
  /** Everything a connection may send between that head and the answer to `Hello`, bytes. */
  readonly maxGreetingBytes: number;
  /** Requests that one session may send at once, before the next limit holds; a check-in that leads to a round is given back. */
  readonly requestBurst: number;
  /** Requests a second from one session; probes (pings) have the same two limits. */
  readonly requestsPerSecond: number;
  /** Requests that the sessions of one address may send at once, before the next limit holds. */
  readonly requestBurstPerAddress: number;
  /** Requests a second from the sessions of one address. */
  readonly requestsPerSecondPerAddress: number;
  /** Requests that one device, known by its key or its token's subject, may send at once over all its sessions, before the next limit holds. */
  readonly requestBurstPerDevice: number;
  /** Requests a second from one device over all its sessions: no more than one session may send, so that more sessions gain nothing. */
  readonly requestsPerSecondPerDevice: number;
  /** Devices whose recent requests are remembered: about 16 MiB of them. */
  readonly maxTrackedDevices: number;
  /** Without a whole `reportChunkBytes` of a report for so long, its upload has stalled, milliseconds. */
  readonly uploadStallTimeoutMs: number;
  /** `ReportChunk` messages in a report, for each `reportChunkBytes` that it has or begins. */
  readonly maxReportPieces: number;
  /** How long a client may take to answer a close frame, milliseconds. */
  readonly closeTimeoutMs: number;
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
  /** Enrolment token of a check-in, bytes: a signed JWT with a handful of claims. */
  readonly maxEnrolmentTokenBytes: number;
  /** Devices of one population, where they register themselves and nobody vouches for them: about 75 MB in the store. */
  readonly maxSelfRegisteredDevices: number;
  /** Clients in one round: the accumulator is exact up to here. */
  readonly maxCohort: number;
  /** Clients of one population that wait for the next round, if its rounds do not take more; others are told when to come back. */
  readonly maxWaitingClients: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxClientFrameBytes: 65_536,
  maxServerFrameBytes: 65_536 + 64,
  maxRecordPlaintextBytes: 65_519,
  reportChunkBytes: 64_512,
  sealedChunkBytes: 65_536,
  rekeyAfterRecords: 16_384,
  handshakeTimeoutMs: 10_000,
  reportUploadTimeoutMs: 60_000,
  heartbeatIntervalMs: 20_000,
  maxConcurrentReports: 16,
  maxRobustAggregationBytes: 536_870_912,
  maxQueuedFrames: 64,
  maxBufferedSendBytes: 1_048_576,
  sendTimeoutMs: 60_000,
  maxConnections: 20_000,
  maxPendingConnections: 4_096,
  maxConnectionsPerAddress: 1_024,
  connectionBurstPerAddress: 1_024,
  connectionsPerSecondPerAddress: 64,
  maxTrackedAddresses: 65_536,
  maxRequestHeadBytes: 8_192,
  maxGreetingBytes: 8_192,
  requestBurst: 32,
  requestsPerSecond: 4,
  requestBurstPerAddress: 4_096,
  requestsPerSecondPerAddress: 512,
  requestBurstPerDevice: 32,
  requestsPerSecondPerDevice: 4,
  maxTrackedDevices: 65_536,
  uploadStallTimeoutMs: 20_000,
  maxReportPieces: 16,
  closeTimeoutMs: 2_000,
  maxParameters: 67_108_864,
  maxPlanBytes: 4_194_304,
  maxExampleCount: 1_048_576,
  maxMetrics: 32,
  maxHeldArtifacts: 16,
  maxEnrolmentTokenBytes: 4_096,
  maxSelfRegisteredDevices: 262_144,
  maxCohort: 16_384,
  maxWaitingClients: 16_384,
};

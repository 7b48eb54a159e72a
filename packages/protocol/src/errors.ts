/** What one error code means on the wire and to a caller. */
interface CodeEntry {
  /** Number in `Failure.code`; null for codes that never leave the side that raised them. */
  readonly wire: number | null;
  /** WebSocket close code sent when the code ends the session; null when the session goes on. */
  readonly close: number | null;
  /** Whether trying the same thing again later can succeed. */
  readonly retryable: boolean;
}

const code = (wire: number | null, close: number | null, retryable: boolean): CodeEntry => ({
  wire,
  close,
  retryable,
});

/**
 * Every error code with its wire number and WebSocket close code: the one table.
 * Wire numbers are permanent; a retired number is never used again.
 */
export const ERROR_CODES = {
  // The session and its bytes.
  INTERNAL: code(1, 1011, true),
  MALFORMED_FRAME: code(2, 4400, false),
  HANDSHAKE_FAILED: code(3, 4401, false),
  UNEXPECTED_MESSAGE: code(4, 4409, false),
  FRAME_TOO_LARGE: code(5, 1009, false),
  TIMED_OUT: code(6, 4408, true),
  VERSION_UNSUPPORTED: code(7, 4426, false),
  SERVER_STOPPING: code(8, 4503, true),
  TOO_MANY_CONNECTIONS: code(9, 4429, true),
  RATE_LIMITED: code(10, 4430, true),

  // Check-in and configuration.
  POPULATION_UNKNOWN: code(20, null, true),
  NO_OPEN_ROUND: code(21, null, true),
  NOT_ELIGIBLE: code(22, null, false),
  MODEL_UNAVAILABLE: code(23, null, true),
  ENROLMENT_REQUIRED: code(24, null, false),
  TOKEN_INVALID: code(25, null, false),
  TOKEN_EXPIRED: code(26, null, true),
  DEVICE_REVOKED: code(27, null, false),
  DEVICE_PROOF_INVALID: code(28, 4403, false),
  POPULATION_FULL: code(29, null, true),

  // Reports.
  ROUND_CLOSED: code(40, null, true),
  ROUND_MISMATCH: code(41, null, false),
  REPORT_DUPLICATE: code(42, null, false),
  REPORT_NONCE_INVALID: code(43, null, false),
  UPDATE_SHAPE: code(44, null, false),
  UPDATE_NOT_FINITE: code(45, null, false),
  UPDATE_OUT_OF_RANGE: code(46, null, false),
  UPDATE_MALFORMED: code(47, null, false),
  EXAMPLE_COUNT_INVALID: code(48, null, false),
  METRICS_INVALID: code(49, null, false),

  // Why a client withdraws from a round.
  PLAN_SIGNATURE_INVALID: code(60, null, false),
  PLAN_INVALID: code(61, null, false),
  PLAN_REFUSED: code(62, null, false),
  ARTIFACT_HASH_MISMATCH: code(63, null, true),
  ARTIFACT_CHUNK_INVALID: code(64, null, true),
  EXAMPLES_INVALID: code(65, null, false),
  MODEL_UNSUPPORTED: code(66, null, false),
  TRAINING_FAILED: code(67, null, true),
  CHECKPOINT_CORRUPT: code(68, null, false),
  ABORTED: code(69, null, false),

  // Raised on one side only.
  BAD_PARAMETER: code(null, null, false),
  SERVER_KEY_MISMATCH: code(null, 4401, false),
  CONNECTION_FAILED: code(null, null, true),
  CONNECTION_LOST: code(null, null, true),
  INSECURE_URL: code(null, null, false),
  ENGINE_UNAVAILABLE: code(null, null, false),
  CONFIG_INVALID: code(null, null, false),
  TASK_INVALID: code(null, null, false),
  TASK_UNKNOWN: code(null, null, false),
  TASK_STATE_CONFLICT: code(null, null, false),
  ROUND_UNKNOWN: code(null, null, false),
  CHECKPOINT_UNKNOWN: code(null, null, false),
  PORT_IN_USE: code(null, null, false),
  DATA_UNREADABLE: code(null, null, false),
  STORAGE_UNAVAILABLE: code(null, null, true),
  STORAGE_LOCKED: code(null, null, false),
  ADMIN_UNAUTHORIZED: code(null, null, false),
  ADMIN_UNREACHABLE: code(null, null, true),
  NETWORK_UNAVAILABLE: code(null, null, true),
  ADMIN_FORBIDDEN: code(null, null, false),
  ADMIN_ROUTE_UNKNOWN: code(null, null, false),
  ADMIN_METHOD_UNKNOWN: code(null, null, false),
  ADMIN_BODY_TOO_LARGE: code(null, null, false),
  ADMIN_BODY_TYPE: code(null, null, false),
  ADMIN_TOKEN_UNKNOWN: code(null, null, false),
  ADMIN_TOKEN_CONFLICT: code(null, null, false),
  DEVICE_UNKNOWN: code(null, null, false),
  PARTIAL_SUM_INVALID: code(null, null, false),
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface TributaryErrorOptions {
  /** What the reader should do about it: one sentence. */
  readonly remedy?: string;
  /** How long to wait before trying again, milliseconds. */
  readonly retryAfterMs?: number;
  /** Facts that name the culprit (a path, a field, an index); never secrets or examples. */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/**
 * The one error that Tributary throws. Tell errors apart by `code`: `instanceof` fails across bundles and realms.
 */
export class TributaryError extends Error {
  override readonly name = "TributaryError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly context: Readonly<Record<string, string | number | boolean>>;

  /** @param message - The cause, as a clause without a final stop; `remedy` says what to do. */
  constructor(errorCode: ErrorCode, message: string, options: TributaryErrorOptions = {}) {
    super(options.remedy === undefined ? message : `${message}. ${options.remedy}`, {
      cause: options.cause,
    });
    this.code = errorCode;
    this.retryable = ERROR_CODES[errorCode].retryable;
    this.remedy = options.remedy;
    this.retryAfterMs = options.retryAfterMs;
    this.context = options.context ?? {};
  }
}

/** True for a `TributaryError` of any copy of this package, and of the given code if one is named. */
export function isTributaryError(value: unknown, errorCode?: ErrorCode): value is TributaryError {
  return (
    value instanceof Error &&
    value.name === "TributaryError" &&
    "code" in value &&
    typeof value.code === "string" &&
    value.code in ERROR_CODES &&
    (errorCode === undefined || value.code === errorCode)
  );
}

/** Returns `value` if it is a `TributaryError`, else wraps it as `errorCode` with `value` as the cause. */
export function asTributaryError(
  value: unknown,
  errorCode: ErrorCode = "INTERNAL",
  message?: string,
): TributaryError {
  if (isTributaryError(value)) return value;
  const text = value instanceof Error ? value.message : String(value);
  return new TributaryError(errorCode, message === undefined ? text : `${message}: ${text}`, {
    cause: value,
  });
}

const BY_WIRE_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERROR_CODES).flatMap(([name, entry]) =>
    entry.wire === null ? [] : [[entry.wire, name as ErrorCode]],
  ),
);

/** The code with that wire number; `INTERNAL` for a number this build does not know. */
export function errorCodeFromWire(wire: number): ErrorCode {
  return BY_WIRE_NUMBER.get(wire) ?? "INTERNAL";
}

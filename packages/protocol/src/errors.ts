// Every error of Tributary is a `TributaryError` with one of the codes below. The code is stable
// and says what happened. The message says why, and what to do about it.

/** What an error code means to the other side and to a caller. */
interface CodeEntry {
  /**
   * The number that stands for the code in messages; `null` for codes that never leave their side.
   */
  readonly wire: number | null;
  /**
   * The WebSocket close code with which the code ends a session; `null` when the session goes on.
   */
  readonly close: number | null;
  /** Whether the same attempt can succeed later. */
  readonly retryable: boolean;
}

/** One row of the table. */
const code = (wire: number | null, close: number | null, retryable: boolean): CodeEntry => ({
  wire,
  close,
  retryable,
});

/**
 * Every error code with its number on the wire, its WebSocket close code, and whether to try again:
 * the one table. docs/protocol.md lists the codes that have a number, with the same meanings.
 * Numbers are permanent; the number of a code that is removed is never used again.
 */
export const ERROR_CODES = {
  // The session and its bytes.
  /** Something failed that no other code describes: a fault of the software. */
  INTERNAL: code(1, 1011, true),
  /** A frame, record or message does not have the form that the protocol gives it. */
  MALFORMED_FRAME: code(2, 4400, false),
  /** The handshake failed: another server key, another protocol, or altered bytes. */
  HANDSHAKE_FAILED: code(3, 4401, false),
  /** The message is well-formed, but the session's state does not allow it. */
  UNEXPECTED_MESSAGE: code(4, 4409, false),
  /** A frame, or all that came before the welcome, is longer than its limit. */
  FRAME_TOO_LARGE: code(5, 1009, false),
  /** The other side did not send in time what was due. */
  TIMED_OUT: code(6, 4408, true),
  /** Client and server have no protocol version in common. */
  VERSION_UNSUPPORTED: code(7, 4426, false),
  /** The server stops, and says when to come back. */
  SERVER_STOPPING: code(8, 4503, true),
  /** The server has as many connections as it may hold. */
  TOO_MANY_CONNECTIONS: code(9, 4429, true),
  /** A session, address or device has sent requests faster than its limits allow. */
  RATE_LIMITED: code(10, 4430, true),
  /** The server's store, a database or a disk, does not answer or cannot be written to. */
  STORAGE_UNAVAILABLE: code(11, null, true),

  // Check-in and configuration.
  /**
   * The server knows no such population. Not used today: servers answer `NO_OPEN_ROUND` instead.
   */
  POPULATION_UNKNOWN: code(20, null, true),
  /** No round needs the client now: none begins soon, or enough clients wait. */
  NO_OPEN_ROUND: code(21, null, true),
  /** The client does not meet what the task asks for, for example the number of examples. */
  NOT_ELIGIBLE: code(22, null, false),
  /** The population has no model yet. */
  MODEL_UNAVAILABLE: code(23, null, true),
  /** The population asks for a token or a device key that the client did not show. */
  ENROLMENT_REQUIRED: code(24, null, false),
  /** The enrolment token is not valid for this population or device. */
  TOKEN_INVALID: code(25, null, false),
  /** The enrolment token was valid, and has expired. */
  TOKEN_EXPIRED: code(26, null, true),
  /** The operator has revoked the device. */
  DEVICE_REVOKED: code(27, null, false),
  /** The proof does not show that the client holds the device's secret. */
  DEVICE_PROOF_INVALID: code(28, 4403, false),
  /** Devices register themselves, and the population has as many as its limit allows. */
  POPULATION_FULL: code(29, null, true),
  /** The population is open, and its task does not let strangers download the model. */
  MODEL_NOT_PUBLIC: code(30, null, false),

  // Reports.
  /** The round no longer takes reports. */
  ROUND_CLOSED: code(40, null, true),
  /** The report names another round than the one that the session is in. */
  ROUND_MISMATCH: code(41, null, false),
  /**
   * The session has already reported in this round. Not used today: servers close such a session
   * with `UNEXPECTED_MESSAGE` instead.
   */
  REPORT_DUPLICATE: code(42, null, false),
  /** The report does not repeat the nonce that this session was given. */
  REPORT_NONCE_INVALID: code(43, null, false),
  /** The update has another length than the plan asks for. */
  UPDATE_SHAPE: code(44, null, false),
  /** The update holds a value that is NaN or infinite. */
  UPDATE_NOT_FINITE: code(45, null, false),
  /** The update holds a value that is too large to be added exactly. */
  UPDATE_OUT_OF_RANGE: code(46, null, false),
  /** The payload is of another codec than the plan's, or not one that its codec could have made. */
  UPDATE_MALFORMED: code(47, null, false),
  /** The number of examples in the report is out of range. */
  EXAMPLE_COUNT_INVALID: code(48, null, false),
  /** The metrics of the report are not those of the plan, or not finite. */
  METRICS_INVALID: code(49, null, false),

  // Why a client withdraws from a round.
  /** The plan's signature is not valid under the pinned server key. */
  PLAN_SIGNATURE_INVALID: code(60, null, false),
  /** The plan does not have the form that a plan must have, or asks for what the model lacks. */
  PLAN_INVALID: code(61, null, false),
  /** The plan is valid, but does not keep to what the client insists on. */
  PLAN_REFUSED: code(62, null, false),
  /** A plan or checkpoint does not have the announced SHA-256. */
  ARTIFACT_HASH_MISMATCH: code(63, null, true),
  /** A sealed chunk is not the next one, or is not authentic. */
  ARTIFACT_CHUNK_INVALID: code(64, null, true),
  /** The app's examples do not fit the model or the plan. */
  EXAMPLES_INVALID: code(65, null, false),
  /** The model cannot be read, or is too large for this client. */
  MODEL_UNSUPPORTED: code(66, null, false),
  /** Training or evaluation failed on the client. */
  TRAINING_FAILED: code(67, null, true),
  /** The checkpoint does not fit the model, or holds a value that is not finite. */
  CHECKPOINT_CORRUPT: code(68, null, false),
  /** The app, or the person who runs the command, has stopped it. */
  ABORTED: code(69, null, false),
  /** The client lacks the tokenizer that the plan's data contract names. */
  TOKENIZER_UNAVAILABLE: code(70, null, false),
  /** The device does not meet the plan's conditions, or the person's own, now. */
  CONDITIONS_UNMET: code(71, null, true),

  // These are raised on one side and never sent to the other.
  /** An argument is out of its range: a fault of the caller. */
  BAD_PARAMETER: code(null, null, false),
  /** The server did not prove that it holds the key that the client pins. */
  SERVER_KEY_MISMATCH: code(null, 4401, false),
  /** No connection could be made. */
  CONNECTION_FAILED: code(null, null, true),
  /** The connection ended without an error of the protocol. */
  CONNECTION_LOST: code(null, null, true),
  /** The server's address has no TLS and is not a loopback address. */
  INSECURE_URL: code(null, null, false),
  /** What computes here is missing, for example WebAssembly. */
  ENGINE_UNAVAILABLE: code(null, null, false),
  /** The configuration of a server or a command is wrong. */
  CONFIG_INVALID: code(null, null, false),
  /** A task file does not have the form that a task must have. */
  TASK_INVALID: code(null, null, false),
  /** There is no task with this id or name. */
  TASK_UNKNOWN: code(null, null, false),
  /** What the server has stored of a task cannot be read: it is newer than the server, or damaged. */
  TASK_UNREADABLE: code(null, null, false),
  /** The task's state does not allow what was asked for. */
  TASK_STATE_CONFLICT: code(null, null, false),
  /** There is no round with this id. */
  ROUND_UNKNOWN: code(null, null, false),
  /** There is no such checkpoint. */
  CHECKPOINT_UNKNOWN: code(null, null, false),
  /** Another process listens on the port. */
  PORT_IN_USE: code(null, null, false),
  /** A file or a data set is missing or cannot be read. */
  DATA_UNREADABLE: code(null, null, false),
  /** Another process or tab uses the data folder or the database. */
  STORAGE_LOCKED: code(null, null, false),
  /** The browser or the system does not let the app keep data on the device. */
  STORAGE_DENIED: code(null, null, false),
  /** The device, or the quota that the app has set, has no room for more. */
  STORAGE_FULL: code(null, null, false),
  /** What the app keeps on the device was changed, moved or lost in part. */
  STORAGE_DAMAGED: code(null, null, false),
  /** A newer version of the app has written what is kept on the device. */
  STORAGE_NEWER: code(null, null, false),
  /** Another server has taken over the lease of the database. */
  LEASE_LOST: code(null, null, true),
  /** A request to the admin API has no valid token. */
  ADMIN_UNAUTHORIZED: code(null, null, false),
  /** No admin API was found, or it does not answer. */
  ADMIN_UNREACHABLE: code(null, null, true),
  /** A download failed. */
  NETWORK_UNAVAILABLE: code(null, null, true),
  /** The token's role, or the origin of the request, does not allow it. */
  ADMIN_FORBIDDEN: code(null, null, false),
  /** The admin API has no such path. */
  ADMIN_ROUTE_UNKNOWN: code(null, null, false),
  /** The path does not take this HTTP method. */
  ADMIN_METHOD_UNKNOWN: code(null, null, false),
  /** The body of the request is longer than the route takes. */
  ADMIN_BODY_TOO_LARGE: code(null, null, false),
  /** The body of the request has a type that the route does not take. */
  ADMIN_BODY_TYPE: code(null, null, false),
  /** There is no admin token with this id. */
  ADMIN_TOKEN_UNKNOWN: code(null, null, false),
  /** The state of the admin token, or of the others, does not allow it. */
  ADMIN_TOKEN_CONFLICT: code(null, null, false),
  /** The idempotency key of the request has created another task. */
  ADMIN_KEY_REUSED: code(null, null, false),
  /** The population has no such device. */
  DEVICE_UNKNOWN: code(null, null, false),
  /** A partial sum of reports is damaged, or belongs to another round. */
  PARTIAL_SUM_INVALID: code(null, null, false),
} as const satisfies Record<string, CodeEntry>;

/** The name of an error: stable, and what callers tell errors apart by. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a value is the name of an error that this version knows. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}

/** What an error may say besides its code and its cause. */
export interface TributaryErrorOptions {
  /** What the reader should do about it, as one or two whole sentences. */
  readonly remedy?: string;
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs?: number;
  /**
   * Facts that say where the fault is, such as a path, a field or an index. Never secrets or
   * examples.
   */
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * The one class of errors that Tributary throws. Tell errors apart by their `code`, with
 * `isTributaryError`: `instanceof` fails when an app contains two copies of this package, or when
 * an error comes from another realm.
 */
export class TributaryError extends Error {
  override readonly name = "TributaryError";
  readonly code: ErrorCode;
  /** Whether the same attempt can succeed later. */
  readonly retryable: boolean;
  /** What to do about it; the message ends with it. */
  readonly remedy: string | undefined;
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Facts that say where the fault is; empty when there are none. */
  readonly context: Readonly<Record<string, string | number | boolean>>;

  /**
   * @param message - The cause, as a clause without a full stop. The error's message is this
   * clause, and then the remedy.
   */
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

/**
 * Whether a value is a `TributaryError`, of any copy of this package and, if a code is given, with
 * that code.
 */
export function isTributaryError(value: unknown, errorCode?: ErrorCode): value is TributaryError {
  return (
    value instanceof Error &&
    value.name === "TributaryError" &&
    "code" in value &&
    isErrorCode(value.code) &&
    (errorCode === undefined || value.code === errorCode)
  );
}

/**
 * Makes a `TributaryError` of anything that was thrown.
 * @param errorCode - The code for a value that is not a `TributaryError` yet.
 * @param message - Put in front of the value's own message.
 * @returns `value` itself if it is a `TributaryError`; else a new error with `value` as its cause.
 */
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

/** An error's message without the remedy that it ends with. */
export function clauseOf({ message, remedy }: TributaryError): string {
  const ending = `. ${remedy}`;
  return remedy !== undefined && message.endsWith(ending)
    ? message.slice(0, -ending.length)
    : message;
}

const BY_WIRE_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERROR_CODES).flatMap(([name, entry]) =>
    entry.wire === null ? [] : [[entry.wire, name as ErrorCode]],
  ),
);

/**
 * The code with this number on the wire; `INTERNAL` for a number that this version does not know.
 */
export function errorCodeFromWire(wire: number): ErrorCode {
  return BY_WIRE_NUMBER.get(wire) ?? "INTERNAL";
}

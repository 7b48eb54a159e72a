import type { ErrorCode } from "@tributary/protocol";

/**
 * The HTTP status of every error code; null for codes that no route answers with. The compiler asks
 * for the status of each new code, and a route can name no code without one.
 */
const STATUS_OF = {
  BAD_PARAMETER: 400,
  ADMIN_UNAUTHORIZED: 401,
  ADMIN_FORBIDDEN: 403,
  TASK_UNKNOWN: 404,
  ROUND_UNKNOWN: 404,
  CHECKPOINT_UNKNOWN: 404,
  ADMIN_TOKEN_UNKNOWN: 404,
  DEVICE_UNKNOWN: 404,
  ADMIN_ROUTE_UNKNOWN: 404,
  ADMIN_METHOD_UNKNOWN: 405,
  TASK_STATE_CONFLICT: 409,
  TASK_UNREADABLE: 409,
  ADMIN_TOKEN_CONFLICT: 409,
  ADMIN_BODY_TOO_LARGE: 413,
  ADMIN_BODY_TYPE: 415,
  TASK_INVALID: 422,
  PLAN_INVALID: 422,
  METRICS_INVALID: 422,
  MODEL_UNSUPPORTED: 422,
  ADMIN_KEY_REUSED: 422,
  DATA_UNREADABLE: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  CHECKPOINT_CORRUPT: 500,
  STORAGE_UNAVAILABLE: 503,
  STORAGE_LOCKED: 503,
  LEASE_LOST: 503,
  SERVER_STOPPING: 503,

  // Clients and commands meet these, and the admin API does not.
  STORAGE_DENIED: null,
  STORAGE_FULL: null,
  STORAGE_DAMAGED: null,
  STORAGE_NEWER: null,
  MALFORMED_FRAME: null,
  HANDSHAKE_FAILED: null,
  UNEXPECTED_MESSAGE: null,
  FRAME_TOO_LARGE: null,
  TIMED_OUT: null,
  VERSION_UNSUPPORTED: null,
  TOO_MANY_CONNECTIONS: null,
  POPULATION_UNKNOWN: null,
  NO_OPEN_ROUND: null,
  NOT_ELIGIBLE: null,
  MODEL_UNAVAILABLE: null,
  ENROLMENT_REQUIRED: null,
  TOKEN_INVALID: null,
  TOKEN_EXPIRED: null,
  DEVICE_REVOKED: null,
  DEVICE_PROOF_INVALID: null,
  POPULATION_FULL: null,
  MODEL_NOT_PUBLIC: null,
  ROUND_CLOSED: null,
  ROUND_MISMATCH: null,
  REPORT_DUPLICATE: null,
  REPORT_NONCE_INVALID: null,
  UPDATE_SHAPE: null,
  UPDATE_NOT_FINITE: null,
  UPDATE_OUT_OF_RANGE: null,
  UPDATE_MALFORMED: null,
  EXAMPLE_COUNT_INVALID: null,
  PLAN_SIGNATURE_INVALID: null,
  PLAN_REFUSED: null,
  CONDITIONS_UNMET: null,
  ARTIFACT_HASH_MISMATCH: null,
  ARTIFACT_CHUNK_INVALID: null,
  EXAMPLES_INVALID: null,
  TRAINING_FAILED: null,
  ABORTED: null,
  TOKENIZER_UNAVAILABLE: null,
  SERVER_KEY_MISMATCH: null,
  CONNECTION_FAILED: null,
  CONNECTION_LOST: null,
  INSECURE_URL: null,
  ENGINE_UNAVAILABLE: null,
  CONFIG_INVALID: null,
  PORT_IN_USE: null,
  ADMIN_UNREACHABLE: null,
  NETWORK_UNAVAILABLE: null,
  PARTIAL_SUM_INVALID: null,
} as const satisfies Readonly<Record<ErrorCode, number | null>>;

/** An error code that a route of the admin API may answer with. */
export type AnsweredCode = {
  [Code in ErrorCode]: (typeof STATUS_OF)[Code] extends number ? Code : never;
}[ErrorCode];

/**
 * The HTTP status of an error. It is 500 for a code that no route should answer with: the server is
 * at fault then, and not the caller.
 */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF[code] ?? 500;
}

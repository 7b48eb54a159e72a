import { ERROR_CODES, type ErrorCode } from "@tributary/protocol";

/**
 * Whether a member that withdraws with this code would do so again and again: what it was sent does
 * not suit it. A person who stops the app says nothing about the task.
 */
export function isPermanentRefusal(code: ErrorCode): boolean {
  return !ERROR_CODES[code].retryable && code !== "ABORTED";
}

import { TributaryError } from "@tributary/protocol";
import { AdvisedError, type Advice } from "./advice.ts";

/** What the user can do about a file at fault, and what else is known of the fault. */
interface FaultFacts {
  readonly remedy: string | Advice;
  /** The line at fault, counted from 1. */
  readonly line?: number;
  /** The name of the column at fault. */
  readonly column?: string;
  readonly cause?: unknown;
}

/**
 * The error for a file of data that is not as it should be.
 * @param fault - What is wrong with the file, as the rest of a sentence that begins with its name.
 *   The line and the column are added to it.
 */
export function unreadable(file: string, fault: string, facts: FaultFacts): TributaryError {
  const { remedy, line, column, cause } = facts;
  const place = [
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ].join(", ");
  const message = `${file} ${fault}${place === "" ? "" : ` in ${place}`}`;
  const context = {
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
  return typeof remedy === "string"
    ? new TributaryError("DATA_UNREADABLE", message, { remedy, context, cause })
    : new AdvisedError("DATA_UNREADABLE", message, { advice: remedy, context, cause });
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

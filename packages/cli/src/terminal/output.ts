import { asTributaryError, clauseOf, isTributaryError } from "@tributary/protocol";
import { inWordsOf } from "@tributary/simulator/names";
import { settingOption } from "./setting-options.ts";

/** Where a command writes: its result to standard output, and everything else to standard error. */
export interface Output {
  /** Prints the command's result: `data` as one line of JSON with `--json`, else `text`. */
  result(data: object, text: string): void;
  /**
   * Prints a line for a person while the command works. With `--json` it is printed in a terminal
   * only.
   */
  say(line: string): void;
  /** Replaces the current line in a terminal; elsewhere it prints nothing. */
  redraw(line: string): void;
}

/** A stream that may be a terminal. */
interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/**
 * Makes the output of one command.
 * @param json - Whether the user gave `--json`.
 * @param streams - The standard streams of this process, unless a test gives others.
 */
export function createOutput(
  json: boolean,
  { stdout, stderr }: { readonly stdout: Screen; readonly stderr: Screen } = process,
): Output {
  const isTerminal = stderr.isTTY === true;
  // With --json a program reads the result. A person may still watch the progress in a terminal,
  // but a log file that collects standard error is not filled with it.
  const isSilent = json && !isTerminal;
  let drawn = false;
  const clear = (): void => {
    if (drawn) stderr.write("\r\u001b[K");
    drawn = false;
  };
  return {
    result(data, text) {
      clear();
      stdout.write(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
    },
    say(line) {
      clear();
      if (!isSilent) stderr.write(`${line}\n`);
    },
    redraw(line) {
      if (!isTerminal) return;
      // Some terminals say that their width is 0.
      const columns = stderr.columns === undefined || stderr.columns === 0 ? 80 : stderr.columns;
      stderr.write(`\r\u001b[K${line.slice(0, columns - 1)}`);
      drawn = true;
    },
  };
}

/** Errors that mean that the command line is wrong, as opposed to a command that has failed. */
const USAGE_CODES: ReadonlySet<string> = new Set(["BAD_PARAMETER"]);

/**
 * Tells the user what went wrong and what to do about it: in words on standard error, and with
 * `--json` also as the one line `{"error": …}` on standard output.
 * @returns The exit code: 2 for a wrong command line, else 1.
 */
export function reportError(error: unknown, json: boolean): number {
  const told = asTributaryError(inWordsOf(error, settingOption));
  const { code, remedy, context } = told;
  const message = clauseOf(told);
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, remedy, context } })}\n`);
  }
  process.stderr.write(`tributary: ${message} [${code}]\n`);
  if (remedy !== undefined) process.stderr.write(`  ${remedy}\n`);
  if (!isTributaryError(error) && error instanceof Error && error.stack !== undefined) {
    process.stderr.write(`${error.stack}\n`);
  }
  return USAGE_CODES.has(code) ? 2 : 1;
}

/** "12.3 kB", with decimal units: 1 kB is 1,000 bytes. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** "12.3 s". */
export function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Formats rows as a table whose columns are aligned. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

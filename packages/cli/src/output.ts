import { isTributaryError, asTributaryError, type TributaryError } from "@tributary/protocol";

/** Where a command's words go: results to standard output, everything else to standard error. */
export interface Output {
  readonly json: boolean;
  /** Whether standard error is a terminal, where lines may be redrawn. */
  readonly interactive: boolean;
  /** The command's result: one JSON line with `--json`, else the text. */
  result(data: object, text: string): void;
  /** Something worth a line for a person while the command works; silent with `--json`. */
  say(line: string): void;
  /** Redraws the current line on a terminal; elsewhere nothing. */
  redraw(line: string): void;
}

export function createOutput(json: boolean): Output {
  const { stdout, stderr } = process;
  const interactive = stderr.isTTY && !json;
  let drawn = false;
  const clear = (): void => {
    if (drawn) stderr.write("\r\u001b[K");
    drawn = false;
  };
  return {
    json,
    interactive,
    result(data, text) {
      clear();
      stdout.write(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
    },
    say(line) {
      clear();
      if (!json) stderr.write(`${line}\n`);
    },
    redraw(line) {
      if (!interactive) return;
      // Some terminals say that they have no width.
      const columns = stderr.columns > 0 ? stderr.columns : 80;
      stderr.write(`\r\u001b[K${line.slice(0, columns - 1)}`);
      drawn = true;
    },
  };
}

/** Bad use of the command line, as opposed to a command that failed. */
const USAGE_CODES: ReadonlySet<string> = new Set(["BAD_PARAMETER"]);

/**
 * Tells the user what went wrong and what to do: in words on standard error, and with `--json` also as the one line
 * `{"error": …}` on standard output.
 * @returns The exit code: 2 for bad usage, else 1.
 */
export function reportError(error: unknown, json: boolean): number {
  const told = asTributaryError(error);
  const { code, remedy, context } = told;
  const message = causeOf(told);
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

/** An error's message without the remedy that it ends with. */
export function causeOf({ message, remedy }: TributaryError): string {
  const ending = remedy === undefined ? "" : `. ${remedy}`;
  return message.endsWith(ending) ? message.slice(0, message.length - ending.length) : message;
}

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

export function formatSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Rows as columns of equal width. */
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

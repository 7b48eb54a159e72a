import type { CommanderError } from "commander";
import { TributaryError } from "@tributary/protocol";

/**
 * Turns Commander's error about a wrong command line into a `TributaryError`.
 * @param command - The command as a user types it, such as "tributary task create".
 * @returns An error with the code `BAD_PARAMETER`. Its remedy contains Commander's own hint if
 *   there is one.
 */
export function usageError({ message }: CommanderError, command: string): TributaryError {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  // "option '--clients <count>' argument '0' is invalid. Give a whole number from 1 to 10000."
  const [, cause = first, hint = ""] = /^(.*?)\. (.+)$/.exec(first) ?? [];
  const guess = /\(Did you mean (.+)\?\)/.exec(more.join(" "))?.[1];
  const remedy = [
    guess === undefined ? hint : `Perhaps you meant ${guess}.`,
    `\`${command} --help\` shows how to use it.`,
  ];
  return new TributaryError(
    "BAD_PARAMETER",
    cause.charAt(0).toUpperCase() + cause.slice(1).replace(/\.$/, ""),
    { remedy: remedy.filter((sentence) => sentence !== "").join(" ") },
  );
}

import { asTributaryError, clauseOf } from "@tributary/protocol";
import { say, show } from "./elements.ts";

/** What to say in place of a message that is written for developers. */
const PLAIN: Readonly<Record<string, readonly [title: string, remedy: string]>> = {
  SERVER_KEY_MISMATCH: [
    "This is not the server that the link is for",
    "Somebody may have put another one in its place. Nothing was sent. Ask for the link again.",
  ],
  CONNECTION_FAILED: [
    "The server cannot be reached",
    "Check your connection. What you have given is still here: try again later.",
  ],
  MODEL_UNAVAILABLE: [
    "This task does not run now",
    "It may have ended, or not begun. Ask whoever invited you.",
  ],
};

/** Shows what has gone wrong, and what to do about it. */
export function showProblem(error: unknown): void {
  const fault = asTributaryError(error);
  const { code, remedy } = fault;
  const [title, advice] = PLAIN[code] ?? [clauseOf(fault), remedy ?? ""];
  say("problem-title", title);
  say("problem-remedy", advice);
  say("problem-code", code);
  show("problem");
}

/** Takes the last problem away, when something else is tried. */
export function clearProblem(): void {
  show("problem", false);
}

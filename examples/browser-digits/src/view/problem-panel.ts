import type { ErrorCode, TributaryError } from "@tributary/client-sdk";
import type { PageState } from "../page-state.ts";
import { element, setText } from "./elements.ts";

/** Titles that a reader understands who does not know the error codes. */
const TITLES: Partial<Record<ErrorCode, string>> = {
  SERVER_KEY_MISMATCH: "This server does not hold the key that you gave",
  CONNECTION_FAILED: "The server cannot be reached",
  CONNECTION_LOST: "The connection was lost",
  SERVER_STOPPING: "The server is stopping",
  TIMED_OUT: "The server does not answer",
  INSECURE_URL: "This address is not safe to use",
  BAD_PARAMETER: "A setting is wrong",
  VERSION_UNSUPPORTED: "This page and the server have versions that do not fit together",
  PLAN_SIGNATURE_INVALID: "The training plan was not signed by the server",
  ENGINE_UNAVAILABLE: "This browser cannot train",
};

/**
 * Says what went wrong and what to do. While the client tries again by itself, it shows how long
 * that takes; when the client has stopped, it is red.
 */
export class ProblemPanel {
  readonly #panel = element("problem", HTMLElement);
  readonly #title = element("problem-title", HTMLElement);
  readonly #cause = element("problem-cause", HTMLElement);
  readonly #remedy = element("problem-remedy", HTMLElement);
  readonly #code = element("problem-code", HTMLElement);
  readonly #wait = element("problem-wait", HTMLElement);

  render({ activity }: PageState, nowMs: number): void {
    if (activity.type === "connecting" && activity.attempt > 1) {
      setText(this.#wait, "Trying again.");
      return;
    }
    if (activity.type !== "failed" && activity.type !== "offline") {
      this.#panel.hidden = true;
      return;
    }
    const { error } = activity;
    this.#panel.classList.toggle("passing", activity.type === "offline");
    setText(this.#title, TITLES[error.code] ?? "Something went wrong");
    setText(this.#cause, causeOf(error));
    setText(this.#remedy, error.remedy ?? "");
    this.#remedy.hidden = error.remedy === undefined;
    setText(this.#code, error.code);
    setText(
      this.#wait,
      activity.type === "offline"
        ? waitText(activity.untilMs - nowMs)
        : "The page does not try again by itself.",
    );
    this.#panel.hidden = false;
  }
}

/** The error's message without the remedy at its end, as a sentence. */
function causeOf({ message, remedy }: TributaryError): string {
  const cause = remedy === undefined ? message : message.slice(0, -`. ${remedy}`.length);
  return `${cause}.`;
}

function waitText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again.";
}

import { formatBytes, formatPercent, formatSeconds, shortId } from "./format.ts";
import type { PageEvent } from "./page-event.ts";

/** One line of the event log. */
export interface LogLine {
  readonly atMs: number;
  /** How the line is coloured. */
  readonly tone: "plain" | "good" | "bad";
  readonly text: string;
}

/**
 * The line for an event; `undefined` for events that are not logged because they come too often.
 */
export function logLine(event: PageEvent, atMs: number): LogLine | undefined {
  const plain = (text: string): LogLine => ({ atMs, tone: "plain", text });
  const good = (text: string): LogLine => ({ atMs, tone: "good", text });
  const bad = (text: string): LogLine => ({ atMs, tone: "bad", text });
  switch (event.type) {
    case "joining":
    case "training":
    case "downloading":
    case "uploading":
    case "reporting":
      return undefined;
    case "prepared":
      return plain(`Drew ${event.exampleCount} digits`);
    case "connecting":
      return event.attempt === 1 ? undefined : plain(`Connecting again, attempt ${event.attempt}`);
    case "connected":
      return good("Connected: the server proved that it holds the pinned key");
    case "checked-in":
      return plain(`Checked in with ${event.exampleCount} digits, waiting for a round`);
    case "rejected":
      return plain(`Check-in rejected: ${event.message} (${event.code})`);
    case "check-in-failed":
      return plain(`Could not check in: ${event.error.message}`);
    case "selected":
      return plain(`Selected for round ${event.roundNumber} of ${event.task}`);
    case "resumed":
      return good("Connected again, and back in the round");
    case "downloaded":
      return plain(
        event.cached
          ? "Plan and model verified; this page held both already"
          : `Plan and model verified; ${formatBytes(event.bytes)} received`,
      );
    case "thread-chosen":
      return plain(
        `Works in ${event.thread === "worker" ? "a Worker" : "the page"}: ${event.reason}`,
      );
    case "paused":
      return plain("Paused");
    case "continued":
      return plain("Goes on");
    case "waiting-for-tab":
      return plain("Waits for another tab, which takes part already");
    case "model-not-kept":
      return bad(`The model cannot be kept: ${event.error.message}`);
    case "network-changed":
      return event.change === "offline"
        ? bad("This device has no network any more")
        : plain("The network has changed");
    case "clock-leapt":
      return plain("The clock has leapt: this device slept, or its time was set");
    case "clock-off":
      return bad(
        `The clock of this device is wrong by ${formatSeconds(Math.abs(event.offsetMs) / 1_000)}`,
      );
    case "conditions-unmet":
      return plain(`Waits for ${event.unmet.map(({ condition }) => condition).join(", ")}`);
    case "conditions-met":
      return plain("The conditions hold: goes on");
    case "engine-chosen":
      return plain(`Trains with ${event.engine} on ${event.backend}: ${event.reason}`);
    case "trained":
      return plain(
        `Trained ${event.steps} steps in ${formatSeconds(event.seconds)}${metricsText(event.metrics)}`,
      );
    case "counted":
      return plain(`Counted the columns of ${event.exampleCount} digits`);
    case "evaluated":
      return plain(`Measured on ${event.exampleCount} digits${metricsText(event.metrics)}`);
    case "reported":
      return good(`The report was accepted; ${formatBytes(event.bytesUp)} sent`);
    case "report-refused":
      return bad(`The report was refused: ${event.message} (${event.code})`);
    case "round-finished":
      return finishedLine(event, good, bad);
    case "scored": {
      const { roundNumber, accuracy } = event.model;
      return plain(
        `The model of round ${roundNumber} reads ${formatPercent(accuracy)} of strangers’ digits correctly`,
      );
    }
    case "withdrawn":
    case "disconnected":
    case "failed":
      return bad(`${event.error.message} (${event.error.code})`);
    case "left":
      return plain("You left");
  }
}

/** The line for the end of a round. */
function finishedLine(
  event: Extract<PageEvent, { type: "round-finished" }>,
  good: (text: string) => LogLine,
  bad: (text: string) => LogLine,
): LogLine {
  const { outcome, roundNumber, taskFinished } = event;
  const end = taskFinished ? "; the task has finished" : "";
  return outcome.type === "committed"
    ? good(`Round ${roundNumber} committed as ${shortId(outcome.checkpoint)}${end}`)
    : bad(`Round ${roundNumber} was abandoned: ${outcome.reason}${end}`);
}

function metricsText({ loss, accuracy }: Readonly<Record<string, number>>): string {
  const parts = [
    loss === undefined ? [] : [`loss ${loss.toFixed(3)}`],
    accuracy === undefined ? [] : [`accuracy ${formatPercent(accuracy)}`],
  ].flat();
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}

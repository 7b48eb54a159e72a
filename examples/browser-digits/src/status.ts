import type { PageState, RoundView } from "./page-state.ts";

/**
 * What the page is doing, as a short text, and the colour of its dot. The text changes at the stops
 * of a round and not in between.
 */
export function statusOf(state: PageState): {
  readonly text: string;
  readonly tone: "good" | "busy" | "bad" | "";
} {
  const { activity, round } = state;
  switch (activity.type) {
    case "idle":
      return { text: "Not taking part", tone: "" };
    case "preparing":
      return { text: "Getting ready…", tone: "busy" };
    case "connecting":
      return { text: "Connecting…", tone: "busy" };
    case "waiting":
      return {
        text: state.taskFinished ? "The task is finished" : "Connected, waiting for the next round",
        tone: "good",
      };
    case "resting":
      return {
        text: state.taskFinished
          ? "The task is finished; waiting for another one"
          : "Connected, not needed now",
        tone: "good",
      };
    case "in-round":
      return { text: round === undefined ? "In a round" : roundStatus(round), tone: "good" };
    case "offline":
      return { text: "No connection", tone: "busy" };
    case "left":
      return { text: "You left; the model stays here", tone: "" };
    case "failed":
      return { text: "Stopped", tone: "bad" };
  }
}

function roundStatus({ number, stage }: RoundView): string {
  switch (stage) {
    case "downloading":
      return `Round ${number}: fetching the model`;
    case "training":
      return `Round ${number}: training`;
    case "reporting":
      return `Round ${number}: sending the update`;
    case "counted":
      return `Round ${number}: waiting for the others`;
    case "committed":
      return `Round ${number} is committed`;
    case "abandoned":
      return `Round ${number} was abandoned`;
    case "missed":
      return `Round ${number} went on without this page`;
  }
}

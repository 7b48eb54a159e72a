import type { ParticipationEvent } from "@tributary/client-sdk";
import { element, say, sizeText } from "./elements.ts";

/** Shows how participation gets on. */
export class TrainingView {
  #rounds = 0;
  #sent = 0;

  show(event: ParticipationEvent): void {
    switch (event.type) {
      case "connecting":
        return say("phase", "Connecting …");
      case "checked-in":
        return say("phase", "Waiting for the next round …");
      case "rejected":
        return say("phase", "The task does not need this device now. It asks again later.");
      case "waiting-for-tab":
        return say("phase", "Another tab takes part already. This one waits for it.");
      case "downloading":
        return say("phase", "Fetching the model …");
      case "training":
        say("phase", "Training on this device …");
        say("loss", event.loss.toFixed(3));
        return this.#progress(
          (event.epoch - 1 + event.batch / event.batches) / Math.max(1, event.epochs),
        );
      case "trained":
      case "evaluated": {
        const { accuracy, loss } = event.metrics;
        if (accuracy !== undefined) say("accuracy", `${(100 * accuracy).toFixed(1)} %`);
        if (loss !== undefined) say("loss", loss.toFixed(3));
        return this.#progress(1);
      }
      case "reporting":
        return say("phase", "Sending what was learned …");
      case "reported":
        this.#sent += event.bytesUp;
        say("sent", sizeText(this.#sent));
        return say("phase", "Sent. Waiting for the others …");
      case "round-finished":
        if (event.outcome.type === "committed" && event.counted) this.#rounds += 1;
        say("rounds", String(this.#rounds));
        return say("phase", endOf(event));
      case "disconnected":
        return say("phase", "The connection is lost. The page connects again by itself.");
      case "paused":
        return say("phase", "Paused");
      case "continued":
        return say("phase", "Going on …");
      default:
    }
  }

  /** Tells the person that they have stopped. */
  stopped(): void {
    say("phase", "You have stopped. What you sent before stays in the model.");
  }

  #progress(share: number): void {
    element("progress", HTMLProgressElement).value = Math.min(1, share);
  }
}

function endOf(event: Extract<ParticipationEvent, { type: "round-finished" }>): string {
  if (event.taskFinished) return "The task has ended. Thank you for taking part!";
  return event.outcome.type === "committed"
    ? `Round ${event.roundNumber} has made a new model. Waiting for the next one …`
    : "The round came to nothing. Waiting for the next one …";
}

interface Battery extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

/** Shows the battery where the browser tells of it. */
export async function showBattery(): Promise<void> {
  const { getBattery } = navigator as { getBattery?: () => Promise<Battery> };
  const battery = await getBattery?.call(navigator).catch(() => undefined);
  if (battery === undefined) return;
  const tell = (): void =>
    say("battery", `${Math.round(100 * battery.level)} %${battery.charging ? ", charging" : ""}`);
  for (const change of ["levelchange", "chargingchange"]) battery.addEventListener(change, tell);
  tell();
}

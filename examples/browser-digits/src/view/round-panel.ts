import { formatBytes, shortId } from "../format.ts";
import type { PageState, RoundStage } from "../page-state.ts";
import { element, setText } from "./elements.ts";

/**
 * The index of the stop at which a stage is, counted from 0. After the last stop the round is
 * committed.
 */
const STOP_AT: Record<RoundStage, number> = {
  downloading: 1,
  training: 2,
  reporting: 3,
  counted: 4,
  committed: 5,
  abandoned: 4,
  missed: 4,
};

/**
 * Shows the round that this page is in: its stop, the progress of training, and totals over all
 * rounds.
 */
export class RoundPanel {
  readonly #title = element("round-title", HTMLElement);
  readonly #task = element("round-task", HTMLElement);
  readonly #stops = [...element("stops", HTMLElement).children];
  readonly #progress = element("progress", HTMLProgressElement);
  readonly #progressText = element("progress-text", HTMLElement);
  readonly #loss = element("progress-loss", HTMLElement);
  readonly #checkpoint = element("checkpoint", HTMLElement);

  render(state: PageState): void {
    const { round, traffic, committed } = state;
    setText(this.#title, round === undefined ? "No round yet" : `Round ${round.number}`);
    setText(this.#task, round === undefined ? "" : round.task);
    this.#renderStops(state);
    this.#renderProgress(state);
    setText(element("reports", HTMLElement), String(state.reportsCounted));
    setText(element("bytes-up", HTMLElement), formatBytes(traffic.up));
    setText(
      element("bytes-down", HTMLElement),
      formatBytes(traffic.down + (round?.uncounted ?? 0)),
    );
    setText(this.#checkpoint, committed === undefined ? "none yet" : shortId(committed.checkpoint));
    this.#checkpoint.classList.toggle("none", committed === undefined);
    if (committed !== undefined) {
      this.#checkpoint.title = `Round ${committed.round}: ${committed.checkpoint}`;
    }
  }

  #renderStops({ activity, round }: PageState): void {
    const stage = round?.stage;
    // Between two rounds the last one stays on show. Before the first round the page is at the
    // check-in.
    const at = stage === undefined ? (activity.type === "waiting" ? 0 : -1) : STOP_AT[stage];
    const isLost = stage === "abandoned" || stage === "missed";
    this.#stops.forEach((stop, index) => {
      const isAt = index === at;
      stop.className = index < at ? "done" : isAt ? (isLost ? "lost" : "now") : "";
      if (isAt) stop.setAttribute("aria-current", "step");
      else stop.removeAttribute("aria-current");
    });
    const last = this.#stops.at(-1)?.firstElementChild;
    if (last instanceof Element) setText(last, isLost ? (stage ?? "") : "Commit");
  }

  #renderProgress({ round }: PageState): void {
    const progress = round?.progress;
    if (progress === undefined) {
      this.#progress.value = 0;
      setText(this.#progressText, "Training has not begun");
      setText(this.#loss, "");
      return;
    }
    const { epoch, epochs, batch, batches, loss } = progress;
    this.#progress.value = ((epoch - 1) * batches + batch) / (epochs * batches);
    setText(this.#progressText, `Epoch ${epoch} of ${epochs} · batch ${batch} of ${batches}`);
    setText(this.#loss, `loss ${loss.toFixed(3)}`);
  }
}

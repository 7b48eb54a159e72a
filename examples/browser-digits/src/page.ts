import { INITIAL_STATE, nextState, type PageEvent, type PageState } from "./page-state.ts";
import { Participant } from "./participant.ts";
import type { Settings } from "./settings.ts";
import { ConnectionPanel } from "./view/connection-panel.ts";
import { GuessPanel } from "./view/guess-panel.ts";
import { HistoryPanel } from "./view/history-panel.ts";
import { LogPanel } from "./view/log-panel.ts";
import { OwnDigits } from "./view/own-digits.ts";
import { ProblemPanel } from "./view/problem-panel.ts";
import { RoundPanel } from "./view/round-panel.ts";
import { Sketchpad } from "./view/sketchpad.ts";
import { element } from "./view/elements.ts";

/** How often a wait that is shown counts down, milliseconds. */
const COUNTDOWN_MS = 1_000;

/**
 * The whole page. Events change its state; the panels show the state, at most once for each frame.
 */
export class Page {
  readonly #participant = new Participant((event) => this.#tell(event));
  readonly #connection: ConnectionPanel;
  readonly #problem = new ProblemPanel();
  readonly #round = new RoundPanel();
  readonly #history = new HistoryPanel();
  readonly #log = new LogPanel();
  readonly #guess = new GuessPanel();
  readonly #sketchpad: Sketchpad;
  readonly #own: OwnDigits;
  #state: PageState = INITIAL_STATE;
  #drawing: Float32Array | undefined;
  #isRendering = false;
  #countdown: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: Settings) {
    this.#connection = new ConnectionPanel(settings, {
      join: () => this.join(),
      leave: () => this.leave(),
    });
    this.#sketchpad = new Sketchpad((pixels) => this.#read(pixels));
    this.#own = new OwnDigits((pixels) => this.#sketchpad.show(pixels));
    element("clear", HTMLButtonElement).addEventListener("click", () => {
      this.#sketchpad.clear();
      this.#own.clear();
    });
    element("pad", HTMLCanvasElement).addEventListener("pointerdown", () => this.#own.clear());
    this.#render();
  }

  /** Takes part with the settings in the form. */
  join(): void {
    void this.#participant.join(this.#connection.settings);
  }

  /** Stops taking part. */
  leave(): void {
    this.#participant.leave();
  }

  #tell(event: PageEvent): void {
    this.#state = nextState(this.#state, event, Date.now());
    // A new model may read something else in the same drawing.
    if (event.type === "scored") this.#read(this.#drawing);
    this.#render();
  }

  /** Shows the state in the next frame, and again each second while a countdown runs. */
  #render(): void {
    if (this.#isRendering) return;
    this.#isRendering = true;
    requestAnimationFrame(() => {
      this.#isRendering = false;
      const { present } = this.#participant;
      const nowMs = Date.now();
      this.#connection.render(this.#state, present?.settings);
      this.#problem.render(this.#state, nowMs);
      this.#round.render(this.#state);
      this.#history.render(this.#state);
      this.#log.render(this.#state);
      this.#own.render(present?.digits, present?.settings.seed);
      this.#guess.showModel(present?.model.newest);
      clearTimeout(this.#countdown);
      const { activity } = this.#state;
      if (activity.type === "offline" && activity.untilMs > nowMs) {
        this.#countdown = setTimeout(() => this.#render(), COUNTDOWN_MS);
      }
    });
  }

  /** Asks the model which digit the drawing shows. */
  #read(pixels: Float32Array | undefined): void {
    this.#drawing = pixels;
    if (pixels === undefined) this.#guess.clear();
    else void this.#classify(pixels);
  }

  async #classify(pixels: Float32Array): Promise<void> {
    // Before the first round, or without a connection, there may be no model yet.
    const probabilities = await this.#participant.present?.model
      .classify(pixels)
      .catch(() => undefined);
    // The user may have drawn something else in the meantime.
    if (this.#drawing !== pixels) return;
    if (probabilities === undefined) this.#guess.showNoModel();
    else this.#guess.show(probabilities);
    this.#render();
  }
}

import { hostOf, shortKey } from "../format.ts";
import { isTakingPart, type PageState } from "../page-state.ts";
import { queryFromSettings, type Settings } from "../settings.ts";
import { statusOf } from "../status.ts";
import { element, setText } from "./elements.ts";

/** The form with the settings, the state of the connection, and the buttons to join and leave. */
export class ConnectionPanel {
  readonly #form = element("settings", HTMLFormElement);
  readonly #leave = element("leave", HTMLButtonElement);
  readonly #dot = element("status-dot", HTMLElement);
  readonly #status = element("status", HTMLElement);
  readonly #facts = element("facts", HTMLElement);
  readonly #link = element("link", HTMLAnchorElement);

  /** @param asked - Called when the user presses a button. */
  constructor(
    settings: Settings,
    asked: { readonly join: (settings: Settings) => void; readonly leave: () => void },
  ) {
    for (const [name, value] of Object.entries(settings)) this.#input(name).value = String(value);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.#form.reportValidity()) asked.join(this.settings);
    });
    this.#form.addEventListener("input", () => this.#updateLink());
    this.#leave.addEventListener("click", asked.leave);
    this.#updateLink();
    // The button is disabled in the HTML: before this script ran, the browser would have sent the
    // form itself, which the page's policy forbids.
    element("join", HTMLButtonElement).disabled = false;
  }

  /** The settings as they are in the form. */
  get settings(): Settings {
    const text = (name: string): string => this.#input(name).value.trim();
    return {
      url: text("url"),
      serverKey: text("serverKey"),
      population: text("population"),
      seed: this.#input("seed").valueAsNumber,
    };
  }

  render(state: PageState, present: Settings | undefined): void {
    const takesPart = isTakingPart(state);
    const { text, tone } = statusOf(state);
    setText(this.#status, text);
    this.#dot.className = `dot ${tone}`;
    this.#showForm(!takesPart);
    this.#facts.hidden = present === undefined;
    if (present === undefined) return;
    setText(element("fact-server", HTMLElement), hostOf(present.url));
    setText(element("fact-population", HTMLElement), present.population);
    this.#renderKey(state, present.serverKey);
    const engine = element("fact-engine", HTMLElement);
    if (state.engine !== undefined) {
      const { name, exampleCount } = state.engine;
      setText(engine, `${exampleCount} digits${name === undefined ? "" : `, ${name}`}`);
      engine.dataset["exampleCount"] = String(state.engine.exampleCount);
    }
  }

  /** Shows whether the server has proved the pinned key. */
  #renderKey({ verified, activity }: PageState, serverKey: string): void {
    const key = element("fact-key", HTMLElement);
    const end = shortKey(serverKey);
    const isDisproved = activity.type === "failed" && activity.error.code === "SERVER_KEY_MISMATCH";
    key.title = serverKey;
    key.className = isDisproved ? "unproved" : verified === undefined ? "" : "verified";
    setText(
      key,
      isDisproved ? `✗ not proved ${end}` : verified === undefined ? end : `✓ verified ${end}`,
    );
  }

  /**
   * Shows the form in place of the leave button, or the other way round. The keyboard focus moves
   * to the button that has taken the place of the other.
   */
  #showForm(shown: boolean): void {
    if (this.#form.hidden === !shown) return;
    const hadFocus =
      this.#form.contains(document.activeElement) || document.activeElement === this.#leave;
    this.#form.hidden = !shown;
    this.#leave.hidden = shown;
    if (hadFocus) (shown ? element("join", HTMLButtonElement) : this.#leave).focus();
  }

  #updateLink(): void {
    this.#link.href = `?${queryFromSettings(this.settings).toString()}`;
  }

  #input(name: string): HTMLInputElement {
    const input = this.#form.elements.namedItem(name);
    if (input instanceof HTMLInputElement) return input;
    throw new Error(`index.html has no input ${name}`);
  }
}

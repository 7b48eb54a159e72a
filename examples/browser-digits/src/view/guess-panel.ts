import { formatPercent } from "../format.ts";
import type { ScoredModel } from "../shared-model.ts";
import { element, setText } from "./elements.ts";

/** The elements of one digit's bar. */
interface Bar {
  readonly item: HTMLLIElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

/** Shows which digit the model reads in the drawing: a bar for each digit, and a sentence. */
export class GuessPanel {
  readonly #guess = element("guess", HTMLElement);
  readonly #model = element("try-model", HTMLElement);
  readonly #bars: readonly Bar[];

  constructor() {
    this.#bars = Array.from({ length: 10 }, (_, digit) => makeBar(digit));
    element("bars", HTMLElement).append(...this.#bars.map(({ item }) => item));
    this.clear();
  }

  /** Shows that nothing is drawn. */
  clear(): void {
    setText(this.#guess, "Nothing drawn yet");
    for (const bar of this.#bars) show(bar, undefined, false);
  }

  /** Shows that there is a drawing but no model to read it with. */
  showNoModel(): void {
    this.clear();
    setText(this.#guess, "Join first: there is no model here yet");
  }

  /** Shows which model reads the drawing. */
  showModel(model: ScoredModel | undefined): void {
    setText(
      this.#model,
      model === undefined
        ? "No model yet"
        : model.roundNumber === 0
          ? "Read by the untrained model"
          : `Read by the model of round ${model.roundNumber}`,
    );
  }

  /** @param probabilities - The probability of each digit from 0 to 9. */
  show(probabilities: Float32Array): void {
    const best = probabilities.indexOf(Math.max(...probabilities));
    const share = probabilities[best] ?? 0;
    setText(this.#guess, share < 0.5 ? `Perhaps a ${best}` : `Looks like a ${best}`);
    this.#bars.forEach((bar, digit) => show(bar, probabilities[digit], digit === best));
  }
}

function show({ item, fill, value }: Bar, probability: number | undefined, isBest: boolean): void {
  item.className = isBest ? "best" : "";
  fill.style.width = `${(probability ?? 0) * 100}%`;
  setText(value, probability === undefined ? "" : formatPercent(probability));
  if (probability === undefined) delete item.dataset["probability"];
  else item.dataset["probability"] = String(probability);
}

function makeBar(digit: number): Bar {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const track = document.createElement("span");
  const fill = document.createElement("span");
  const value = document.createElement("span");
  name.textContent = String(digit);
  track.className = "track";
  fill.className = "fill";
  value.className = "value";
  track.append(fill);
  item.append(name, track, value);
  return { item, fill, value };
}

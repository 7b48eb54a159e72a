import { formatTime } from "../format.ts";
import type { LogLine } from "../log-line.ts";
import type { PageState } from "../page-state.ts";
import { element } from "./elements.ts";

/** Shows the event log, the newest line first. */
export class LogPanel {
  readonly #list = element("log", HTMLOListElement);
  /** Lines that are on the page already. */
  readonly #shown = new WeakSet<LogLine>();

  render({ log }: PageState): void {
    const fresh = log.filter((line) => !this.#shown.has(line));
    for (const line of fresh.toReversed()) {
      this.#shown.add(line);
      this.#list.prepend(item(line));
    }
    while (this.#list.childElementCount > log.length) this.#list.lastElementChild?.remove();
  }
}

/** Makes the list item for a line. */
function item({ atMs, tone, text }: LogLine): HTMLLIElement {
  const time = document.createElement("time");
  time.dateTime = new Date(atMs).toISOString();
  time.textContent = formatTime(atMs);
  const words = document.createElement("span");
  words.textContent = text;
  const made = document.createElement("li");
  made.className = tone;
  made.append(time, words);
  return made;
}

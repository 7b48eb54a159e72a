import { formatTime } from "../state/format.ts";
import type { LogLine } from "../state/log-line.ts";
import type { PageState } from "../state/page-state.ts";
import { element } from "./elements.ts";

/** The event log, newest first. */
export class LogPanel {
  readonly #list = element("log", HTMLOListElement);
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

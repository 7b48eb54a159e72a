/**
 * Finds the element of index.html with this id.
 * @throws Error when there is none of that kind, because page and script do not belong together.
 */
export function element<Kind extends Element>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}

/** Sets the text of an element if it differs: screen readers announce the same text again, too. */
export function say(id: string, text: string): void {
  const target = element(id, HTMLElement);
  if (target.textContent !== text) target.textContent = text;
}

/** Shows or hides an element. */
export function show(id: string, visible = true): void {
  element(id, HTMLElement).hidden = !visible;
}

/** Calls `act` when a button is pressed. */
export function onPress(id: string, act: () => void): void {
  element(id, HTMLButtonElement).addEventListener("click", act);
}

/** Fills a list with one item for each text. */
export function list(id: string, items: readonly string[]): void {
  const made = items.map((text) =>
    Object.assign(document.createElement("li"), { textContent: text }),
  );
  element(id, HTMLElement).replaceChildren(...made);
}

/** Bytes for people to read. */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

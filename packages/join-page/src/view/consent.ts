import type { DryRun, PlanSummary } from "@tributary/client-sdk";
import { element, list, onPress, say, show, sizeText } from "./elements.ts";

/** How many bytes of a report are written out: more of them would hold up the page. */
const SHOWN_BYTES = 65_536;

/** Shows what would be done and sent, and asks for consent. */
export class ConsentView {
  #answer: ((agreed: boolean) => void) | undefined;

  constructor() {
    onPress("agree", () => this.#give(true));
    onPress("decline", () => this.#give(false));
  }

  /**
   * Asks the person.
   * @param run - The report of a dry run, where there was one.
   */
  ask(summary: PlanSummary, run: DryRun | undefined): Promise<boolean> {
    say("status", "");
    list("summary", summary.text.split("\n"));
    show("bytes", run !== undefined);
    if (run !== undefined) this.#showBytes(run);
    show("consent");
    element("consent", HTMLElement).focus();
    this.#answer?.(false);
    return new Promise((resolve) => (this.#answer = resolve));
  }

  #give(agreed: boolean): void {
    this.#answer?.(agreed);
    this.#answer = undefined;
  }

  #showBytes({ messages }: DryRun): void {
    const total = messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const cut = total > SHOWN_BYTES ? ` The first ${sizeText(SHOWN_BYTES)} are shown.` : "";
    say(
      "bytes-note",
      `The report is ${messages.length} messages of ${sizeText(total)} together, before they are encrypted.${cut}`,
    );
    let left = SHOWN_BYTES;
    const parts = messages.map(({ type, bytes }) => {
      const shown = bytes.subarray(0, left);
      left -= shown.length;
      return `${type}, ${bytes.length} bytes\n${hexOf(shown)}`;
    });
    say("hex", parts.join("\n\n"));
  }
}

function hexOf(bytes: Uint8Array): string {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const line = Array.from(bytes.subarray(at, at + 16), (byte) =>
      byte.toString(16).padStart(2, "0"),
    );
    lines.push(line.join(" "));
  }
  return lines.join("\n");
}

import type { TributaryError } from "@tributary/protocol";

/** Counts clients that a task cannot use, by reason. */
export class UnusableClients {
  readonly #counts: Map<string, number> = new Map();

  add(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  clear(): void {
    this.#counts.clear();
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}

/** The reason of a refusal in a word, such as `examples`; its code where it has no such word. */
export function refusalReason({ code, context }: TributaryError): string {
  const { reason } = context;
  return typeof reason === "string" ? reason : code;
}

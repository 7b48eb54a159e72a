import { InvalidArgumentError, Option } from "commander";

/** Commander parsers for numbers, with a message that says what is allowed. */
export function wholeNumber(minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(
        `Give a whole number from ${minimum}${maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ""}.`,
      );
    }
    return value;
  };
}

/** Any number, fractions too. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new InvalidArgumentError("Give a number.");
  }
  return value;
}

/** "name=5", for options that are given again for each name. */
export function namedNumber(
  text: string,
  before: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const match = /^([A-Za-z]+)=(\d+)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError("Give NAME=NUMBER, for example maxConnections=5000.");
  }
  return { ...before, [match[1] ?? ""]: Number(match[2]) };
}

/** For options that may be given again: all of them, in order. */
export function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** "3/10": the third of ten parts. */
export function partOf(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) {
    throw new InvalidArgumentError("Give K/N with 1 ≤ K ≤ N, for example 3/10.");
  }
  return { index: index - 1, count };
}

/** A share above 0, at most a half. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 0.5)) {
    throw new InvalidArgumentError("Give a share above 0 and at most 0.5, for example 0.1.");
  }
  return value;
}

/** What trains: see the SDK's `TrainerOptions`. */
export function engineOption(): Option {
  return new Option("--engine <name>", "what trains: auto takes fused where it can, else tfjs")
    .choices(["auto", "fused", "tfjs"])
    .default("auto");
}

export function backendOption(): Option {
  return new Option("--backend <name>", "what the engine computes with")
    .choices(["auto", "wasm", "tensorflow", "cpu", "reference"])
    .default("auto");
}

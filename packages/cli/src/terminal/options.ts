import { InvalidArgumentError, Option } from "commander";

/**
 * Makes a parser for an option that takes a whole number. Its error says which numbers are allowed.
 */
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

/** Parses an option that takes any finite number, with or without a fraction. */
export function finiteNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    throw new InvalidArgumentError("Give a number.");
  }
  return value;
}

/**
 * Parses an option such as "maxConnections=5000" that may be given several times, once for each
 * name.
 */
export function namedNumber(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const match = /^([A-Za-z]+)=(\d+)$/.exec(text);
  if (match === null) {
    throw new InvalidArgumentError("Give NAME=NUMBER, for example maxConnections=5000.");
  }
  return { ...before, [match[1] ?? ""]: Number(match[2]) };
}

/** Parses an option that may be given several times: collects all of its values, in order. */
export function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Parses "3/10", the third of ten parts. The index that it returns counts from 0. */
export function partOf(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) {
    throw new InvalidArgumentError("Give K/N with 1 ≤ K ≤ N, for example 3/10.");
  }
  return { index: index - 1, count };
}

/** Parses hours of a day, such as "22:00-06:00". Whether they are times of day is checked with them. */
export function hoursOfDay(text: string): { readonly from: string; readonly to: string } {
  const [from = "", to = "", ...rest] = text.split("-");
  if (to === "" || rest.length > 0) {
    throw new InvalidArgumentError("Give two times of day, such as 22:00-06:00.");
  }
  return { from, to };
}

/** Parses a fraction above 0 and at most 0.5. */
export function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 0.5)) {
    throw new InvalidArgumentError("Give a number above 0 and at most 0.5, for example 0.1.");
  }
  return value;
}

/** The option that chooses the training engine: see `TrainerOptions` of the SDK. */
export function engineOption(): Option {
  return new Option(
    "--engine <name>",
    "training engine: fused (fast), native (ONNX Runtime, for large models, where onnxruntime-node is installed), tfjs (TensorFlow.js), or auto, which takes the fastest of them that can train the model",
  )
    .choices(["auto", "fused", "native", "tfjs"])
    .default("auto");
}

/**
 * The option that chooses what the training engine computes with: see `TrainerOptions` of the SDK.
 */
export function backendOption(): Option {
  return new Option(
    "--backend <name>",
    "what the training engine computes with; auto takes the fastest that works here",
  )
    .choices(["auto", "wasm", "tensorflow", "cpu", "reference"])
    .default("auto");
}

/** The option that says how many bytes of a text are one example. */
export function windowOption(): Option {
  return new Option(
    "--window <bytes>",
    "how many bytes of a text are one example: as many tokens as the model takes (default: 64)",
  ).argParser(wholeNumber(1, 65_536));
}

import { TributaryError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";

/** A parameter tensor as a model names it. */
export interface ParameterShape {
  /** Unique within the model, `layer/weight` in tfjs: `dense_1/kernel`. */
  readonly name: string;
  /** Row-major; `[]` for a scalar. Every dimension is at least 1. */
  readonly shape: readonly number[];
}

/** A parameter tensor and its place in the flat vector of all parameters. */
export interface Parameter extends ParameterShape {
  /** Index of its first value. */
  readonly offset: number;
  /** Number of values: the product of the shape. */
  readonly size: number;
}

/** Where each parameter lies in the flat Float32 vector that checkpoints and updates are made of. */
export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Values in all. */
  readonly size: number;
}

/**
 * Lays parameters one after the other, in the order given and without gaps.
 * @param maxSize - Most values in all; `limits.ts` has the default.
 * @throws TributaryError `MODEL_UNSUPPORTED` for no parameters, a name twice, a dimension that is not a whole
 *   number of at least 1, or more values than `maxSize`.
 */
export function layoutOf(
  parameters: readonly ParameterShape[],
  maxSize: number = DEFAULT_LIMITS.maxParameters,
): ParameterLayout {
  if (parameters.length === 0) {
    throw unsupported(
      "The model has no parameters",
      "Give a model with at least one trained layer.",
    );
  }
  const seen = new Set<string>();
  const placed: Parameter[] = [];
  let offset = 0;
  for (const { name, shape } of parameters) {
    if (seen.has(name)) {
      throw unsupported(
        `The model has two parameters named ${quoted(name)}`,
        "Give every layer a name of its own.",
        name,
      );
    }
    seen.add(name);
    const size = sizeOfShape(name, shape, maxSize - offset);
    placed.push({ name, shape: [...shape], offset, size });
    offset += size;
  }
  return { parameters: placed, size: offset };
}

/** Multiplies dimension by dimension and stops at `room`, so that no product can leave the exact integers. */
function sizeOfShape(name: string, shape: readonly number[], room: number): number {
  let size = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 1) {
      throw unsupported(
        `The parameter ${quoted(name)} has the dimension ${dimension}`,
        "Every dimension must be a whole number of at least 1.",
        name,
      );
    }
    size *= dimension;
    if (size > room) break;
  }
  if (size > room) {
    throw unsupported(
      `The model has too many parameters: ${quoted(name)} passes the limit`,
      "Use a smaller model or raise maxParameters on both sides.",
      name,
    );
  }
  return size;
}

const quoted = (name: string): string => JSON.stringify(name.slice(0, 120));

function unsupported(cause: string, remedy: string, parameter?: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", cause, {
    remedy,
    ...(parameter === undefined ? {} : { context: { parameter: parameter.slice(0, 120) } }),
  });
}

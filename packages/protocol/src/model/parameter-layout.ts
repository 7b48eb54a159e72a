// Where each parameter of a model lies in the flat vector that checkpoints and updates are made of.
import { TributaryError } from "../errors.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";

/** The name and shape of a parameter, which is one tensor of a model. */
export interface ParameterShape {
  /** Unique within the model; in tfjs it is `layer/weight`, such as `dense_1/kernel`. */
  readonly name: string;
  /**
   * Dimensions of the tensor, whose values are in row-major order; `[]` for a scalar. Each is at
   * least 1.
   */
  readonly shape: readonly number[];
}

/** A parameter and its place in the flat vector of all parameters. */
export interface Parameter extends ParameterShape {
  /** Index of the parameter's first value. */
  readonly offset: number;
  /** Number of values: the product of the shape. */
  readonly size: number;
}

/** The places of all parameters. */
export interface ParameterLayout {
  /** In checkpoint order, without gaps. */
  readonly parameters: readonly Parameter[];
  /** Number of values of all parameters together. */
  readonly size: number;
}

/**
 * Lays parameters one after the other, in the order given and without gaps.
 * @param maxSize - The largest number of values in all; `PROTOCOL_CONSTANTS.maxParameters` when absent.
 * @throws TributaryError `MODEL_UNSUPPORTED` when there are no parameters, two have one name, a
 * dimension is not a whole number of at least 1, or there are more values than `maxSize`.
 */
export function layoutOf(
  parameters: readonly ParameterShape[],
  maxSize: number = PROTOCOL_CONSTANTS.maxParameters,
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

/**
 * The product of a shape. It multiplies one dimension at a time and stops beyond `room`, so that no
 * product is too large for a number to hold exactly.
 * @param room - How many more values the model may have.
 */
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
      `The model has too many parameters: ${quoted(name)} exceeds the limit`,
      `Use a model with at most ${PROTOCOL_CONSTANTS.maxParameters} parameters.`,
      name,
    );
  }
  return size;
}

/** A parameter's name for an error, cut to 120 characters: it may come from a stranger. */
const quoted = (name: string): string => JSON.stringify(name.slice(0, 120));

function unsupported(cause: string, remedy: string, parameter?: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", cause, {
    remedy,
    ...(parameter === undefined ? {} : { context: { parameter: parameter.slice(0, 120) } }),
  });
}

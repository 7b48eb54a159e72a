/** How the outputs of a model are to be read. */
export interface OutputForm {
  /** Size of the outputs' last axis. */
  readonly width: number;
  /** Whether the outputs of a row compete, so that the largest one is the model's answer. */
  readonly competing: boolean;
}

/** The place of the largest value of a row; of equal values that of the first one. */
export function argmax(values: Float32Array, from: number, width: number): number {
  let best = from;
  for (let i = from + 1; i < from + width; i++) if (values[i]! > values[best]!) best = i;
  return best - from;
}

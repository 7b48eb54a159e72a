import { TributaryError } from "../../errors.ts";

/**
 * The error for a layer that would be trained as something that it is not.
 * @param layer - Its name, which is cut: a model may come from a stranger.
 * @param fault - What is wrong with it, as a clause.
 */
export function unsupportedLayer(layer: string, fault: string, remedy: string): TributaryError {
  const name = layer.slice(0, 120);
  return new TributaryError("MODEL_UNSUPPORTED", `The layer ${name} cannot be taken: ${fault}`, {
    remedy,
    context: { layer: name },
  });
}

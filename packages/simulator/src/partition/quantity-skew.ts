import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { drawDirichlet } from "../random/gamma.ts";
import { randomStream } from "../random/random-stream.ts";
import type { Divisible } from "./divisible.ts";
import { alphaKey, clientsKey, minimumExamplesKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, type Partition } from "./partition.ts";
import { redraw } from "./redraw.ts";
import { proportionalSizes } from "./sizes.ts";

export const quantitySkewOptions = strictRecord({
  name: nameKey(
    "quantity-skew",
    "The clients' examples have the same distribution, and their shares of all examples are drawn with a Dirichlet distribution.",
  ),
  clients: clientsKey,
  alpha: alphaKey.describe(
    "α of the distribution: near 0 a few clients have nearly all examples; a large α makes the clients equally large.",
  ),
  minimumExamples: minimumExamplesKey.describe(
    "The shares are drawn again until each client has so many examples.",
  ),
});

/** @see arXiv:2102.02079 §4.3, "Quantity skew" */
export function divideByDrawnSizes(
  { train }: Divisible,
  options: z.output<typeof quantitySkewOptions>,
  random: RandomSource,
): Partition {
  const { clients, alpha, minimumExamples } = options;
  requireEnough(train.count, clients, minimumExamples);
  const stream = randomStream(random.derive("shares"));
  const shapes = new Float64Array(clients).fill(alpha);
  const shares = new Float64Array(clients);
  const { sizes } = redraw(() => {
    drawDirichlet(shapes, shares, stream);
    const drawn = proportionalSizes(train.count, shares);
    return { sizes: drawn, smallest: drawn.reduce((least, size) => Math.min(least, size)) };
  }, options);
  return cutRows(shuffledIndices(train.count, random.derive("rows")), sizes);
}

import type { z } from "zod";
import type { RandomSource } from "@tributary/protocol";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { drawDirichlet } from "../random/gamma.ts";
import { classRows } from "./class-rows.ts";
import { dealClasses } from "./deal-classes.ts";
import type { Divisible } from "./divisible.ts";
import { alphaKey, clientsKey, repeatedSizes, sizesKey } from "./option-keys.ts";
import { requireEnough, requireSizes } from "./partition-fault.ts";
import type { Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

export const innerDirichletOptions = strictRecord({
  name: nameKey(
    "inner-dirichlet",
    "Clients have given sizes, and each draws how often it sees each class with the same symmetric Dirichlet distribution, whatever the classes' shares of all data are.",
  ),
  clients: clientsKey,
  alpha: alphaKey.describe(
    "α of the distribution. Near 0 each client sees one class; with a large α it sees all classes equally often.",
  ),
  sizes: sizesKey
    .exactOptional()
    .describe(
      "How many examples each client gets; repeated from the beginning if there are more clients. Left out: equal parts of all examples.",
    ),
});

/** @see arXiv:2111.04263, whose published code draws a client and a class for each example */
export function divideByInnerDirichlet(
  data: Divisible,
  { clients, alpha, sizes: listed }: z.output<typeof innerDirichletOptions>,
  random: RandomSource,
): Partition {
  const { count } = data.train;
  requireEnough(count, clients, 1);
  const sizes = listed === undefined ? equalSizes(count, clients) : repeatedSizes(listed, clients);
  requireSizes(sizes, count);
  const shapes = new Float64Array(data.classCount).fill(alpha);
  return dealClasses(
    classRows(data, random.derive("rows")),
    sizes,
    (shares, stream) => drawDirichlet(shapes, shares, stream),
    random,
  );
}

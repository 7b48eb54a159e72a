import type { z } from "zod";
import type { RandomSource } from "@tributary/protocol";
import { flag, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { drawDirichlet } from "../random/gamma.ts";
import { randomStream } from "../random/random-stream.ts";
import { classRows } from "./class-rows.ts";
import { dealClasses } from "./deal-classes.ts";
import type { Divisible } from "./divisible.ts";
import { alphaKey, clientsKey, minimumExamplesKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { gatherRows, giveRows, rowsOf, type Partition } from "./partition.ts";
import { redraw } from "./redraw.ts";
import { equalSizes, proportionalSizes } from "./sizes.ts";

export const dirichletOptions = strictRecord({
  name: nameKey(
    "dirichlet",
    "How often a client sees each class is drawn with a Dirichlet distribution.",
  ),
  clients: clientsKey,
  alpha: alphaKey.describe(
    "α of the distribution. Near 0 each client sees one class; a large α gives every client the distribution of all data.",
  ),
  balanced: flag()
    .default(true)
    .describe(
      "With `true` all clients have equally many examples, whose classes follow a draw for each client. With `false` each class is divided among the clients by a draw for the class, so that their sizes differ as well.",
    ),
  minimumExamples: minimumExamplesKey.describe(
    "With `balanced: false`: the division is drawn again until each client has so many examples.",
  ),
});

type DirichletOptions = z.output<typeof dirichletOptions>;

/**
 * @see arXiv:1909.06335 §3 (balanced: each client draws q ~ Dir(α · p), p being the distribution of
 *   all data); arXiv:1905.12022 §4 and arXiv:2102.02079 §4.1 (not balanced: each class draws its
 *   shares for the clients from Dir(α))
 */
export function divideByDirichlet(
  data: Divisible,
  options: DirichletOptions,
  random: RandomSource,
): Partition {
  const { clients, alpha, balanced, minimumExamples } = options;
  const { count } = data.train;
  requireEnough(count, clients, balanced ? 1 : minimumExamples);
  const classes = classRows(data, random.derive("rows"));
  if (!balanced) return divideClasses(classes, options, random);
  const shapes = Float64Array.from(
    { length: data.classCount },
    (_, kind) => (alpha * rowsOf(classes, kind).length) / count,
  );
  return dealClasses(
    classes,
    equalSizes(count, clients),
    (shares, stream) => drawDirichlet(shapes, shares, stream),
    random,
  );
}

/** Divides every class among the clients by shares of its own. */
function divideClasses(
  classes: Partition,
  options: DirichletOptions,
  random: RandomSource,
): Partition {
  const { clients, alpha } = options;
  const stream = randomStream(random.derive("shares"));
  const shapes = new Float64Array(clients).fill(alpha);
  const shares = new Float64Array(clients);
  const owners = new Uint32Array(classes.rows.length);
  const classCount = classes.offsets.length - 1;
  redraw(() => {
    const totals = new Float64Array(clients);
    for (let kind = 0; kind < classCount; kind++) {
      const rows = rowsOf(classes, kind);
      drawDirichlet(shapes, shares, stream);
      const sizes = proportionalSizes(rows.length, shares);
      for (const [client, size] of sizes.entries()) totals[client]! += size;
      giveRows(owners, rows, sizes);
    }
    return { smallest: totals.reduce((least, total) => Math.min(least, total), Infinity) };
  }, options);
  return gatherRows(owners, clients);
}

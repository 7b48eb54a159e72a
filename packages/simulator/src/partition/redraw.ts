import { partitionFault } from "./partition-fault.ts";

/** How often a partition is drawn again before it is refused. */
const MOST_DRAWS = 100;

/**
 * Draws until the smallest client has enough examples, as the papers do.
 * @param draw - Makes one draw, which says how many examples the smallest client has.
 * @throws TributaryError `BAD_PARAMETER` when no draw is good enough.
 */
export function redraw<Draw extends { readonly smallest: number }>(
  draw: () => Draw,
  {
    clients,
    alpha,
    minimumExamples,
  }: Readonly<Record<"clients" | "alpha" | "minimumExamples", number>>,
): Draw {
  let best = 0;
  for (let draws = 0; draws < MOST_DRAWS; draws++) {
    const drawn = draw();
    if (drawn.smallest >= minimumExamples) return drawn;
    best = Math.max(best, drawn.smallest);
  }
  throw partitionFault(
    `In ${MOST_DRAWS} draws with alpha ${alpha} the smallest of ${clients} clients had at most ${best} examples, and not the ${minimumExamples} of minimumExamples`,
    "Use fewer clients, a larger alpha, or a smaller minimumExamples.",
  );
}

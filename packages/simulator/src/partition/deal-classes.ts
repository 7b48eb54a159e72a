import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { randomStream, type RandomStream } from "../random/random-stream.ts";
import { cutRows, type Partition } from "./partition.ts";

/**
 * Deals examples out one by one, to the clients in random order: each time the client draws a class
 * by its own distribution and gets the next example of it. A class that is used up is no longer
 * drawn. As the order is random, no client is left with what the others did not want.
 * @param classes - The rows of each class, in the order in which they are given away.
 * @param sizes - How many examples each client gets; their sum is at most the number of rows.
 * @param draw - Writes a client's distribution over classes to `shares`; called once for each client.
 */
export function dealClasses(
  classes: Partition,
  sizes: ArrayLike<number>,
  draw: (shares: Float64Array, stream: RandomStream) => void,
  random: RandomSource,
): Partition {
  const classCount = classes.offsets.length - 1;
  const clients = sizes.length;
  const dealt = cutRows(new Uint32Array(classes.rows.length), sizes);
  const { rows, offsets } = dealt;
  const stream = randomStream(random.derive("classes"));
  const shares = new Float32Array(clients * classCount);
  const drawn = new Float64Array(classCount);
  const owners = new Uint32Array(rows.length);
  for (let client = 0; client < clients; client++) {
    draw(drawn, stream);
    shares.set(drawn, client * classCount);
    owners.fill(client, offsets[client], offsets[client + 1]);
  }
  const next = classes.offsets.slice(0, classCount);
  const left = (kind: number): number => classes.offsets[kind + 1]! - next[kind]!;
  for (const place of shuffledIndices(rows.length, random.derive("order"))) {
    const own = owners[place]! * classCount;
    const share = (kind: number): number => (left(kind) > 0 ? shares[own + kind]! : 0);
    // A client whose classes are all used up takes what is left, each example with the same chance.
    const kind = drawIndex(classCount, share, stream) ?? drawIndex(classCount, left, stream)!;
    rows[place] = classes.rows[next[kind]!++]!;
  }
  return dealt;
}

/** Draws an index in proportion to weights; undefined if all of them are 0. */
function drawIndex(
  count: number,
  weightOf: (index: number) => number,
  stream: RandomStream,
): number | undefined {
  let total = 0;
  for (let index = 0; index < count; index++) total += weightOf(index);
  if (total === 0) return undefined;
  let rest = total * stream.next();
  let last: number | undefined;
  for (let index = 0; index < count; index++) {
    const weight = weightOf(index);
    if (weight === 0) continue;
    last = index;
    rest -= weight;
    if (rest < 0) return index;
  }
  // Rounding may have left a little.
  return last;
}

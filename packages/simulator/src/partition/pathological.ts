import type { z } from "zod";
import type { RandomSource } from "@tributary/protocol";
import { strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { randomStream } from "../random/random-stream.ts";
import { classRows } from "./class-rows.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { partitionFault, requireEnough } from "./partition-fault.ts";
import { gatherRows, giveRows, rowsOf, type Partition } from "./partition.ts";
import { equalSizes } from "./sizes.ts";

export const pathologicalOptions = strictRecord({
  name: nameKey(
    "pathological",
    "Each client sees a fixed number of classes, and each class is divided equally among the clients that see it.",
  ),
  clients: clientsKey,
  classesPerClient: wholeNumber(1, 1_000_000)
    .default(2)
    .describe("How many classes each client sees."),
});

/**
 * Client i sees class i modulo the number of classes, and others at random. With fewer clients than
 * classes some classes may be seen by nobody, and their examples are not used.
 * @see arXiv:2102.02079 §4.1, "#C = k"
 */
export function divideByClasses(
  data: Divisible,
  { clients, classesPerClient }: z.output<typeof pathologicalOptions>,
  random: RandomSource,
): Partition {
  const { train, classCount } = data;
  requireEnough(train.count, clients, classesPerClient);
  const classes = classRows(data, random.derive("rows"));
  if (classesPerClient > classCount) {
    throw partitionFault(
      `Each client is to see ${classesPerClient} classes, and the data set has ${classCount}`,
      `Use a classesPerClient of at most ${classCount}.`,
    );
  }
  const seen = gatherRows(
    drawClasses(clients, classCount, classesPerClient, random.derive("classes")),
    classCount,
  );
  const owners = new Uint32Array(train.count).fill(clients);
  for (let kind = 0; kind < classCount; kind++) {
    const rows = rowsOf(classes, kind);
    const holders = rowsOf(seen, kind);
    requireSplittable(rows.length, holders.length, kind);
    giveRows(owners, rows, equalSizes(rows.length, holders.length), (holder) =>
      Math.floor(holders[holder]! / classesPerClient),
    );
  }
  return gatherRows(owners, clients);
}

/** The classes of all clients, client by client: uint32, shape [clients × classesPerClient]. */
function drawClasses(
  clients: number,
  classCount: number,
  classesPerClient: number,
  random: RandomSource,
): Uint32Array {
  const stream = randomStream(random);
  const drawn = new Uint32Array(clients * classesPerClient);
  const order = Uint32Array.from({ length: classCount }, (_, kind) => kind);
  const swap = (a: number, b: number): void => {
    const moved = order[a]!;
    order[a] = order[b]!;
    order[b] = moved;
  };
  for (let client = 0; client < clients; client++) {
    swap(0, order.indexOf(client % classCount));
    for (let place = 1; place < classesPerClient; place++) {
      swap(place, place + stream.below(classCount - place));
    }
    drawn.set(order.subarray(0, classesPerClient), client * classesPerClient);
  }
  return drawn;
}

function requireSplittable(count: number, holders: number, kind: number): void {
  if (holders <= count) return;
  throw partitionFault(
    `Class ${kind} has ${count} examples, and ${holders} clients are to see it`,
    "Use fewer clients or a smaller classesPerClient.",
  );
}

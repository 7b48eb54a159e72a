/** Which examples of a data set each client has: an index, never a copy of the data. */
export interface Partition {
  /** The rows of the data set, client by client; uint32. A row that nobody has does not occur. */
  readonly rows: Uint32Array;
  /** Where each client's rows begin in `rows`, and where the last one's end; uint32, shape [clients + 1]. */
  readonly offsets: Uint32Array;
}

/** The number of clients. */
export const clientCount = ({ offsets }: Partition): number => offsets.length - 1;

/**
 * The rows of a client.
 * @param client - From 0 to below the number of clients.
 * @returns A view, not a copy.
 */
export function rowsOf({ rows, offsets }: Partition, client: number): Uint32Array {
  return rows.subarray(offsets[client], offsets[client + 1]);
}

/**
 * Cuts a list of rows into the parts of clients.
 * @param rows - The partition keeps a view of it.
 * @param sizes - How many rows each client gets. Their sum is at most the number of rows.
 */
export function cutRows(rows: Uint32Array, sizes: ArrayLike<number>): Partition {
  const offsets = offsetsOf(sizes);
  return { rows: rows.subarray(0, offsets[sizes.length]), offsets };
}

/**
 * Gives rows to owners in parts.
 * @param owners - The owner of each row; modified.
 * @param rows - The rows to give, part by part.
 * @param sizes - How many rows each part has. Their sum is at most the number of rows.
 * @param ownerOf - Who gets a part; the owner of that number if left out.
 */
export function giveRows(
  owners: Uint32Array,
  rows: ArrayLike<number>,
  sizes: Uint32Array,
  ownerOf: (part: number) => number = (part) => part,
): void {
  let at = 0;
  for (const [part, size] of sizes.entries()) {
    const owner = ownerOf(part);
    for (const end = at + size; at < end; at++) owners[rows[at]!] = owner;
  }
}

/**
 * Gathers the rows of each owner, in ascending order.
 * @param owners - The owner of each row; a row whose owner is not below `count` is left out.
 * @param count - The number of owners: clients, or classes.
 */
export function gatherRows(owners: ArrayLike<number>, count: number): Partition {
  const sizes = new Uint32Array(count);
  for (let row = 0; row < owners.length; row++) {
    const owner = owners[row]!;
    if (owner < count) sizes[owner]!++;
  }
  const offsets = offsetsOf(sizes);
  const rows = new Uint32Array(offsets[count]!);
  const next = offsets.slice(0, count);
  for (let row = 0; row < owners.length; row++) {
    const owner = owners[row]!;
    if (owner < count) rows[next[owner]!++] = row;
  }
  return { rows, offsets };
}

function offsetsOf(sizes: ArrayLike<number>): Uint32Array {
  const offsets = new Uint32Array(sizes.length + 1);
  for (let part = 0; part < sizes.length; part++) offsets[part + 1] = offsets[part]! + sizes[part]!;
  return offsets;
}

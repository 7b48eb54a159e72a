import type { Examples } from "@tributary/client-sdk";

/** The first example that has the greatest label. */
export function rowOfLastClass({ labels, count }: Examples): number {
  let [last, at] = [-Infinity, 0];
  for (const [index, label] of labels.entries()) if (label > last) [last, at] = [label, index];
  return Math.floor((at * count) / labels.length);
}

/** The number of classes, where labels are classes. */
export function classCountOf({ labels }: Examples): number {
  let count = 0;
  for (const label of labels) count = Math.max(count, label + 1);
  return count;
}

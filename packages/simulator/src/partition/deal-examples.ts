import { takeExamples, type Examples } from "@tributary/client-sdk";
import { clientCount, rowsOf, type Partition } from "./partition.ts";

/** Copies the examples of each client of a partition into memory of its own. */
export function dealExamples(examples: Examples, partition: Partition): Examples[] {
  return Array.from({ length: clientCount(partition) }, (_, client) =>
    takeExamples(examples, rowsOf(partition, client)),
  );
}

import type { RandomSource } from "@tributary/protocol";
import { parseStrict } from "@tributary/protocol/schemas";
import { divideByProperty } from "./continuous.ts";
import { divideByDirichlet } from "./dirichlet.ts";
import { divideByDistribution } from "./distribution.ts";
import type { Divisible } from "./divisible.ts";
import { divideByListedSizes } from "./id-to-size.ts";
import { divideIid, iidPartition } from "./iid.ts";
import { divideByInnerDirichlet } from "./inner-dirichlet.ts";
import { divideByGroups, divideByNaturalId } from "./natural-id.ts";
import { requireNobodyEmpty } from "./partition-fault.ts";
import {
  partitionOptions,
  type PartitionInput,
  type PartitionOptions,
} from "./partition-options.ts";
import type { Partition } from "./partition.ts";
import { divideByClasses } from "./pathological.ts";
import { divideByDrawnSizes } from "./quantity-skew.ts";
import { divideByShards } from "./shards.ts";
import { divideBySimilarity } from "./similarity.ts";
import { divideBySize } from "./size.ts";

/**
 * Divides a data set among clients. No example is given to two clients.
 * @param data - Not modified.
 * @param options - Which partitioner, and what it needs; defaults may be left out.
 * @param random - Decides everything that is drawn: the same source gives the same partition.
 * @throws TributaryError `BAD_PARAMETER` when the options are not valid, do not suit the data, or
 *   would leave a client without an example; the remedy says what to change.
 */
export function divide(data: Divisible, options: PartitionInput, random: RandomSource): Partition {
  const parsed = parseStrict(partitionOptions, options, {
    code: "BAD_PARAMETER",
    what: "The partition",
  });
  const partition = partitioned(data, parsed, random);
  requireNobodyEmpty(partition, "Use fewer clients, a larger data set or another partitioner.");
  return partition;
}

function partitioned(data: Divisible, options: PartitionOptions, random: RandomSource): Partition {
  switch (options.name) {
    case "iid":
      return divideIid(data, options, random);
    case "shards":
      return divideByShards(data, options, random);
    case "similarity":
      return divideBySimilarity(data, options, random);
    case "dirichlet":
      return divideByDirichlet(data, options, random);
    case "inner-dirichlet":
      return divideByInnerDirichlet(data, options, random);
    case "pathological":
      return divideByClasses(data, options, random);
    case "distribution":
      return divideByDistribution(data, options, random);
    case "size":
      return divideBySize(data, options, random);
    case "id-to-size":
      return divideByListedSizes(data, options, random);
    case "quantity-skew":
      return divideByDrawnSizes(data, options, random);
    case "feature-skew":
      return iidPartition(data.train.count, options.clients, random);
    case "continuous":
      return divideByProperty(data, options, random);
    case "natural-id":
      return divideByNaturalId(data, options);
    case "grouped-natural-id":
      return divideByGroups(data, options, random);
  }
}

import * as z from "zod";
import { continuousOptions } from "./continuous.ts";
import { dirichletOptions } from "./dirichlet.ts";
import { distributionOptions } from "./distribution.ts";
import { featureSkewOptions } from "./feature-skew.ts";
import { idToSizeOptions } from "./id-to-size.ts";
import { iidOptions } from "./iid.ts";
import { innerDirichletOptions } from "./inner-dirichlet.ts";
import { groupedNaturalIdOptions, naturalIdOptions } from "./natural-id.ts";
import { pathologicalOptions } from "./pathological.ts";
import { quantitySkewOptions } from "./quantity-skew.ts";
import { shardsOptions } from "./shards.ts";
import { similarityOptions } from "./similarity.ts";
import { sizeOptions } from "./size.ts";

const OPTIONS = [
  iidOptions,
  shardsOptions,
  similarityOptions,
  dirichletOptions,
  innerDirichletOptions,
  pathologicalOptions,
  distributionOptions,
  sizeOptions,
  idToSizeOptions,
  quantitySkewOptions,
  featureSkewOptions,
  continuousOptions,
  naturalIdOptions,
  groupedNaturalIdOptions,
] as const;

/** The names of all partitioners. */
export const partitionerNames: readonly PartitionOptions["name"][] = OPTIONS.map(
  ({ shape }) => shape.name.value,
);

/**
 * The schema of the section `partition` of an experiment: the name of a partitioner, the number of
 * clients, and what else the partitioner needs.
 */
export const partitionOptions = z.discriminatedUnion("name", OPTIONS, {
  error: `Use one of ${OPTIONS.map(({ shape }) => shape.name.value).join(", ")}.`,
});

/** How a data set is divided, with all defaults filled in. */
export type PartitionOptions = z.output<typeof partitionOptions>;

/** How a data set is divided, as an experiment file says it. */
export type PartitionInput = z.input<typeof partitionOptions>;

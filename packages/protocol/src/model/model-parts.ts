// Which values of a model travel in which way. Client and server work it out of the plan alone.
import { TributaryError } from "../errors.ts";
import {
  normalizedChannels,
  statisticsRanges,
  type NormalizedChannels,
} from "./moving-statistics.ts";
import type { ParameterLayout } from "./parameter-layout.ts";
import { trainableRanges } from "./trainable-ranges.ts";
import { withoutRanges, type ValueRange } from "./value-ranges.ts";

/** What a plan can say about the batch normalisation that it trains. */
export const batchNormalizationNames = ["pooled", "local"] as const;

/** What becomes of the batch normalisation that a plan trains. */
export type BatchNormalization = (typeof batchNormalizationNames)[number];

/** What a plan trains. */
interface TrainingTerms {
  /** `all`, or the names of the layers that are trained. */
  readonly trainable: "all" | readonly string[];
  /** If it is left out, moving statistics are parameters like all others. */
  readonly batchNormalization?: BatchNormalization;
}

/** The parts of a plan's model. What is in none of them does not change. */
export interface ModelParts {
  /** The values that an update is about, which are trained by gradients: ascending, disjoint. */
  readonly updated: readonly ValueRange[];
  /** The layers that `statistics` or `local` are about. */
  readonly normalized: readonly NormalizedChannels[];
  /**
   * Moving statistics that the server pools. They travel as float32 behind an update and behind
   * packed values.
   */
  readonly statistics: readonly ValueRange[];
  /** Values that each client keeps for itself. The checkpoint has their initial values. */
  readonly local: readonly ValueRange[];
}

/**
 * Works out the parts of a plan's model.
 * @param topology - `{ class_name, config }`, as tfjs writes it.
 * @throws TributaryError `PLAN_INVALID` when the plan names a layer that the model does not have,
 *   or when no value is left for an update.
 */
export function modelParts(
  layout: ParameterLayout,
  topology: object,
  { trainable, batchNormalization }: TrainingTerms,
): ModelParts {
  const trained = trainableRanges(layout, trainable);
  if (batchNormalization === undefined) {
    return { updated: trained, normalized: [], statistics: [], local: [] };
  }
  const normalized = trainedNormalization(layout, topology, trainable);
  const statistics = batchNormalization === "pooled" ? statisticsRanges(normalized) : [];
  const local =
    batchNormalization === "local"
      ? normalized.flatMap(({ parameters }) =>
          parameters.map(({ offset, size }) => ({ offset, length: size })),
        )
      : [];
  const updated = withoutRanges(trained, [...statistics, ...local]);
  if (updated.length === 0) {
    throw new TributaryError("PLAN_INVALID", "The plan trains nothing that an update could hold", {
      remedy: "Train a layer besides those of batch normalisation.",
    });
  }
  return { updated, normalized, statistics, local };
}

/**
 * The BatchNormalization layers that a plan trains.
 * @param trainable - As in the plan.
 * @throws TributaryError `PLAN_INVALID` as `trainableRanges` does.
 */
export function trainedNormalization(
  layout: ParameterLayout,
  topology: object,
  trainable: TrainingTerms["trainable"],
): readonly NormalizedChannels[] {
  const trained = trainableRanges(layout, trainable);
  return normalizedChannels(topology, layout).filter(({ statistics: [mean] }) =>
    trained.some(({ offset, length }) => mean.offset >= offset && mean.offset < offset + length),
  );
}

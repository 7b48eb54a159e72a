import {
  mostDecodedNorm,
  updateCodec,
  type AggregationSpec,
  type UpdateCodec,
  type UpdateKernels,
  type UpdateSpec,
} from "@tributary/protocol";
import type { AccumulatorMemory } from "./accumulator-memory.ts";

/** The parts of a plan that adding its updates needs. */
export interface AdderSpec {
  readonly update: UpdateSpec;
  readonly aggregation: AggregationSpec;
  /** Number of values in one update. */
  readonly dimension: number;
  /** L2 bound of an update before it is encoded, weight units; null for no bound. */
  readonly clipNorm: number | null;
}

/** What all updates of a round have in common. */
export interface UpdateForm {
  readonly codec: UpdateCodec;
  /** Number of values in one update. */
  readonly dimension: number;
  /**
   * The L2 norm with which a decoded update counts at most, weight units; a longer one is scaled
   * down to it. Infinity for no bound.
   */
  readonly mostNorm: number;
}

/**
 * Works out the form of a round's updates.
 * @param kernels - What the codec computes with.
 */
export function updateForm(
  { update, dimension, clipNorm }: Omit<AdderSpec, "aggregation">,
  kernels: UpdateKernels,
): UpdateForm {
  return {
    codec: updateCodec(update, kernels),
    dimension,
    mostNorm: mostDecodedNorm(update, clipNorm, dimension),
  };
}

/** Returns the sum of the squared values of an update that the codec has validated. */
export function normSquares(
  payload: Uint8Array,
  { codec, dimension }: UpdateForm,
  memory: AccumulatorMemory,
): number {
  let squares = 0;
  codec.decode(payload, dimension, (block) => (squares += memory.sumOfSquares(block)));
  return squares;
}

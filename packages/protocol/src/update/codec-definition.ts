import type { Variant } from "../schema/parameter.ts";
import type { KernelSource } from "./block-codec.ts";
import type { UpdateCodec } from "./update-codec.ts";

/**
 * Everything that there is to say about one update codec. Each codec has a file of its own that
 * exports its definition, and one line in `codec-table.ts`. The schemas of plans and task files,
 * the names that clients offer, the checks of a task, the tables in docs/ and the specs that the
 * tests run through are made from the definitions.
 * @typeParam Spec - What a plan says to name this codec, with its parameters.
 */
export interface CodecDefinition<Spec extends { readonly codec: string }> extends Variant<
  Spec,
  "codec"
> {
  /**
   * Whether a payload can be decoded without the payloads of other clients. If so, the server sees
   * single updates, so that robust aggregation rules can compare them, and the codec can write the
   * difference between two checkpoints for a download.
   */
  readonly isReadableAlone: boolean;
  /**
   * Whether clients have to keep what a payload leaves out and add it to their next update (error
   * feedback, `keepResidual`).
   */
  readonly leavesResidual: boolean;
  /**
   * Whether most decoded values are 0. A rule that ranks the values of different clients would then
   * choose 0.
   */
  isMostlyZero(spec: Spec): boolean;
  /**
   * Whether the expected squared error of a decoded update, E‖x̂ − x‖², is ‖x‖² or more: see
   * docs/update-codecs.md. A rule that measures distances between updates would then measure noise.
   */
  isMostlyError(spec: Spec): boolean;
  /**
   * By how much an honest encoding can make an update longer: the most that √(E‖x̂‖²) / ‖x‖ can be,
   * with some room for chance; ≥ 1. A server that bounds the norm of updates allows for it.
   * @param size - Number of values in the update's longest block.
   */
  mostStretch(spec: Spec, size: number): number;
  /**
   * Makes the codec.
   * @param spec - Its parameters are within their ranges: `updateCodec` checks them.
   * @param kernels - Gives the kernels that do the work, when they are first needed.
   */
  create(spec: Spec, kernels: KernelSource): UpdateCodec;
}

import { float32Codec } from "./float32-codec.ts";
import { uniformCodec } from "./uniform-codec.ts";
import type { UpdateCodec } from "./update-codec.ts";

/** How a plan says that updates are written. */
export type UpdateSpec =
  | { readonly codec: "float32" }
  | { readonly codec: "uniform"; readonly bits: 8 };

/** Names of the codecs that this build speaks, for a check-in. */
export const updateCodecNames: readonly UpdateSpec["codec"][] = ["float32", "uniform"];

/** The codec that a plan names. A new codec is a case here, a variant of `UpdateSpec` and one of the plan's schema. */
export function updateCodec(spec: UpdateSpec): UpdateCodec {
  switch (spec.codec) {
    case "float32":
      return float32Codec();
    case "uniform":
      return uniformCodec(spec);
  }
}

/**
 * Whether the server sees single updates of this form. A codec that masks them, so that only their sum is legible, is
 * `false` here, and with that every rule that has to compare updates is refused in its plans.
 */
export function updatesAreInTheClear(spec: UpdateSpec): boolean {
  switch (spec.codec) {
    case "float32":
    case "uniform":
      return true;
  }
}

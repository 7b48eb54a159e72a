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
